// Which elements dropout keeps: docs/rng.md.
#pragma once

#include <cstdint>
#include <optional>

#include "ops/common/argument_checks.h"
#include "tegula/dsl.h"
#include "tegula/ops/rng.h"

namespace tegula::ops {

/// An element is kept iff 16 random bits are below this; above them all, everything is kept.
inline constexpr std::uint32_t keep_all = 0x10000;

/// What an op launches its kernel with. Where it drops nothing the kernel must be one that draws
/// nothing: random state that nobody needs is not touched.
struct Dropout {
  std::uint32_t threshold = keep_all;  ///< floor(65536 (1 - p) + 1/2)
  float scale = 1;                     ///< 65536 / threshold: times what is kept
  std::uint64_t seed = 0, offset = 0;
  TensorRef memory = {};  ///< RngState::memory as a vector, or absent

  bool drops() const { return threshold < keep_all; }
};

/// Whether anything drops out: p may be so small that nothing does.
bool drops_out(float dropout_p);

/// Throws Error{invalid_argument}, naming dropout_p: outside [0, 1), or so near 1 that the
/// threshold is 0; where anything is dropped, naming rng: missing, or its memory not i64 or u64
/// (2,) on the stream's device.
Dropout check_dropout(const ArgumentChecks& checks, float dropout_p,
                      const std::optional<RngState>& rng);

/// What a kernel draws from: u64 scalars.
struct DropoutState {
  Tile seed, offset;
};

/// From a kernel's parameters: `memory`, (2,), and Dropout's seed and offset.
DropoutState dropout_state(const OptIn& memory, const U64& seed, const U64& offset);

/// Which operand of an op drops out: each draws numbers of its own.
enum class DropoutStream : std::uint8_t { x, x1 };

/// True where an element is kept: a tile of the rows `rows`, {r, 1} i64, and of `bn` columns (a
/// power of two) from `first_column` on, an i32 scalar that is a multiple of bn or of 8.
/// `threshold` is Dropout's, a scalar below keep_all. One call of Philox serves eight columns of a
/// row, as far as a thread has as many elements.
Mask kept(const DropoutState& state, DropoutStream stream, const Tile& rows,
          const Tile& first_column, int bn, const U32& threshold);

}  // namespace tegula::ops
