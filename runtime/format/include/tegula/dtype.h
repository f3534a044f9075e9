// Element types of tensors and tiles, and how many dimensions those have.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#pragma GCC visibility push(default)
namespace tegula {

/// The element type of a tensor or tile. The numeric values are part of the serialised formats
/// (Program, entry, image): append, never renumber.
enum class DType : std::uint8_t {
  f16 = 0,
  bf16 = 1,
  f32 = 2,
  f64 = 3,
  i1 = 4,
  i8 = 5,
  i16 = 6,
  i32 = 7,
  i64 = 8,
  u8 = 9,
  u16 = 10,
  u32 = 11,
  u64 = 12,
  f8e4m3 = 13,
  f8e5m2 = 14,
};
inline constexpr int dtype_count = 15;

inline constexpr DType f16 = DType::f16, bf16 = DType::bf16, f32 = DType::f32, f64 = DType::f64,
                       i1 = DType::i1, i8 = DType::i8, i16 = DType::i16, i32 = DType::i32,
                       i64 = DType::i64, u8 = DType::u8, u16 = DType::u16, u32 = DType::u32,
                       u64 = DType::u64, f8e4m3 = DType::f8e4m3, f8e5m2 = DType::f8e5m2;

/// The most dimensions that a tensor or tile has.
inline constexpr std::size_t max_rank = 8;

namespace detail {
/// Throws Error{invalid_argument}.
[[noreturn]] void unknown_dtype(DType dtype);
}  // namespace detail

/// Bytes that one element takes in memory (an i1 takes one byte, as bool does).
constexpr int dtype_bytes(DType dtype) {
  constexpr std::uint8_t bytes[dtype_count] = {2, 2, 4, 8, 1, 1, 2, 4, 8, 1, 2, 4, 8, 1, 1};
  const auto index = static_cast<std::uint8_t>(dtype);
  if (index >= dtype_count) detail::unknown_dtype(dtype);
  return bytes[index];
}
/// The width of the value in bits; 1 for i1.
int dtype_bits(DType dtype);
/// "f32", "bf16", "i64", ...
std::string_view dtype_name(DType dtype);
/// The inverse of dtype_name; also takes numpy's spelling ("float32", "int64", "bool", ...).
std::optional<DType> parse_dtype(std::string_view name);

bool is_float(DType dtype);
bool is_signed_integer(DType dtype);
bool is_unsigned_integer(DType dtype);
/// Any integer except i1.
bool is_integer(DType dtype);

}  // namespace tegula
#pragma GCC visibility pop
