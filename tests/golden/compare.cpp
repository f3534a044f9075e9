#include "tests/golden/compare.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <numbers>

#include "ops/reference/number_format.h"

namespace tegula::golden {
namespace {

constexpr std::size_t examples_kept = 6;

/// The bits that all are ones in infinities and NaNs of the dtype; 0 of integers.
std::uint64_t exponent_mask(DType dtype) {
  switch (dtype) {
    case DType::f16:
      return 0x7c00;
    case DType::bf16:
      return 0x7f80;
    case DType::f32:
      return 0x7f800000;
    case DType::f64:
      return 0x7ff0000000000000;
    case DType::f8e5m2:
      return 0x7c;
    case DType::f8e4m3:
      return 0x7f;  // it has no infinities: the one NaN
    default:
      return 0;
  }
}

bool is_nan(DType dtype, std::uint64_t bits) {
  const std::uint64_t mask = exponent_mask(dtype);
  const std::uint64_t sign = std::uint64_t{1} << (8 * dtype_bytes(dtype) - 1);
  if (mask == 0) return false;
  const std::uint64_t size = bits & (sign - 1);
  return dtype == DType::f8e4m3 ? size == mask : size > mask;
}

/// Numbers in their order, -0 and +0 in one place.
std::int64_t place(DType dtype, std::uint64_t bits) {
  const std::uint64_t sign = std::uint64_t{1} << (8 * dtype_bytes(dtype) - 1);
  const auto size = static_cast<std::int64_t>(bits & (sign - 1));
  return (bits & sign) != 0 ? -size : size;
}

}  // namespace

std::uint64_t bits_of(const Host& host, std::int64_t element) {
  std::uint64_t bits = 0;
  const auto size = static_cast<std::size_t>(dtype_bytes(host.dtype));
  std::memcpy(&bits, &host.bytes[static_cast<std::size_t>(element) * size], size);
  return bits;
}

Comparison compare(const Host& a, const Host& b) {
  Comparison result;
  result.elements = element_count(a.shape);
  const DType dtype = a.dtype;
  const bool is_number = exponent_mask(dtype) != 0;
  for (std::int64_t k = 0; k < result.elements; ++k) {
    const std::uint64_t x = bits_of(a, k), y = bits_of(b, k);
    const bool x_nan = is_nan(dtype, x), y_nan = is_nan(dtype, y);
    if (x == y || (x_nan && y_nan)) continue;
    ++result.differ;
    bool further = false;
    if (is_number && result.furthest >= 0) {
      const std::int64_t apart = x_nan || y_nan ? -1 : std::abs(place(dtype, x) - place(dtype, y));
      further = apart < 0 || apart > result.furthest;
      if (further) result.furthest = apart;
    }
    if (result.examples.size() < examples_kept)
      result.examples.push_back({k, x, y});
    else if (further)
      result.examples.back() = {k, x, y};
  }
  return result;
}

Errors worst_errors(const Host& x, const Host& got, long double (*reference)(long double)) {
  const std::vector<double> in = reference::decode(x.dtype, x.bytes);
  const std::vector<double> out = reference::decode(got.dtype, got.bytes);
  // The distance between numbers shrinks down to the least normal one, and no further.
  double normal = 1;
  while (reference::ulp(got.dtype, normal / 2) < reference::ulp(got.dtype, normal)) normal /= 2;
  Errors worst;
  for (std::size_t k = 0; k < in.size(); ++k) {
    const long double wanted = reference(in[k]);
    const double nearest = reference::round_to(got.dtype, static_cast<double>(wanted));
    if (out[k] == nearest || (std::isnan(nearest) && std::isnan(out[k]))) continue;
    if (!std::isfinite(nearest) || !std::isfinite(out[k])) {
      ++worst.wrong_kind;
      continue;
    }
    const auto error = static_cast<double>(std::abs(out[k] - wanted));
    const auto size = static_cast<double>(std::abs(wanted));
    worst.ulps = std::max(worst.ulps, error / reference::ulp(got.dtype, size));
    if (size >= normal) worst.relative = std::max(worst.relative, error / size);
    if (std::abs(in[k]) <= 2 * std::numbers::pi) worst.absolute = std::max(worst.absolute, error);
  }
  return worst;
}

}  // namespace tegula::golden
