#include <algorithm>
#include <cstring>
#include <random>

#include "ops/reference/number_format.h"
#include "tests/golden/case.h"

namespace tegula::golden {
namespace {

struct Layout {
  int mantissa = 0;  ///< bits; 0: an integer
  int bits = 0;
};

Layout layout_of(DType dtype) {
  switch (dtype) {
    case DType::f16:
      return {10, 16};
    case DType::bf16:
      return {7, 16};
    case DType::f32:
      return {23, 32};
    case DType::f64:
      return {52, 64};
    default:
      return {0, 8 * dtype_bytes(dtype)};
  }
}

/// The bits at which something changes: of a float the first, second and last of each exponent that
/// is far from none, of an integer the neighbours of powers of two; both signs.
std::vector<std::uint64_t> special_bits(DType dtype) {
  const Layout layout = layout_of(dtype);
  const std::uint64_t sign = std::uint64_t{1} << (layout.bits - 1);
  std::vector<std::uint64_t> bits;
  const auto both = [&](std::uint64_t value) {
    bits.push_back(value), bits.push_back(value ^ sign);
  };
  if (layout.mantissa == 0) {
    for (int k = 0; k < layout.bits; ++k)
      for (const int step : {-1, 0, 1}) both((std::uint64_t{1} << k) + std::uint64_t(step));
    return bits;
  }
  const std::uint64_t one = std::uint64_t{1} << layout.mantissa;
  const std::uint64_t last = (sign - 1) >> layout.mantissa;  // the exponent of NaN and infinity
  const std::uint64_t of_one = last / 2;
  for (const std::uint64_t exponent :
       {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{2}, of_one - 24, of_one - 2, of_one - 1,
        of_one, of_one + 1, of_one + 10, of_one + 23, last - 1, last}) {
    if (exponent > last) continue;  // of_one - 24 of f16
    for (const std::uint64_t mantissa : {std::uint64_t{0}, std::uint64_t{1}, one / 2, one - 1})
      both(exponent * one + mantissa);
  }
  return bits;
}

void put(Host& host, std::int64_t index, std::uint64_t bits) {
  const auto size = static_cast<std::size_t>(dtype_bytes(host.dtype));
  std::memcpy(&host.bytes[static_cast<std::size_t>(index) * size], &bits, size);  // little endian
}

}  // namespace

Host zeros_of(DType dtype, const Dims& shape) {
  const auto size =
      static_cast<std::size_t>(element_count(shape)) * static_cast<std::size_t>(dtype_bytes(dtype));
  return {dtype, shape, std::vector<std::byte>(size)};
}

Host any_bits(DType dtype, std::int64_t count, std::uint64_t seed) {
  const Layout layout = layout_of(dtype);
  if (layout.bits <= 16) count = std::int64_t{1} << layout.bits;
  Host host = zeros_of(dtype, {count});
  if (layout.bits <= 16) {
    for (std::int64_t k = 0; k < count; ++k) put(host, k, static_cast<std::uint64_t>(k));
    return host;
  }
  std::vector<std::uint64_t> bits = special_bits(dtype);
  if (layout.mantissa > 0) {
    // Of every exponent the first numbers and the last.
    const int exponents = 1 << (layout.bits - 1 - layout.mantissa);
    for (std::uint64_t e = 0; e < static_cast<std::uint64_t>(exponents); ++e)
      for (const std::int64_t step : {-1, 0, 1})
        for (const std::uint64_t sign : {0, 1})
          bits.push_back(((e << layout.mantissa) + static_cast<std::uint64_t>(step)) |
                         sign << (layout.bits - 1));
  }
  std::mt19937_64 generator(seed);
  std::normal_distribution<double> normal(0, 20);
  for (std::int64_t k = 0; k < count; ++k) {
    const auto at = static_cast<std::size_t>(k);
    if (at < bits.size()) {
      put(host, k, bits[at]);
    } else if (layout.mantissa > 0 && k % 2 == 0) {
      const double value = normal(generator);  // where most functions have something to do
      const auto encoded = reference::encode(dtype, std::span(&value, 1));
      std::copy(encoded.begin(), encoded.end(),
                host.bytes.begin() + k * static_cast<std::int64_t>(encoded.size()));
    } else {
      put(host, k, generator());
    }
  }
  return host;
}

std::vector<Host> pairs(DType dtype, std::int64_t count, bool nonzero) {
  const std::vector<std::uint64_t> special = special_bits(dtype);
  const auto n = static_cast<std::int64_t>(special.size());
  count = std::max(count, n * n);
  std::vector<Host> both = {zeros_of(dtype, {count}), zeros_of(dtype, {count})};
  const int bits = 8 * dtype_bytes(dtype);
  const std::uint64_t mask = bits == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << bits) - 1;
  std::mt19937_64 generator(7);
  for (std::int64_t k = 0; k < count; ++k) {
    const bool pair = k < n * n;
    const std::uint64_t a = pair ? special[static_cast<std::size_t>(k / n)] : generator();
    const std::uint64_t b = pair ? special[static_cast<std::size_t>(k % n)] : generator();
    put(both[0], k, a);
    put(both[1], k, nonzero && (b & mask) == 0 ? 1 : b);
  }
  return both;
}

Host normal_values(DType dtype, const Dims& shape, std::uint64_t seed) {
  std::mt19937_64 generator(seed);
  std::normal_distribution<double> normal;
  std::vector<double> values(static_cast<std::size_t>(element_count(shape)));
  for (double& value : values) value = normal(generator);
  return {dtype, shape, reference::encode(dtype, values)};
}

Host whole_values(DType dtype, const Dims& shape, std::uint64_t seed, std::int64_t below) {
  std::mt19937_64 generator(seed);
  std::uniform_int_distribution<std::int64_t> uniform(0, below - 1);
  std::vector<double> values(static_cast<std::size_t>(element_count(shape)));
  for (double& value : values) value = static_cast<double>(uniform(generator));
  return {dtype, shape, reference::encode(dtype, values)};
}

}  // namespace tegula::golden
