// Integer arithmetic, modulo 2^width. What PTX leaves open is fixed here: see "Integers" in
// docs/simulator-image.md.
#include <bit>
#include <limits>
#include <type_traits>

#include "runtime/sim/code/handlers.h"
#include "runtime/sim/values/lanes.h"

namespace tegula::sim {
namespace integers {
namespace {

using format::Opcode;
using format::Scalar;

template <class T>
using Signed = std::make_signed_t<T>;
/// Wide enough that arithmetic on a narrow T is not done in (signed) int.
template <class T>
using Wide = std::common_type_t<T, unsigned>;
template <class T>
constexpr int width = std::numeric_limits<T>::digits;

struct Add {
  template <class T>
  T operator()(T a, T b) const {
    return static_cast<T>(Wide<T>{a} + Wide<T>{b});
  }
};
struct Sub {
  template <class T>
  T operator()(T a, T b) const {
    return static_cast<T>(Wide<T>{a} - Wide<T>{b});
  }
};
struct Mul {
  template <class T>
  T operator()(T a, T b) const {
    return static_cast<T>(Wide<T>{a} * Wide<T>{b});
  }
};
struct UDiv {
  template <class T>
  T operator()(T a, T b) const {
    return b == 0 ? static_cast<T>(~T{0}) : static_cast<T>(a / b);
  }
};
struct URem {
  template <class T>
  T operator()(T a, T b) const {
    return b == 0 ? a : static_cast<T>(a % b);
  }
};
struct SDiv {
  template <class T>
  T operator()(T a, T b) const {
    if (b == 0) return static_cast<T>(~T{0});
    if (b == static_cast<T>(~T{0})) return Sub{}(T{0}, a);  // also for the least value
    return static_cast<T>(static_cast<Signed<T>>(a) / static_cast<Signed<T>>(b));
  }
};
struct SRem {
  template <class T>
  T operator()(T a, T b) const {
    if (b == 0) return a;
    if (b == static_cast<T>(~T{0})) return 0;
    return static_cast<T>(static_cast<Signed<T>>(a) % static_cast<Signed<T>>(b));
  }
};
struct UMin {
  template <class T>
  T operator()(T a, T b) const {
    return b < a ? b : a;
  }
};
struct UMax {
  template <class T>
  T operator()(T a, T b) const {
    return a < b ? b : a;
  }
};
struct SMin {
  template <class T>
  T operator()(T a, T b) const {
    return static_cast<Signed<T>>(b) < static_cast<Signed<T>>(a) ? b : a;
  }
};
struct SMax {
  template <class T>
  T operator()(T a, T b) const {
    return static_cast<Signed<T>>(a) < static_cast<Signed<T>>(b) ? b : a;
  }
};
/// Twice as wide as T and no wider: g++ 12 vectorises the high half of a product of 16-bit values
/// in 64 bits with the unsigned instruction, signed or not.
template <class T, class Of1, class Of2, class Of4, class Of8>
using BySize = std::conditional_t<
    sizeof(T) == 1, Of1,
    std::conditional_t<sizeof(T) == 2, Of2, std::conditional_t<sizeof(T) == 4, Of4, Of8>>>;

struct UMulHigh {
  template <class T>
  T operator()(T a, T b) const {
    using P = BySize<T, std::uint32_t, std::uint32_t, std::uint64_t, unsigned __int128>;
    return static_cast<T>((P{a} * P{b}) >> width<T>);
  }
};
struct SMulHigh {
  template <class T>
  T operator()(T a, T b) const {
    using P = BySize<T, std::int32_t, std::int32_t, std::int64_t, __int128>;
    return static_cast<T>((P{static_cast<Signed<T>>(a)} * P{static_cast<Signed<T>>(b)}) >>
                          width<T>);
  }
};
struct And {
  template <class T>
  T operator()(T a, T b) const {
    return static_cast<T>(a & b);
  }
};
struct Or {
  template <class T>
  T operator()(T a, T b) const {
    return static_cast<T>(a | b);
  }
};
struct Xor {
  template <class T>
  T operator()(T a, T b) const {
    return static_cast<T>(a ^ b);
  }
};
struct ShiftLeft {
  template <class T>
  T operator()(T a, T b) const {
    return b < width<T> ? static_cast<T>(Wide<T>{a} << b) : T{0};
  }
};
struct ShiftRight {
  template <class T>
  T operator()(T a, T b) const {
    return b < width<T> ? static_cast<T>(a >> b) : T{0};
  }
};
struct ShiftRightSigned {
  template <class T>
  T operator()(T a, T b) const {
    return static_cast<T>(static_cast<Signed<T>>(a) >> (b < width<T> ? b : T{width<T> - 1}));
  }
};
struct Abs {
  template <class T>
  T operator()(T a) const {
    return static_cast<Signed<T>>(a) < 0 ? Sub{}(T{0}, a) : a;
  }
};
struct CountOnes {
  template <class T>
  T operator()(T a) const {
    return static_cast<T>(std::popcount(a));
  }
};
struct CountLeadingZeros {
  template <class T>
  T operator()(T a) const {
    return static_cast<T>(std::countl_zero(a));
  }
};

/// The count is taken modulo the width, as PTX's shf.wrap takes it.
struct FunnelLeft {
  template <class T>
  T operator()(T a, T b, T count) const {
    const T n = static_cast<T>(count & (width<T> - 1));
    // b moves by one and then by the rest, so that no shift is by the whole width.
    const T low = static_cast<T>(static_cast<T>(b >> 1) >> (width<T> - 1 - n));
    return static_cast<T>(static_cast<T>(Wide<T>{a} << n) | low);
  }
};
struct FunnelRight {
  template <class T>
  T operator()(T a, T b, T count) const {
    const T n = static_cast<T>(count & (width<T> - 1));
    const T high = static_cast<T>(Wide<T>{static_cast<T>(Wide<T>{a} << 1)} << (width<T> - 1 - n));
    return static_cast<T>(high | static_cast<T>(b >> n));
  }
};

template <class F>
Handler of_three(Scalar scalar) {
  switch (scalar) {
    case Scalar::i8:
      return ternary<std::uint8_t, F>;
    case Scalar::i16:
      return ternary<std::uint16_t, F>;
    case Scalar::i32:
      return ternary<std::uint32_t, F>;
    case Scalar::i64:
      return ternary<std::uint64_t, F>;
    default:
      return nullptr;
  }
}

template <class F>
Handler of_two(Scalar scalar) {
  switch (scalar) {
    case Scalar::i1:  // reached by the bitwise operations alone
    case Scalar::i8:
      return binary<std::uint8_t, std::uint8_t, F>;
    case Scalar::i16:
      return binary<std::uint16_t, std::uint16_t, F>;
    case Scalar::i32:
      return binary<std::uint32_t, std::uint32_t, F>;
    case Scalar::i64:
      return binary<std::uint64_t, std::uint64_t, F>;
    default:
      return nullptr;
  }
}

template <class F>
Handler of_one(Scalar scalar) {
  switch (scalar) {
    case Scalar::i8:
      return unary<std::uint8_t, std::uint8_t, F>;
    case Scalar::i16:
      return unary<std::uint16_t, std::uint16_t, F>;
    case Scalar::i32:
      return unary<std::uint32_t, std::uint32_t, F>;
    case Scalar::i64:
      return unary<std::uint64_t, std::uint64_t, F>;
    default:
      return nullptr;
  }
}

struct Row {
  Opcode opcode;
  Handler (*choose)(Scalar);
};
constexpr Row rows[] = {
    {Opcode::iadd, of_two<Add>},
    {Opcode::isub, of_two<Sub>},
    {Opcode::imul, of_two<Mul>},
    {Opcode::udiv, of_two<UDiv>},
    {Opcode::sdiv, of_two<SDiv>},
    {Opcode::urem, of_two<URem>},
    {Opcode::srem, of_two<SRem>},
    {Opcode::umin, of_two<UMin>},
    {Opcode::umax, of_two<UMax>},
    {Opcode::smin, of_two<SMin>},
    {Opcode::smax, of_two<SMax>},
    {Opcode::umulh, of_two<UMulHigh>},
    {Opcode::smulh, of_two<SMulHigh>},
    {Opcode::iand, of_two<And>},
    {Opcode::ior, of_two<Or>},
    {Opcode::ixor, of_two<Xor>},
    {Opcode::shl, of_two<ShiftLeft>},
    {Opcode::lshr, of_two<ShiftRight>},
    {Opcode::ashr, of_two<ShiftRightSigned>},
    {Opcode::iabs, of_one<Abs>},
    {Opcode::ctpop, of_one<CountOnes>},
    {Opcode::ctlz, of_one<CountLeadingZeros>},
    {Opcode::fshl, of_three<FunnelLeft>},
    {Opcode::fshr, of_three<FunnelRight>},
};

}  // namespace
}  // namespace integers

Handler integer_handler(const HandlerKey& key) {
  for (const integers::Row& row : integers::rows)
    if (row.opcode == key.opcode) return row.choose(key.scalar);
  return nullptr;
}

}  // namespace tegula::sim
