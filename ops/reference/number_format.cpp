#include "ops/reference/number_format.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <string>

#include "tegula/error.h"

namespace tegula::reference {
namespace {

/// A binary floating format: bits of significand with the implicit one, and the exponents of the
/// smallest normal and the largest finite number.
struct Format {
  int significand, min_exponent, max_exponent;
};

Format format_of(DType dtype) {
  switch (dtype) {
    case DType::f16:
      return {11, -14, 15};
    case DType::bf16:
      return {8, -126, 127};
    case DType::f32:
      return {24, -126, 127};
    case DType::f64:
      return {53, -1022, 1023};
    default:
      throw Error(ErrorCode::invalid_argument, {.argument = "dtype",
                                                .problem = "not a floating dtype of the reference",
                                                .got = std::string(dtype_name(dtype)),
                                                .wanted = "f16, bf16, f32 or f64"});
  }
}

/// log2 of the distance between neighbours at a finite, nonzero magnitude.
int quantum_exponent(const Format& format, double value) {
  return std::max(std::ilogb(value), format.min_exponent) - format.significand + 1;
}

/// The 16 bits of a value that round_to() has already made one of the format's numbers.
std::uint16_t pack(const Format& format, double value) {
  const int fraction_bits = format.significand - 1;
  const auto sign = static_cast<std::uint16_t>(std::signbit(value) ? 0x8000 : 0);
  const auto infinity = static_cast<std::uint16_t>((2 * format.max_exponent + 1) << fraction_bits);
  if (std::isnan(value))
    return static_cast<std::uint16_t>(sign | infinity | (1 << (fraction_bits - 1)));
  if (std::isinf(value)) return static_cast<std::uint16_t>(sign | infinity);
  if (value == 0) return sign;
  const int quantum = quantum_exponent(format, value);
  // The significand as an integer. Added to the exponent's field rather than or-ed in, its implicit
  // one makes the biased exponent right for normal and subnormal numbers alike.
  const auto integer = static_cast<std::uint32_t>(std::ldexp(std::fabs(value), -quantum));
  const int field = quantum + fraction_bits - format.min_exponent;
  return static_cast<std::uint16_t>(
      sign | ((static_cast<std::uint32_t>(field) << fraction_bits) + integer));
}

}  // namespace

double round_to(DType dtype, double value) {
  if (dtype == DType::f64 || value == 0 || !std::isfinite(value)) return value;
  if (dtype == DType::f32) return static_cast<float>(value);
  const Format format = format_of(dtype);
  const int quantum = quantum_exponent(format, value);
  const double rounded = std::ldexp(std::nearbyint(std::ldexp(value, -quantum)), quantum);
  if (std::fabs(rounded) >= std::ldexp(1.0, format.max_exponent + 1))
    return std::copysign(std::numeric_limits<double>::infinity(), value);
  return rounded;
}

double ulp(DType dtype, double magnitude) {
  const Format format = format_of(dtype);
  if (!std::isfinite(magnitude)) return std::numeric_limits<double>::quiet_NaN();
  if (magnitude == 0) return std::ldexp(1.0, format.min_exponent - format.significand + 1);
  return std::ldexp(1.0, quantum_exponent(format, magnitude));
}

std::uint16_t encode_f16(double value) {
  return pack(format_of(DType::f16), round_to(DType::f16, value));
}
std::uint16_t encode_bf16(double value) {
  return pack(format_of(DType::bf16), round_to(DType::bf16, value));
}

float decode_f16(std::uint16_t bits) {
  const int exponent = (bits >> 10) & 31, fraction = bits & 1023;
  float value = 0;
  if (exponent == 31)
    value = fraction == 0 ? std::numeric_limits<float>::infinity()
                          : std::numeric_limits<float>::quiet_NaN();
  else if (exponent == 0)
    value = std::ldexp(static_cast<float>(fraction), -24);
  else
    value = std::ldexp(static_cast<float>(fraction | 1024), exponent - 25);
  return (bits & 0x8000) != 0 ? -value : value;
}

float decode_bf16(std::uint16_t bits) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16);
}

}  // namespace tegula::reference
