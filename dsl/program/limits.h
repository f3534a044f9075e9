// Limits that the tracer reports to authors and that verify enforces on every Program.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "tegula/dtype.h"

namespace tegula::program {

using tegula::max_rank;
inline constexpr std::int64_t max_tile_elements = std::int64_t{1} << 20;
inline constexpr std::int64_t max_extent = 0x7fffffff;
inline constexpr std::uint32_t max_warps = 32;
/// Blocks of a cluster: what every GPU that has clusters can run.
inline constexpr std::uint32_t max_cluster = 8;
inline constexpr std::size_t max_printed_values = 4;
/// Nested loops, branches and combinations: walks over a Program recurse into each, and damaged
/// bytes must not exhaust the stack.
inline constexpr int max_depth = 64;

/// A C identifier: names of kernels, parameters and config fields.
bool is_identifier(std::string_view name);
/// Whether an integer dtype (or i1) can hold the value. u64 can hold any: its values are stored as
/// the bits of an i64.
bool fits(DType dtype, std::int64_t value);

/// The number of {} in a message of print or assert_that; {{ and }} stand for the braces
/// themselves. -1 if a brace stands alone.
int count_placeholders(std::string_view message);

}  // namespace tegula::program
