// The rotary kernel in the tile language.
#pragma once

#include <string_view>

#include "tegula/ops/rotary.h"

namespace tegula::ops {

/// What choose_rotary_config() finds a configuration for.
extern const std::int64_t max_rotary_pairs;

/// Throws Error{invalid_argument} whose `where` is that and whose argument is `prefix` and the
/// field's name.
void check_rotary_config(std::string_view where, std::string_view prefix,
                         const RotaryConfig& config, std::int64_t pairs);

/// x and y: (b, s, h, d) with last stride 1; cos and sin: (t, r) with last stride 1;
/// seqlen_offsets: i32 (b,), or absent. The first element's row is seqlen_offset, plus its entry's
/// of seqlen_offsets.
struct RotaryTensors {
  TensorRef x, cos, sin, seqlen_offsets, y;
  std::int64_t seqlen_offset = 0;
};

/// In place (y is x) the elements that are not rotated are left alone.
void launch_rotary(Stream& stream, const RotaryConfig& config, const RotaryTensors& tensors,
                   bool interleaved, bool inverse);

}  // namespace tegula::ops
