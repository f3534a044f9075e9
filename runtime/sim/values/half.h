// f16 and bf16 by integer arithmetic: rounding to nearest even, subnormals kept, one canonical NaN
// (0x7fff, as PTX's cvt gives). The host's own instructions will not do: vcvtneps2bf16 flushes
// subnormals, and _Float16 calls routines that not every libgcc has. All of it is free of branches,
// so that loops over it vectorise.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>

namespace tegula::sim {

struct F16 {
  std::uint16_t bits;
};
struct BF16 {
  std::uint16_t bits;
};

inline float widen(F16 h) {
  const std::uint32_t magnitude = static_cast<std::uint32_t>(h.bits & 0x7fffu) << 13;
  const std::uint32_t sign = static_cast<std::uint32_t>(h.bits & 0x8000u) << 16;
  // The exponents' biases differ by 112. The multiplication also normalises subnormals, exactly.
  const std::uint32_t finite =
      std::bit_cast<std::uint32_t>(std::bit_cast<float>(magnitude) * 0x1p112f);
  const std::uint32_t special = magnitude | 0x7f800000u;
  return std::bit_cast<float>(sign | (magnitude >= 0x0f800000u ? special : finite));
}

inline float widen(BF16 h) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(h.bits) << 16);
}
inline float widen(float x) { return x; }
inline double widen(double x) { return x; }

template <class T>
T narrow(float x);

template <>
inline float narrow<float>(float x) {
  return x;
}

template <>
inline double narrow<double>(float x) {
  return x;
}

template <>
inline F16 narrow<F16>(float x) {
  const std::uint32_t bits = std::bit_cast<std::uint32_t>(x);
  const std::uint32_t sign = (bits & 0x80000000u) >> 16;
  const std::uint32_t u = bits & 0x7fffffffu;
  const std::uint32_t normal = (u - 0x38000000u + 0xfffu + ((u >> 13) & 1u)) >> 13;
  // Adding 0.5 puts the least bit of an f16 subnormal, 2^-24, at the end of the f32.
  const std::uint32_t subnormal =
      std::bit_cast<std::uint32_t>(std::bit_cast<float>(u) + 0.5f) - 0x3f000000u;
  std::uint32_t r = u < 0x38800000u ? subnormal : normal;
  r = u >= 0x47800000u ? 0x7c00u : r;  // 65536 and above
  r = u > 0x7f800000u ? 0x7fffu : r | sign;
  return {static_cast<std::uint16_t>(r)};
}

template <>
inline BF16 narrow<BF16>(float x) {
  const std::uint32_t u = std::bit_cast<std::uint32_t>(x);
  const std::uint32_t rounded = (u + 0x7fffu + ((u >> 16) & 1u)) >> 16;
  const bool nan = (u & 0x7fffffffu) > 0x7f800000u;
  return {static_cast<std::uint16_t>(nan ? 0x7fffu : rounded)};
}

/// To f32 with rounding to odd: the last bit of an inexact result is set. Rounding such a value
/// again, to at least two bits fewer, gives what rounding the original once gives.
inline float to_odd_float(double x) {
  const float nearest = static_cast<float>(x);
  if (static_cast<double>(nearest) == x || std::isnan(x)) return nearest;
  std::uint32_t bits = std::bit_cast<std::uint32_t>(nearest);
  if (std::fabs(static_cast<double>(nearest)) > std::fabs(x)) --bits;  // truncate
  return std::bit_cast<float>(bits | 1u);
}

template <class T>
T narrow(double x);
template <>
inline double narrow<double>(double x) {
  return x;
}
template <>
inline float narrow<float>(double x) {
  return static_cast<float>(x);
}
template <>
inline F16 narrow<F16>(double x) {
  return narrow<F16>(to_odd_float(x));
}
template <>
inline BF16 narrow<BF16>(double x) {
  return narrow<BF16>(to_odd_float(x));
}

/// a * b + c of two-byte floats, rounded to odd at f64: the product is exact there, and the error
/// of the sum says which way the exact value lies.
inline double fma_to_odd(double a, double b, double c) {
  const double product = a * b;
  const double sum = product + c;
  if (!std::isfinite(sum)) return sum;
  const double c_part = sum - product;
  const double error = (product - (sum - c_part)) + (c - c_part);
  auto bits = std::bit_cast<std::uint64_t>(sum);
  if (error == 0 || (bits & 1u) != 0) return sum;
  return std::bit_cast<double>((error > 0) == (sum > 0) ? bits + 1 : bits - 1);
}

}  // namespace tegula::sim
