#include "tegula/dtype.h"

#include <array>

#include "tegula/error.h"

namespace tegula {
namespace {

enum class Kind : std::uint8_t { floating, boolean, signed_integer, unsigned_integer };

struct Row {
  std::string_view name, numpy_name;
  int bits;
  Kind kind;
};

constexpr std::array<Row, dtype_count> table = {{
    {"f16", "float16", 16, Kind::floating},
    {"bf16", "bfloat16", 16, Kind::floating},
    {"f32", "float32", 32, Kind::floating},
    {"f64", "float64", 64, Kind::floating},
    {"i1", "bool", 1, Kind::boolean},
    {"i8", "int8", 8, Kind::signed_integer},
    {"i16", "int16", 16, Kind::signed_integer},
    {"i32", "int32", 32, Kind::signed_integer},
    {"i64", "int64", 64, Kind::signed_integer},
    {"u8", "uint8", 8, Kind::unsigned_integer},
    {"u16", "uint16", 16, Kind::unsigned_integer},
    {"u32", "uint32", 32, Kind::unsigned_integer},
    {"u64", "uint64", 64, Kind::unsigned_integer},
    {"f8e4m3", "float8_e4m3fn", 8, Kind::floating},
    {"f8e5m2", "float8_e5m2", 8, Kind::floating},
}};

const Row& row(DType dtype) {
  const auto index = static_cast<std::size_t>(dtype);
  if (index >= table.size()) detail::unknown_dtype(dtype);
  return table[index];
}

}  // namespace

void detail::unknown_dtype(DType dtype) {
  throw Error(ErrorCode::invalid_argument, {.argument = "dtype",
                                            .problem = "is no dtype",
                                            .got = std::to_string(static_cast<int>(dtype)),
                                            .wanted = "one of tegula::DType"});
}

int dtype_bits(DType dtype) { return row(dtype).bits; }
std::string_view dtype_name(DType dtype) { return row(dtype).name; }

std::optional<DType> parse_dtype(std::string_view name) {
  for (int i = 0; i < dtype_count; ++i) {
    const auto dtype = static_cast<DType>(i);
    if (name == row(dtype).name || name == row(dtype).numpy_name) return dtype;
  }
  return std::nullopt;
}

bool is_float(DType dtype) { return row(dtype).kind == Kind::floating; }
bool is_signed_integer(DType dtype) { return row(dtype).kind == Kind::signed_integer; }
bool is_unsigned_integer(DType dtype) { return row(dtype).kind == Kind::unsigned_integer; }
bool is_integer(DType dtype) { return is_signed_integer(dtype) || is_unsigned_integer(dtype); }

}  // namespace tegula
