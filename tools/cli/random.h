// The random tensors of `tegula run --random`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "tegula/op_rules.h"

namespace tegula::cli {

/// `count` values, the same on every machine for the same seed and tensor name. Value i comes from
/// draws 2i and 2i+1 of SplitMix64 (Steele, Lea and Flood, OOPSLA 2014) started at `seed` XOR the
/// FNV-1a hash of `name`, through the Box-Muller transform in double.
std::vector<double> random_values(std::size_t count, std::uint64_t seed, std::string_view name,
                                  op::Values::Kind kind);

/// Whole numbers in [0, bound), bound >= 1. Value i comes from draw i of the same generator.
std::vector<double> random_indices(std::size_t count, std::uint64_t seed, std::string_view name,
                                   std::int64_t bound);

}  // namespace tegula::cli
