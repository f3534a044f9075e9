// Elements in memory to doubles and back.
#include <cmath>
#include <cstring>
#include <limits>
#include <string>

#include "ops/reference/number_format.h"
#include "tegula/error.h"

namespace tegula::reference {
namespace {

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
