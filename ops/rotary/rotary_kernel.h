// The rotary kernel in the tile language.
#pragma once

#include <string_view>
#include <vector>

#include "tegula/ops/rotary.h"
#include "tegula/plan.h"

namespace tegula::ops {

/// What choose_rotary_config() finds a configuration for.
extern const std::int64_t max_rotary_pairs;

/// The fields of RotaryConfig.
std::vector<ConfigFieldInfo> rotary_config_fields();

/// Throws Error{invalid_argument} whose `where` is that and whose argument is `prefix` and the
/// field's name.
void check_rotary_config(std::string_view where, std::string_view prefix,
                         const RotaryConfig& config, std::int64_t pairs);

/// Launches the kernel on (b, s, h, d) tensors `x` and `y` with last stride 1, the tables cos_rows
/// and sin_rows, (t, r) with last stride 1, and seqlen_offsets, i32 (b,), or absent. The first
/// element's row is seqlen_offset, a scalar, plus its entry's of seqlen_offsets, where there are
/// such; else 0. In place (y is x) the elements that are not rotated are left alone.
void launch_rotary(Plan& plan, const RotaryConfig& config, bool interleaved, bool inverse,
                   std::string_view x, std::string_view y);

}  // namespace tegula::ops
