// Where an op's random numbers come from.
#pragma once

#include <cstdint>

#include "tegula/tensor.h"

#pragma GCC visibility push(default)
namespace tegula::ops {

/// The state of Philox4x32-7 that dropout draws from (docs/rng.md): which elements a call keeps is
/// a pure function of seed, offset and the elements' coordinates. A backward pass takes the state
/// that its forward took.
struct RngState {
  std::uint64_t seed = 0;
  std::uint64_t offset = 0;
  /// i64 or u64 (2,), on the stream's device: {seed, offset}, read when the kernel runs, so that a
  /// captured graph that is replayed draws anew if somebody advanced them. `seed` is then not used,
  /// and `offset` is added to the one in memory.
  TensorRef memory = {};

  /// The state for one call of an op; this one moves on by two offsets, which every call uses up.
  RngState next() {
    RngState mine = *this;
    offset += 2;
    return mine;
  }
};

}  // namespace tegula::ops
#pragma GCC visibility pop
