// Conversions between scalar types, each rounded once.
#include <limits>
#include <type_traits>

#include "runtime/sim/code/handlers.h"
#include "runtime/sim/values/lanes.h"

namespace tegula::sim {
namespace {

using format::Opcode;
using format::Scalar;

template <class T>
constexpr bool is_half = std::is_same_v<T, F16> || std::is_same_v<T, BF16>;

/// The value of a 64-bit integer as f64, rounded to odd, so that it can be rounded again.
template <class I>
double to_odd_double(I value) {
  constexpr std::uint64_t exact = std::uint64_t{1} << 53;
  const bool negative = value < 0;
  const auto bits = static_cast<std::uint64_t>(value);
  std::uint64_t magnitude = negative ? 0 - bits : bits;
  if (magnitude >= exact) {
    constexpr std::uint64_t dropped = 0x7ff;  // 64 - 53 bits
    magnitude = (magnitude & ~dropped) | ((magnitude & dropped) != 0 ? dropped + 1 : 0);
  }
  const auto result = static_cast<double>(magnitude);
  return negative ? -result : result;
}

template <class From, class To>
struct IntegerToFloat {
  To operator()(From value) const {
    if constexpr (!is_half<To>)
      return static_cast<To>(value);
    else if constexpr (sizeof(From) == 8)
      return narrow<To>(to_odd_double(value));
    else
      return narrow<To>(static_cast<double>(value));
  }
};

/// Toward zero; saturates; NaN gives 0 (as PTX's cvt.rzi does).
template <class From, class To>
struct FloatToInteger {
  To operator()(From value) const {
    const auto x = widen(value);
    using X = decltype(x + x);
    using Limits = std::numeric_limits<To>;
    constexpr X above = static_cast<X>(Limits::max() / 2 + 1) * 2;  // a power of two: exact
    constexpr X least = static_cast<X>(Limits::min());
    if (x >= above) return Limits::max();
    if (x <= least) return Limits::min();
    if (x != x) return 0;
    return static_cast<To>(x);
  }
};

template <class From, class To>
struct FloatToFloat {
  To operator()(From value) const { return narrow<To>(widen(value)); }
};

template <class From, class To>
struct IntegerToInteger {
  To operator()(From value) const { return static_cast<To>(value); }
};

template <class From>
struct ToTruth {
  std::uint8_t operator()(From value) const { return static_cast<std::uint8_t>(value & 1u); }
};

/// An i1 read as a number: 0 and 1, or, signed, 0 and -1.
template <class To, bool is_signed, template <class, class> class Convert>
struct FromTruth {
  To operator()(std::uint8_t truth) const {
    const auto number = static_cast<std::int8_t>(is_signed ? -truth : truth);
    return Convert<std::int8_t, To>{}(number);
  }
};

template <class To, bool is_signed, template <class, class> class Convert>
Handler from_integer(Scalar from) {
  using I8 = std::conditional_t<is_signed, std::int8_t, std::uint8_t>;
  using I16 = std::conditional_t<is_signed, std::int16_t, std::uint16_t>;
  using I32 = std::conditional_t<is_signed, std::int32_t, std::uint32_t>;
  using I64 = std::conditional_t<is_signed, std::int64_t, std::uint64_t>;
  switch (from) {
    case Scalar::i1:
      return unary<To, std::uint8_t, FromTruth<To, is_signed, Convert>>;
    case Scalar::i8:
      return unary<To, I8, Convert<I8, To>>;
    case Scalar::i16:
      return unary<To, I16, Convert<I16, To>>;
    case Scalar::i32:
      return unary<To, I32, Convert<I32, To>>;
    case Scalar::i64:
      return unary<To, I64, Convert<I64, To>>;
    default:
      return nullptr;
  }
}

template <class To, template <class, class> class Convert>
Handler from_float(Scalar from) {
  switch (from) {
    case Scalar::f16:
      return unary<To, F16, Convert<F16, To>>;
    case Scalar::bf16:
      return unary<To, BF16, Convert<BF16, To>>;
    case Scalar::f32:
      return unary<To, float, Convert<float, To>>;
    case Scalar::f64:
      return unary<To, double, Convert<double, To>>;
    default:
      return nullptr;
  }
}

template <bool is_signed>
Handler integer_to_integer(Scalar to, Scalar from) {
  switch (to) {
    case Scalar::i8:
      return from_integer<std::uint8_t, is_signed, IntegerToInteger>(from);
    case Scalar::i16:
      return from_integer<std::uint16_t, is_signed, IntegerToInteger>(from);
    case Scalar::i32:
      return from_integer<std::uint32_t, is_signed, IntegerToInteger>(from);
    case Scalar::i64:
      return from_integer<std::uint64_t, is_signed, IntegerToInteger>(from);
    default:
      return nullptr;
  }
}

Handler integer_to_truth(Scalar from) {
  switch (from) {
    case Scalar::i8:
      return unary<std::uint8_t, std::uint8_t, ToTruth<std::uint8_t>>;
    case Scalar::i16:
      return unary<std::uint8_t, std::uint16_t, ToTruth<std::uint16_t>>;
    case Scalar::i32:
      return unary<std::uint8_t, std::uint32_t, ToTruth<std::uint32_t>>;
    case Scalar::i64:
      return unary<std::uint8_t, std::uint64_t, ToTruth<std::uint64_t>>;
    default:
      return nullptr;
  }
}

template <bool is_signed>
Handler integer_to_float(Scalar to, Scalar from) {
  switch (to) {
    case Scalar::f16:
      return from_integer<F16, is_signed, IntegerToFloat>(from);
    case Scalar::bf16:
      return from_integer<BF16, is_signed, IntegerToFloat>(from);
    case Scalar::f32:
      return from_integer<float, is_signed, IntegerToFloat>(from);
    case Scalar::f64:
      return from_integer<double, is_signed, IntegerToFloat>(from);
    default:
      return nullptr;
  }
}

template <bool is_signed>
Handler float_to_integer(Scalar to, Scalar from) {
  using I8 = std::conditional_t<is_signed, std::int8_t, std::uint8_t>;
  using I16 = std::conditional_t<is_signed, std::int16_t, std::uint16_t>;
  using I32 = std::conditional_t<is_signed, std::int32_t, std::uint32_t>;
  using I64 = std::conditional_t<is_signed, std::int64_t, std::uint64_t>;
  switch (to) {
    case Scalar::i8:
      return from_float<I8, FloatToInteger>(from);
    case Scalar::i16:
      return from_float<I16, FloatToInteger>(from);
    case Scalar::i32:
      return from_float<I32, FloatToInteger>(from);
    case Scalar::i64:
      return from_float<I64, FloatToInteger>(from);
    default:
      return nullptr;
  }
}

Handler float_to_float(Scalar to, Scalar from) {
  switch (to) {
    case Scalar::f16:
      return from_float<F16, FloatToFloat>(from);
    case Scalar::bf16:
      return from_float<BF16, FloatToFloat>(from);
    case Scalar::f32:
      return from_float<float, FloatToFloat>(from);
    case Scalar::f64:
      return from_float<double, FloatToFloat>(from);
    default:
      return nullptr;
  }
}

}  // namespace

Handler conversion_handler(const HandlerKey& key) {
  switch (key.opcode) {
    case Opcode::trunc:
      return key.scalar == Scalar::i1 ? integer_to_truth(key.source)
                                      : integer_to_integer<false>(key.scalar, key.source);
    case Opcode::zext:
      return integer_to_integer<false>(key.scalar, key.source);
    case Opcode::sext:
      return integer_to_integer<true>(key.scalar, key.source);
    case Opcode::fptrunc:
    case Opcode::fpext:
      return float_to_float(key.scalar, key.source);
    case Opcode::sitofp:
      return integer_to_float<true>(key.scalar, key.source);
    case Opcode::uitofp:
      return integer_to_float<false>(key.scalar, key.source);
    case Opcode::fptosi:
      return float_to_integer<true>(key.scalar, key.source);
    case Opcode::fptoui:
      return float_to_integer<false>(key.scalar, key.source);
    default:
      return nullptr;
  }
}

}  // namespace tegula::sim
