#include "tests/ops/philox_reference.h"

#include <cmath>

namespace tegula::testing::rng_doc {
namespace {

std::uint32_t lo(std::uint64_t v) { return static_cast<std::uint32_t>(v % 4294967296); }
std::uint32_t hi(std::uint64_t v) { return static_cast<std::uint32_t>(v / 4294967296); }

}  // namespace

Words philox4x32(int rounds, std::array<std::uint32_t, 2> key, Words counter) {
  auto [k0, k1] = key;
  auto [c0, c1, c2, c3] = counter;
  while (rounds-- > 0) {
    const std::uint64_t a = 0xD2511F53ULL * c0, b = 0xCD9E8D57ULL * c2;
    c0 = hi(b) ^ c1 ^ k0;
    c1 = lo(b);
    c2 = hi(a) ^ c3 ^ k1;
    c3 = lo(a);
    k0 += 0x9E3779B9U;
    k1 += 0xBB67AE85U;
  }
  return {c0, c1, c2, c3};
}

std::uint32_t random_bits(std::uint64_t seed, std::uint64_t offset, Operand operand,
                          std::uint64_t row, std::uint64_t column) {
  const std::uint64_t o = operand == Operand::x ? offset : offset + 1;
  const Words w =
      philox4x32(7, {lo(seed), hi(seed) ^ hi(o)}, {lo(column / 8), lo(row), hi(row), lo(o)});
  const std::uint64_t k = column % 8;
  return k % 2 == 0 ? w[k / 2] % 65536 : w[k / 2] / 65536;
}

std::uint32_t threshold(float p) {
  const double keep = 1.0 - static_cast<double>(p);
  return static_cast<std::uint32_t>(std::floor(65536.0 * keep + 0.5));
}

float scale(float p) { return static_cast<float>(65536.0 / threshold(p)); }

}  // namespace tegula::testing::rng_doc
