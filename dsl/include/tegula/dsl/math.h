// Functions on tiles.
#pragma once

#include <concepts>
#include <cstdint>
#include <source_location>
#include <string_view>
#include <utility>

#include "tegula/dsl/tile.h"

#pragma GCC visibility push(default)
namespace tegula {

namespace detail {
/// What the op of that name (dsl/program/op_table.cpp) makes of each element.
Tile elementwise(std::string_view op, const Tile& a, const std::source_location& at);
}  // namespace detail

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
inline Tile rounded(const Tile& a, std::source_location at = std::source_location::current()) {
  return detail::elementwise("rounded", a, at);
}

/// min(max(x, low), high).
Tile clamp(Operand x, Operand low, Operand high);
/// The high half of the product of two u32 or two u64.
Tile umulhi(Operand a, Operand b);

/// Floats and signed integers.
inline Tile abs(const Tile& a, std::source_location at = std::source_location::current()) {
  return detail::elementwise("abs", a, at);
}

// Floats; docs/language.md has the error bounds. 16-bit floats are computed in f32 and rounded.
inline Tile sqrt(const Tile& a, std::source_location at = std::source_location::current()) {
  return detail::elementwise("sqrt", a, at);
}
inline Tile rsqrt(const Tile& a, std::source_location at = std::source_location::current()) {
  return detail::elementwise("rsqrt", a, at);
}
inline Tile exp(const Tile& a, std::source_location at = std::source_location::current()) {
  return detail::elementwise("exp", a, at);
}
inline Tile exp2(const Tile& a, std::source_location at = std::source_location::current()) {
  return detail::elementwise("exp2", a, at);
}
inline Tile log(const Tile& a, std::source_location at = std::source_location::current()) {
  return detail::elementwise("log", a, at);
}
inline Tile log2(const Tile& a, std::source_location at = std::source_location::current()) {
  return detail::elementwise("log2", a, at);
}
inline Tile sin(const Tile& a, std::source_location at = std::source_location::current()) {
  return detail::elementwise("sin", a, at);
}
inline Tile cos(const Tile& a, std::source_location at = std::source_location::current()) {
  return detail::elementwise("cos", a, at);
}
inline Tile tanh(const Tile& a, std::source_location at = std::source_location::current()) {
  return detail::elementwise("tanh", a, at);
}
inline Tile erf(const Tile& a, std::source_location at = std::source_location::current()) {
  return detail::elementwise("erf", a, at);
}
/// 1 / (1 + exp(-a)), without overflow for any a.
Tile sigmoid(const Tile& a, std::source_location at = std::source_location::current());
inline Tile floor(const Tile& a, std::source_location at = std::source_location::current()) {
  return detail::elementwise("floor", a, at);
}
inline Tile ceil(const Tile& a, std::source_location at = std::source_location::current()) {
  return detail::elementwise("ceil", a, at);
}

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
