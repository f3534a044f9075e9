// The analytic default: what a shape runs with before anybody has tuned it.
#include <algorithm>
#include <bit>
#include <cstdint>

#include "tegula/ops/norm.h"

namespace tegula::ops {
namespace {

constexpr int threads_per_warp = 32;
constexpr int vector_elements = 8;  // a 16-byte vector of a 16-bit dtype
constexpr int max_rows = 256;

int next_power_of_two(std::int64_t value) {
  return static_cast<int>(
      std::bit_ceil(static_cast<std::uint64_t>(std::max<std::int64_t>(value, 1))));
}

/// As many warps as keep a row at 32 elements a thread or fewer, but not below 4: fewer warps leave
/// a multiprocessor too little memory traffic in flight.
int warps_for(int bn) {
  if (bn <= 4096) return 4;
  return bn <= 8192 ? 8 : 16;
}

}  // namespace

RmsConfig choose_rms_config(std::int64_t rows, std::int64_t n) {
  RmsConfig config;
  config.bn = next_power_of_two(n);
  config.warps = warps_for(config.bn);
  // Short rows share a block, so that each of its threads has one vector to move...
  const int filling = config.warps * threads_per_warp * vector_elements / config.bn;
  // ...as far as there are rows. Blocks of many hundred rows would leave multiprocessors idle.
  const int available = next_power_of_two(std::min<std::int64_t>(rows, max_rows));
  config.rows = std::clamp(filling, 1, available);
  // What is left too small for all the warps takes fewer.
  const int vectors = config.rows * config.bn / vector_elements;
  config.warps = std::clamp(vectors / threads_per_warp, 1, config.warps);
  return config;
}

}  // namespace tegula::ops
