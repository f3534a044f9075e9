#include "tests/random/numbers.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "ops/reference/number_format.h"

namespace tegula::random_programs {
namespace {

bool is_f8(DType dtype) { return is_float(dtype) && dtype_bits(dtype) == 8; }

/// An eight-bit format: bits of fraction, the exponent of the smallest normal number, the largest
/// finite number.
struct SmallFormat {
  int fraction, least_exponent;
  double largest;
};
SmallFormat small_format(DType dtype) {
  return dtype == f8e4m3 ? SmallFormat{3, -6, 448} : SmallFormat{2, -14, 57344};
}

double decode_f8(DType dtype, std::uint8_t code) {
  const SmallFormat f = small_format(dtype);
  const int field = (code & 0x7f) >> f.fraction, fraction = code & ((1 << f.fraction) - 1);
  const double sign = (code & 0x80) != 0 ? -1 : 1;
  if (dtype == f8e4m3 ? (code & 0x7f) == 0x7f : field == 31 && fraction != 0)
    return std::numeric_limits<double>::quiet_NaN();
  if (dtype == f8e5m2 && field == 31) return sign * std::numeric_limits<double>::infinity();
  const int exponent = std::max(field, 1) - 1 + f.least_exponent - f.fraction;
  return sign * std::ldexp(fraction + (field > 0 ? 1 << f.fraction : 0), exponent);
}

/// In the format that an operation of this dtype computes in.
template <class F>
Element compute(DType dtype, F f) {
  const double result = dtype == f64 ? f(double{}) : static_cast<double>(f(float{}));
  return from_real(rounded_to(dtype, result));
}

/// a * b + c of numbers of 16 bits, rounded once: the product is exact in a double, and the sum
/// gets an odd last bit where it is not, which is enough to round by.
double narrow_fma(double a, double b, double c) {
  const double product = a * b, sum = product + c;
  if (!std::isfinite(sum)) return sum;
  const double from_c = sum - product;
  const double rest = (product - (sum - from_c)) + (c - from_c);
  if (rest == 0 || (std::bit_cast<std::uint64_t>(sum) & 1) != 0) return sum;
  return std::nextafter(sum, std::copysign(std::numeric_limits<double>::infinity(), rest));
}

std::uint64_t bits_of(Element e) { return static_cast<std::uint64_t>(e); }

}  // namespace

Element wrapped(DType dtype, std::uint64_t bits) {
  if (dtype == i1) return static_cast<Element>(bits & 1);
  const int spare = 64 - dtype_bits(dtype);
  if (is_signed_integer(dtype)) return static_cast<Element>(bits << spare) >> spare;
  return static_cast<Element>(bits << spare >> spare);
}

double rounded_to(DType dtype, double value) {
  if (!is_f8(dtype)) return reference::round_to(dtype, value);
  if (std::isnan(value)) return value;
  const SmallFormat f = small_format(dtype);
  if (std::abs(value) >= f.largest) return std::copysign(f.largest, value);
  if (value == 0) return value;
  const int quantum = std::max(std::ilogb(value), f.least_exponent) - f.fraction;
  const double rounded = std::ldexp(std::nearbyint(std::ldexp(value, -quantum)), quantum);
  return std::copysign(std::min(std::abs(rounded), f.largest), value);
}

Element converted(Element e, DType from, DType to) {
  if (from == to) return e;
  if (to == i1) return is_float(from) ? real(e) != 0 : e != 0;
  if (is_float(from)) {
    const double value = real(e);
    if (is_float(to)) return from_real(rounded_to(to, value));
    // Toward zero, saturating; NaN gives 0.
    if (std::isnan(value)) return 0;
    const bool is_signed = is_signed_integer(to);
    const double beyond = std::ldexp(1.0, dtype_bits(to) - (is_signed ? 1 : 0));
    if (value >= beyond)
      return wrapped(to, ~std::uint64_t{0} >> (is_signed ? 65 - dtype_bits(to) : 0));
    if (value < (is_signed ? -beyond : 0.0))
      return is_signed ? wrapped(to, std::uint64_t{1} << (dtype_bits(to) - 1)) : 0;
    return to == u64 ? static_cast<Element>(static_cast<std::uint64_t>(value))
                     : static_cast<Element>(value);
  }
  if (!is_float(to)) return wrapped(to, bits_of(e));
  const bool unsigned_64 = from == u64;
  if (to == f64)
    return from_real(unsigned_64 ? static_cast<double>(bits_of(e)) : static_cast<double>(e));
  // What a double does not hold gets its low bits as one, which is enough to round by.
  const std::uint64_t low = 0xfff;
  const bool wide = unsigned_64 ? bits_of(e) >> 52 != 0 : (e >> 52) != 0 && (e >> 52) != -1;
  const std::uint64_t sticky =
      wide && (bits_of(e) & low) != 0 ? (bits_of(e) & ~low) | 0x800 : bits_of(e);
  const double value = unsigned_64 ? static_cast<double>(sticky)
                                   : static_cast<double>(static_cast<std::int64_t>(sticky));
  return from_real(rounded_to(to, value));
}

Element add(DType dtype, Element a, Element b) {
  if (!is_float(dtype)) return wrapped(dtype, bits_of(a) + bits_of(b));
  return compute(dtype, [&](auto t) {
    using T = decltype(t);
    return static_cast<T>(real(a)) + static_cast<T>(real(b));
  });
}
Element sub(DType dtype, Element a, Element b) {
  if (!is_float(dtype)) return wrapped(dtype, bits_of(a) - bits_of(b));
  return compute(dtype, [&](auto t) {
    using T = decltype(t);
    return static_cast<T>(real(a)) - static_cast<T>(real(b));
  });
}
Element mul(DType dtype, Element a, Element b) {
  if (!is_float(dtype)) return wrapped(dtype, bits_of(a) * bits_of(b));
  return compute(dtype, [&](auto t) {
    using T = decltype(t);
    return static_cast<T>(real(a)) * static_cast<T>(real(b));
  });
}
Element div(DType dtype, Element a, Element b) {
  if (is_float(dtype))
    return compute(dtype, [&](auto t) {
      using T = decltype(t);
      return static_cast<T>(real(a)) / static_cast<T>(real(b));
    });
  if (!is_signed_integer(dtype)) return wrapped(dtype, bits_of(a) / bits_of(b));
  return b == -1 ? neg(dtype, a) : a / b;
}
Element rem(DType dtype, Element a, Element b) {
  if (!is_signed_integer(dtype)) return wrapped(dtype, bits_of(a) % bits_of(b));
  return b == -1 ? 0 : a % b;
}
Element cdiv(DType dtype, Element a, Element b) {
  const bool more = is_signed_integer(dtype) ? a > 0 && a % b != 0 : bits_of(a) % bits_of(b) != 0;
  return wrapped(dtype, bits_of(div(dtype, a, b)) + (more ? 1 : 0));
}
Element min(DType dtype, Element a, Element b) {
  if (is_nan(dtype, a)) return a;
  if (is_nan(dtype, b)) return b;
  if (is_float(dtype) && real(a) == real(b)) return std::signbit(real(a)) ? a : b;
  return less(dtype, b, a) ? b : a;
}
Element max(DType dtype, Element a, Element b) {
  if (is_nan(dtype, a)) return a;
  if (is_nan(dtype, b)) return b;
  if (is_float(dtype) && real(a) == real(b)) return std::signbit(real(a)) ? b : a;
  return less(dtype, a, b) ? b : a;
}
Element shl(DType dtype, Element a, Element b) {
  return bits_of(b) >= static_cast<std::uint64_t>(dtype_bits(dtype))
             ? 0
             : wrapped(dtype, bits_of(a) << b);
}
Element shr(DType dtype, Element a, Element b) {
  const bool out = bits_of(b) >= static_cast<std::uint64_t>(dtype_bits(dtype));
  if (is_signed_integer(dtype)) return a >> (out ? 63 : b);
  return out ? 0 : static_cast<Element>(bits_of(a) >> b);
}
Element umulhi(DType dtype, Element a, Element b) {
  __extension__ using Wide = unsigned __int128;
  return wrapped(dtype,
                 static_cast<std::uint64_t>(Wide{bits_of(a)} * bits_of(b) >> dtype_bits(dtype)));
}
Element neg(DType dtype, Element a) {
  return is_float(dtype) ? from_real(-real(a)) : wrapped(dtype, 0 - bits_of(a));
}
Element abs(DType dtype, Element a) {
  if (is_float(dtype)) return from_real(std::abs(real(a)));
  return a < 0 ? neg(dtype, a) : a;
}
Element fma(DType dtype, Element a, Element b, Element c) {
  if (dtype_bits(dtype) == 16)
    return from_real(rounded_to(dtype, narrow_fma(real(a), real(b), real(c))));
  return compute(dtype, [&](auto t) {
    using T = decltype(t);
    return std::fma(static_cast<T>(real(a)), static_cast<T>(real(b)), static_cast<T>(real(c)));
  });
}
Element sqrt(DType dtype, Element a) {
  return compute(dtype, [&](auto t) { return std::sqrt(static_cast<decltype(t)>(real(a))); });
}
Element floor(DType, Element a) { return from_real(std::floor(real(a))); }
Element ceil(DType, Element a) { return from_real(std::ceil(real(a))); }

bool equal(DType dtype, Element a, Element b) {
  return is_float(dtype) ? real(a) == real(b) : a == b;
}
bool less(DType dtype, Element a, Element b) {
  if (is_float(dtype)) return real(a) < real(b);
  return dtype == u64 ? bits_of(a) < bits_of(b) : a < b;
}
bool is_nan(DType dtype, Element a) { return is_float(dtype) && std::isnan(real(a)); }
bool same(DType dtype, Element a, Element b) {
  return a == b || (is_nan(dtype, a) && is_nan(dtype, b));
}

Element decoded(DType dtype, const std::byte* bytes) {
  std::uint64_t bits = 0;
  std::memcpy(&bits, bytes, static_cast<std::size_t>(dtype_bytes(dtype)));
  switch (dtype) {
    case f64:
      return static_cast<Element>(bits);
    case f32:
      return from_real(std::bit_cast<float>(static_cast<std::uint32_t>(bits)));
    case f16:
      return from_real(reference::decode_f16(static_cast<std::uint16_t>(bits)));
    case bf16:
      return from_real(reference::decode_bf16(static_cast<std::uint16_t>(bits)));
    case f8e4m3:
    case f8e5m2:
      return from_real(decode_f8(dtype, static_cast<std::uint8_t>(bits)));
    case i1:
      return static_cast<Element>(bits);  // another byte than 0 and 1 is seen to be one
    default:
      return wrapped(dtype, bits);
  }
}

void encode(DType dtype, Element e, std::byte* bytes) {
  std::uint64_t bits = static_cast<std::uint64_t>(e);
  if (dtype == f32) {
    bits = std::bit_cast<std::uint32_t>(static_cast<float>(real(e)));
  } else if (dtype == f16) {
    bits = reference::encode_f16(real(e));
  } else if (dtype == bf16) {
    bits = reference::encode_bf16(real(e));
  } else if (is_f8(dtype)) {
    for (bits = 0; bits < 256; ++bits)
      if (same(dtype, from_real(decode_f8(dtype, static_cast<std::uint8_t>(bits))), e)) break;
  }
  std::memcpy(bytes, &bits, static_cast<std::size_t>(dtype_bytes(dtype)));
}

}  // namespace tegula::random_programs
