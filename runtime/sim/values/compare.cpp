// Comparisons: two registers in, booleans (0 or 1) out.
#include <type_traits>

#include "runtime/sim/code/handlers.h"
#include "runtime/sim/values/lanes.h"

namespace tegula::sim {
namespace {

using format::ICmp;
using format::Opcode;
using format::Scalar;

template <ICmp predicate>
struct CompareIntegers {
  template <class T>
  std::uint8_t operator()(T a, T b) const {
    using S = std::make_signed_t<T>;
    const S sa = static_cast<S>(a), sb = static_cast<S>(b);
    switch (predicate) {
      case ICmp::eq:
        return a == b;
      case ICmp::ne:
        return a != b;
      case ICmp::ult:
        return a < b;
      case ICmp::ule:
        return a <= b;
      case ICmp::ugt:
        return a > b;
      case ICmp::uge:
        return a >= b;
      case ICmp::slt:
        return sa < sb;
      case ICmp::sle:
        return sa <= sb;
      case ICmp::sgt:
        return sa > sb;
      case ICmp::sge:
        return sa >= sb;
    }
    return 0;
  }
};

/// An i1 is a signed number of one bit: true is -1.
template <ICmp predicate>
struct CompareTruths {
  std::uint8_t operator()(std::uint8_t a, std::uint8_t b) const {
    constexpr bool is_signed = predicate >= ICmp::slt;
    const auto spread = [](std::uint8_t x) {
      return static_cast<std::uint8_t>(is_signed ? -x : x);
    };
    return CompareIntegers<predicate>{}(spread(a), spread(b));
  }
};

template <ICmp predicate>
Handler of_integers(Scalar scalar) {
  using F = CompareIntegers<predicate>;
  switch (scalar) {
    case Scalar::i1:
      return binary<std::uint8_t, std::uint8_t, CompareTruths<predicate>>;
    case Scalar::i8:
      return binary<std::uint8_t, std::uint8_t, F>;
    case Scalar::i16:
      return binary<std::uint8_t, std::uint16_t, F>;
    case Scalar::i32:
      return binary<std::uint8_t, std::uint32_t, F>;
    case Scalar::i64:
      return binary<std::uint8_t, std::uint64_t, F>;
    default:
      return nullptr;
  }
}

constexpr Handler (*by_icmp[format::icmp_count])(Scalar) = {
    of_integers<ICmp::eq>,  of_integers<ICmp::ne>,  of_integers<ICmp::ult>, of_integers<ICmp::ule>,
    of_integers<ICmp::ugt>, of_integers<ICmp::uge>, of_integers<ICmp::slt>, of_integers<ICmp::sle>,
    of_integers<ICmp::sgt>, of_integers<ICmp::sge>};

/// The predicate's bits say which of the four outcomes count as true.
template <int predicate>
struct CompareFloats {
  template <class T>
  std::uint8_t operator()(T a, T b) const {
    const auto x = widen(a), y = widen(b);
    const int equal = x == y, greater = x > y, less = x < y;
    const int unordered = 1 - (equal | greater | less);
    const int outcome = equal | greater << 1 | less << 2 | unordered << 3;
    return static_cast<std::uint8_t>((outcome & predicate) != 0);
  }
};

template <int predicate>
Handler of_floats(Scalar scalar) {
  using F = CompareFloats<predicate>;
  switch (scalar) {
    case Scalar::f16:
      return binary<std::uint8_t, F16, F>;
    case Scalar::bf16:
      return binary<std::uint8_t, BF16, F>;
    case Scalar::f32:
      return binary<std::uint8_t, float, F>;
    case Scalar::f64:
      return binary<std::uint8_t, double, F>;
    default:
      return nullptr;
  }
}

constexpr Handler (*by_fcmp[16])(Scalar) = {
    of_floats<0>,  of_floats<1>,  of_floats<2>,  of_floats<3>, of_floats<4>,  of_floats<5>,
    of_floats<6>,  of_floats<7>,  of_floats<8>,  of_floats<9>, of_floats<10>, of_floats<11>,
    of_floats<12>, of_floats<13>, of_floats<14>, of_floats<15>};

}  // namespace

Handler compare_handler(const HandlerKey& key) {
  if (key.opcode == Opcode::icmp) return by_icmp[key.modifier](key.scalar);
  if (key.opcode == Opcode::fcmp) return by_fcmp[key.modifier](key.scalar);
  return nullptr;
}

}  // namespace tegula::sim
