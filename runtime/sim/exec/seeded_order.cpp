#include "runtime/sim/exec/seeded_order.h"

#include <numeric>

namespace tegula::sim {

std::uint64_t mixed(std::uint64_t x) {  // splitmix64's finaliser
  x += 0x9e3779b97f4a7c15;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

SeededOrder::SeededOrder(std::uint64_t count, std::uint64_t seed) : count_(count) {
  if (seed == 0 || count < 2) return;
  offset_ = mixed(seed) % count;
  factor_ = mixed(seed + 1) % count;
  while (std::gcd(factor_, count) != 1) factor_ = (factor_ + 1) % count;
}

}  // namespace tegula::sim
