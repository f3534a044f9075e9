// The number formats on the host: what a value becomes in f16, bf16 or f32, and how far apart the
// format's numbers lie. The one place where the host converts; the reference, the command line and
// the tests use it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "tegula/dtype.h"

namespace tegula::reference {

/// `value` rounded to `dtype` (f16, bf16, f32, f64), to nearest, ties to even, subnormals kept,
/// infinity beyond the largest finite number; NaN stays NaN. In one rounding, from double.
/// Throws Error{invalid_argument} for any other dtype.
double round_to(DType dtype, double value);

/// The distance between the numbers of a floating dtype at |magnitude|: 2^(floor(log2|m|) - p + 1),
/// p the significand's bits, and the smallest subnormal below the smallest normal number.
double ulp(DType dtype, double magnitude);

/// Bits of one number. Encoding rounds as round_to() does; a NaN becomes the quiet one.
std::uint16_t encode_f16(double value);
std::uint16_t encode_bf16(double value);
float decode_f16(std::uint16_t bits);
float decode_bf16(std::uint16_t bits);

/// Elements in memory to doubles and back. Floats, i1 and all integers (beyond 2^53 a 64-bit
/// integer loses low bits); encoding to an integer rounds to nearest and saturates, NaN gives 0,
/// and to i1 gives value != 0. Throw Error{unsupported} for the 8-bit floats.
std::vector<double> decode(DType dtype, std::span<const std::byte> bytes);
std::vector<std::byte> encode(DType dtype, std::span<const double> values);

}  // namespace tegula::reference
