// The analytic default: what a shape runs with before anybody has tuned it.
#include <algorithm>
#include <cstdint>

#include "ops/common/power_of_two.h"
#include "tegula/ops/row_config.h"

namespace tegula::ops {
namespace {

constexpr int vector_elements = 8;  // a 16-byte vector of a 16-bit dtype
constexpr int max_rows = 256;
constexpr int max_elementwise_columns = 2048;
/// What a loop carries comes on top of its tile: 16 elements a thread, and no more than 8 warps, so
/// that a thread may have 255 registers.
constexpr RowConfig loop_config = {1, 4096, 8};

/// As many warps as keep a row at 32 elements a thread or fewer, but not below 4: fewer warps leave
/// a multiprocessor too little memory traffic in flight.
int warps_for(int bn) {
  if (bn <= 4096) return 4;
  return bn <= 8192 ? 8 : 16;
}

/// `bn` columns, and rows enough for the block's threads.
RowConfig fill(std::int64_t rows, int bn) {
  RowConfig config;
  config.bn = bn;
  config.warps = warps_for(config.bn);
  // Short rows share a block, so that each of its threads has one vector to move...
  const auto rows_that_fill = [&](int warps) {
    return std::max(warps * threads_per_warp * vector_elements / config.bn, 1);
  };
  // ...as far as there are rows, and not so many that multiprocessors would idle. Fewer than fill
  // one warp would make lanes load the same elements twice: masked rows beyond the last cost less.
  const auto available =
      static_cast<int>(next_power_of_two(std::min<std::int64_t>(rows, max_rows)));
  config.rows = std::max(std::min(rows_that_fill(config.warps), available), rows_that_fill(1));
  const int vectors = config.rows * config.bn / vector_elements;
  config.warps = std::min(vectors / threads_per_warp, config.warps);
  return config;
}

}  // namespace

RowConfig choose_row_config(std::int64_t rows, std::int64_t n) {
  if (n > max_columns_in_one_tile) return loop_config;
  return fill(rows, static_cast<int>(next_power_of_two(n)));
}

RowConfig choose_elementwise_config(std::int64_t rows, std::int64_t n) {
  return fill(rows, static_cast<int>(
                        next_power_of_two(std::min<std::int64_t>(n, max_elementwise_columns))));
}

}  // namespace tegula::ops
