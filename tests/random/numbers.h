// One element on the host: what docs/language.md says that each operation gives, bit for bit.
//
// An element is an i64: integers as they are (u64: its bits; i1: 0 or 1), floats, however narrow,
// as the bits of the double of their value.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>

#include "tegula/dtype.h"

namespace tegula::random_programs {

using Element = std::int64_t;

inline double real(Element e) { return std::bit_cast<double>(e); }
inline Element from_real(double value) { return std::bit_cast<Element>(value); }

/// The low bits that an integer dtype holds, as that dtype reads them.
Element wrapped(DType dtype, std::uint64_t bits);
/// `value` in any floating dtype, to nearest even; the eight-bit ones saturate.
double rounded_to(DType dtype, double value);
Element converted(Element e, DType from, DType to);

Element add(DType dtype, Element a, Element b);
Element sub(DType dtype, Element a, Element b);
Element mul(DType dtype, Element a, Element b);
/// Integers: b != 0.
Element div(DType dtype, Element a, Element b);
Element rem(DType dtype, Element a, Element b);
Element cdiv(DType dtype, Element a, Element b);
Element min(DType dtype, Element a, Element b);
Element max(DType dtype, Element a, Element b);
Element shl(DType dtype, Element a, Element b);
Element shr(DType dtype, Element a, Element b);
Element umulhi(DType dtype, Element a, Element b);
Element neg(DType dtype, Element a);
Element abs(DType dtype, Element a);
Element fma(DType dtype, Element a, Element b, Element c);
Element sqrt(DType dtype, Element a);
Element floor(DType dtype, Element a);
Element ceil(DType dtype, Element a);

bool equal(DType dtype, Element a, Element b);
bool less(DType dtype, Element a, Element b);
bool is_nan(DType dtype, Element a);
/// The same bits; one NaN is as good as another.
bool same(DType dtype, Element a, Element b);

/// Between an element and its bytes in memory, dtype_bytes of them.
Element decoded(DType dtype, const std::byte* bytes);
void encode(DType dtype, Element e, std::byte* bytes);

}  // namespace tegula::random_programs
