// Two-byte floats through double, the straightforward way: what the simulator's bit tricks must
// agree with.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

#include "runtime/format/image.h"

namespace tegula::testing {

struct HalfFormat {
  int digits;    ///< of the significand, the hidden one counted
  int exponent;  ///< bits
  int bias() const { return (1 << (exponent - 1)) - 1; }
};

inline HalfFormat half_format(format::Scalar scalar) {
  return scalar == format::Scalar::f16 ? HalfFormat{11, 5} : HalfFormat{8, 8};
}

inline double half_value(std::uint64_t bits, HalfFormat f) {
  const int fraction_bits = f.digits - 1;
  const auto fraction = static_cast<double>(bits & ((1u << fraction_bits) - 1));
  const int exponent = static_cast<int>(bits >> fraction_bits) & ((1 << f.exponent) - 1);
  double value = 0;
  if (exponent == (1 << f.exponent) - 1)
    value = fraction == 0 ? std::numeric_limits<double>::infinity()
                          : std::numeric_limits<double>::quiet_NaN();
  else if (exponent == 0)
    value = std::ldexp(fraction, 1 - f.bias() - fraction_bits);
  else
    value = std::ldexp(fraction + (1 << fraction_bits), exponent - f.bias() - fraction_bits);
  return (bits & 0x8000) != 0 ? -value : value;
}

/// Rounds to nearest even. Works on long double, so that exact sums and products go in.
inline std::uint64_t half_bits(long double value, HalfFormat f) {
  if (std::isnan(value)) return 0x7fff;
  const std::uint64_t sign = std::signbit(value) ? 0x8000 : 0;
  const long double magnitude = std::fabs(value);
  const int fraction_bits = f.digits - 1;
  const std::uint64_t infinity = ((1ull << f.exponent) - 1) << fraction_bits;
  if (std::isinf(magnitude)) return sign | infinity;
  if (magnitude == 0) return sign;
  int exponent = 0;
  std::frexp(magnitude, &exponent);  // magnitude in [2^(exponent-1), 2^exponent)
  const int least = 2 - f.bias();
  exponent = std::max(exponent, least);
  // In units of the last place; a carry into the exponent comes out right by itself.
  const auto units = static_cast<std::uint64_t>(
      std::nearbyint(std::ldexp(magnitude, fraction_bits + 1 - exponent)));
  const std::uint64_t bits =
      units + (static_cast<std::uint64_t>(exponent - least) << fraction_bits);
  return sign | std::min(bits, infinity);
}

}  // namespace tegula::testing
