// Functions on tiles.
#pragma once

#include <concepts>
#include <cstdint>
#include <utility>

#include "tegula/dsl/tile.h"

#pragma GCC visibility push(default)
namespace tegula {

/// A tile of one value. `value`: a literal, or a traced scalar of that dtype.
Tile full(DType dtype, const Dims& shape, Operand value,
          std::source_location at = std::source_location::current());
Tile zeros(DType dtype, const Dims& shape,
           std::source_location at = std::source_location::current());
/// 0, 1, ..., n-1 as a tile of shape (n) and dtype i32.
Tile iota(std::int64_t n, std::source_location at = std::source_location::current());
Tile iota(DType dtype, std::int64_t n, std::source_location at = std::source_location::current());

/// The smaller, and the larger; for floats, NaN if either is NaN.
Tile min(Operand a, Operand b);
Tile max(Operand a, Operand b);
/// ceil(a / b) of integers, b > 0.
Tile cdiv(Operand a, Operand b);
/// The same on the host: a >= 0, b > 0.
template <std::integral A, std::integral B>
[[nodiscard]] constexpr std::int64_t cdiv(A a, B b) {
  return (static_cast<std::int64_t>(a) + static_cast<std::int64_t>(b) - 1) /
         static_cast<std::int64_t>(b);
}
/// a where the mask is true, b elsewhere; all three broadcast. Two literals give f32, or i32 if
/// both are whole numbers.
Tile select(MaskOperand mask, Operand a, Operand b);
/// a * b + c of floats, rounded once.
Tile fma(Operand a, Operand b, Operand c);

/// `a` unchanged, but never fused: if it is a product it is rounded before it is added to anything,
/// so `rounded(x * x) - y * y` does not become fma(x, x, -(y * y)). Floats.
Tile rounded(const Tile& a, std::source_location at = std::source_location::current());

/// min(max(x, low), high).
Tile clamp(Operand x, Operand low, Operand high);
/// The high half of the product of two u32 or two u64.
Tile umulhi(Operand a, Operand b);

/// Floats and signed integers.
Tile abs(const Tile& a, std::source_location at = std::source_location::current());

// Floats; docs/language.md has the error bounds. 16-bit floats are computed in f32 and rounded.
Tile sqrt(const Tile& a, std::source_location at = std::source_location::current());
Tile rsqrt(const Tile& a, std::source_location at = std::source_location::current());
Tile exp(const Tile& a, std::source_location at = std::source_location::current());
Tile exp2(const Tile& a, std::source_location at = std::source_location::current());
Tile log(const Tile& a, std::source_location at = std::source_location::current());
Tile log2(const Tile& a, std::source_location at = std::source_location::current());
Tile sin(const Tile& a, std::source_location at = std::source_location::current());
Tile cos(const Tile& a, std::source_location at = std::source_location::current());
Tile tanh(const Tile& a, std::source_location at = std::source_location::current());
Tile erf(const Tile& a, std::source_location at = std::source_location::current());
/// 1 / (1 + exp(-a)), without overflow for any a.
Tile sigmoid(const Tile& a, std::source_location at = std::source_location::current());
Tile floor(const Tile& a, std::source_location at = std::source_location::current());
Tile ceil(const Tile& a, std::source_location at = std::source_location::current());

/// Axis i of the result is axis permutation[i] of `a`. Tile::T() is the 2-d case.
Tile transpose(const Tile& a, const Dims& permutation,
               std::source_location at = std::source_location::current());
/// a and b side by side along a new last axis of extent 2.
Tile join(Operand a, Operand b);
/// The inverse of join: `auto [even, odd] = split(t.reshape({m, n / 2, 2}));`
std::pair<Tile, Tile> split(const Tile& a,
                            std::source_location at = std::source_location::current());
/// Two tiles of one shape, one after the other along `axis`.
Tile cat(Operand a, Operand b, int axis);

}  // namespace tegula
#pragma GCC visibility pop
