#include "tools/cli/random.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace tegula::cli {
namespace {

std::uint64_t fnv1a(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash;
}

class SplitMix64 {
 public:
  explicit SplitMix64(std::uint64_t seed) : state_(seed) {}
  /// In (0, 1): 53 bits, shifted by half a step so that its logarithm is finite.
  double uniform() { return (static_cast<double>(next() >> 11) + 0.5) * 0x1p-53; }

 private:
  std::uint64_t next() {
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  std::uint64_t state_;
};

}  // namespace

std::vector<double> random_values(std::size_t count, std::uint64_t seed, std::string_view name,
                                  op::Values::Kind kind) {
  SplitMix64 generator(seed ^ fnv1a(name));
  std::vector<double> values(count);
  for (double& value : values) {
    const double radius = std::sqrt(-2 * std::log(generator.uniform()));
    const double normal = radius * std::cos(2 * std::numbers::pi * generator.uniform());
    value = kind == op::Values::Kind::around_one ? 1 + normal / 8 : normal;
  }
  return values;
}

std::vector<double> random_indices(std::size_t count, std::uint64_t seed, std::string_view name,
                                   std::int64_t bound) {
  SplitMix64 generator(seed ^ fnv1a(name));
  const auto limit = static_cast<double>(bound);
  std::vector<double> values(count);
  // A draw next to 1 may round up to the bound.
  for (double& value : values) value = std::min(std::floor(generator.uniform() * limit), limit - 1);
  return values;
}

}  // namespace tegula::cli
