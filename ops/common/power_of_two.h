// What configurations of tiles are rounded to.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>

namespace tegula::ops {

inline constexpr int threads_per_warp = 32;

/// The least power of two that is at least `value`, and at least 1.
inline std::int64_t next_power_of_two(std::int64_t value) {
  return static_cast<std::int64_t>(
      std::bit_ceil(static_cast<std::uint64_t>(std::max<std::int64_t>(value, 1))));
}

}  // namespace tegula::ops
