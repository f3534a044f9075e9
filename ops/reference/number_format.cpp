#include "ops/reference/number_format.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
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

template <class T>
void decode_as(std::span<const std::byte> bytes, std::vector<double>& values) {
  values.resize(bytes.size() / sizeof(T));
  for (std::size_t i = 0; i < values.size(); ++i) {
    T element;
    std::memcpy(&element, bytes.data() + i * sizeof(T), sizeof(T));
    values[i] = static_cast<double>(element);
  }
}

template <class T, class Convert>
std::vector<std::byte> encode_as(std::span<const double> values, Convert&& convert) {
  std::vector<std::byte> bytes(values.size() * sizeof(T));
  for (std::size_t i = 0; i < values.size(); ++i) {
    const T element = convert(values[i]);
    std::memcpy(bytes.data() + i * sizeof(T), &element, sizeof(T));
  }
  return bytes;
}

template <class T>
std::vector<std::byte> encode_integer(std::span<const double> values) {
  return encode_as<T>(values, [](double value) {
    if (std::isnan(value)) return T{0};
    const double rounded = std::nearbyint(value);
    // The limits as doubles: the upper one may round up, so reaching it saturates.
    if (rounded <= static_cast<double>(std::numeric_limits<T>::min()))
      return std::numeric_limits<T>::min();
    if (rounded >= static_cast<double>(std::numeric_limits<T>::max()))
      return std::numeric_limits<T>::max();
    return static_cast<T>(rounded);
  });
}

[[noreturn]] void unsupported(DType dtype) {
  throw Error(ErrorCode::unsupported, {.argument = "dtype",
                                       .problem = "the host does not convert this dtype",
                                       .got = std::string(dtype_name(dtype))});
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

std::vector<double> decode(DType dtype, std::span<const std::byte> bytes) {
  std::vector<double> values;
  switch (dtype) {
    case DType::f16:
      decode_as<std::uint16_t>(bytes, values);
      for (double& v : values) v = decode_f16(static_cast<std::uint16_t>(v));
      return values;
    case DType::bf16:
      decode_as<std::uint16_t>(bytes, values);
      for (double& v : values) v = decode_bf16(static_cast<std::uint16_t>(v));
      return values;
    case DType::f32:
      return decode_as<float>(bytes, values), values;
    case DType::f64:
      return decode_as<double>(bytes, values), values;
    case DType::i1:
    case DType::u8:
      return decode_as<std::uint8_t>(bytes, values), values;
    case DType::i8:
      return decode_as<std::int8_t>(bytes, values), values;
    case DType::i16:
      return decode_as<std::int16_t>(bytes, values), values;
    case DType::u16:
      return decode_as<std::uint16_t>(bytes, values), values;
    case DType::i32:
      return decode_as<std::int32_t>(bytes, values), values;
    case DType::u32:
      return decode_as<std::uint32_t>(bytes, values), values;
    case DType::i64:
      return decode_as<std::int64_t>(bytes, values), values;
    case DType::u64:
      return decode_as<std::uint64_t>(bytes, values), values;
    default:
      unsupported(dtype);
  }
}

std::vector<std::byte> encode(DType dtype, std::span<const double> values) {
  switch (dtype) {
    case DType::f16:
      return encode_as<std::uint16_t>(values, encode_f16);
    case DType::bf16:
      return encode_as<std::uint16_t>(values, encode_bf16);
    case DType::f32:
      return encode_as<float>(values, [](double v) { return static_cast<float>(v); });
    case DType::f64:
      return encode_as<double>(values, [](double v) { return v; });
    case DType::i1:
      return encode_as<std::uint8_t>(values,
                                     [](double v) { return static_cast<std::uint8_t>(v != 0); });
    case DType::i8:
      return encode_integer<std::int8_t>(values);
    case DType::u8:
      return encode_integer<std::uint8_t>(values);
    case DType::i16:
      return encode_integer<std::int16_t>(values);
    case DType::u16:
      return encode_integer<std::uint16_t>(values);
    case DType::i32:
      return encode_integer<std::int32_t>(values);
    case DType::u32:
      return encode_integer<std::uint32_t>(values);
    case DType::i64:
      return encode_integer<std::int64_t>(values);
    case DType::u64:
      return encode_integer<std::uint64_t>(values);
    default:
      unsupported(dtype);
  }
}

}  // namespace tegula::reference
