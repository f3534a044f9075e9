// Functions on tiles.
#pragma once

#include <concepts>
#include <cstdint>

#include "tegula/dsl/tile.h"

namespace tegula {

/// A tile of one value. `value`: a literal, or a traced scalar of that dtype.
Tile full(DType dtype, const Dims& shape, Operand value,
          std::source_location at = std::source_location::current());
Tile zeros(DType dtype, const Dims& shape,
           std::source_location at = std::source_location::current());
/// 0, 1, ..., n-1 as a tile of shape (n); i32 unless told.
Tile iota(std::int64_t n, std::source_location at = std::source_location::current());
Tile iota(DType dtype, std::int64_t n, std::source_location at = std::source_location::current());

/// The smaller, the larger; of floats NaN if either is.
Tile min(Operand a, Operand b);
Tile max(Operand a, Operand b);
/// ceil(a / b) of integers, b > 0.
Tile cdiv(Operand a, Operand b);
/// The same of two host numbers is a host number: a >= 0, b > 0.
template <std::integral A, std::integral B>
[[nodiscard]] constexpr std::int64_t cdiv(A a, B b) {
  return (static_cast<std::int64_t>(a) + static_cast<std::int64_t>(b) - 1) /
         static_cast<std::int64_t>(b);
}
/// a where the mask is true, b elsewhere; the three broadcast. Two literals give f32, or i32 if
/// both are whole numbers.
Tile select(MaskOperand mask, Operand a, Operand b);
/// a * b + c of floats, rounded once.
Tile fma(Operand a, Operand b, Operand c);

/// Floats and signed integers.
Tile abs(const Tile& a, std::source_location at = std::source_location::current());
/// Floats.
Tile sqrt(const Tile& a, std::source_location at = std::source_location::current());
Tile rsqrt(const Tile& a, std::source_location at = std::source_location::current());

/// The sum along `axis` (-1: the last), which stays with extent 1. The dtype stays too: convert
/// 16-bit floats with .to(f32) first.
Tile sum(const Tile& a, int axis, std::source_location at = std::source_location::current());

}  // namespace tegula
