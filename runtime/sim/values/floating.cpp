// Floating-point arithmetic, IEEE to the bit. f16 and bf16 are computed in f32 and rounded: f32 has
// more than twice their digits, so that +, -, *, / and sqrt are still rounded once.
#include <bit>
#include <cmath>

#include "runtime/sim/code/handlers.h"
#include "runtime/sim/values/lanes.h"

namespace tegula::sim {
namespace floats {
namespace {

using format::Opcode;
using format::Scalar;

struct Add {
  template <class T>
  T operator()(T a, T b) const {
    return a + b;
  }
};
struct Sub {
  template <class T>
  T operator()(T a, T b) const {
    return a - b;
  }
};
struct Mul {
  template <class T>
  T operator()(T a, T b) const {
    return a * b;
  }
};
struct Div {
  template <class T>
  T operator()(T a, T b) const {
    return a / b;
  }
};
struct Rem {
  template <class T>
  T operator()(T a, T b) const {
    return std::fmod(a, b);
  }
};

template <class T>
using BitsOf = std::conditional_t<sizeof(T) == 8, std::uint64_t, std::uint32_t>;

// Equal numbers have equal bits, except the two zeros; `or` of those is -0, `and` is +0.
template <class T>
T lesser(T a, T b) {
  using B = BitsOf<T>;
  const T tied = std::bit_cast<T>(static_cast<B>(std::bit_cast<B>(a) | std::bit_cast<B>(b)));
  return a == b ? tied : (a < b ? a : b);
}
template <class T>
T greater(T a, T b) {
  using B = BitsOf<T>;
  const T tied = std::bit_cast<T>(static_cast<B>(std::bit_cast<B>(a) & std::bit_cast<B>(b)));
  return a == b ? tied : (a > b ? a : b);
}
struct Min {
  template <class T>
  T operator()(T a, T b) const {
    return a != a ? b : (b != b ? a : lesser(a, b));
  }
};
struct Max {
  template <class T>
  T operator()(T a, T b) const {
    return a != a ? b : (b != b ? a : greater(a, b));
  }
};
struct Minimum {
  template <class T>
  T operator()(T a, T b) const {
    return a != a ? a : (b != b ? b : lesser(a, b));
  }
};
struct Maximum {
  template <class T>
  T operator()(T a, T b) const {
    return a != a ? a : (b != b ? b : greater(a, b));
  }
};
struct Sqrt {
  template <class T>
  T operator()(T a) const {
    return std::sqrt(a);
  }
};
struct Floor {
  template <class T>
  T operator()(T a) const {
    return std::floor(a);
  }
};
struct Ceil {
  template <class T>
  T operator()(T a) const {
    return std::ceil(a);
  }
};
struct Trunc {
  template <class T>
  T operator()(T a) const {
    return std::trunc(a);
  }
};
struct Rint {  // to nearest, ties to even: the host's rounding mode is never changed
  template <class T>
  T operator()(T a) const {
    return std::nearbyint(a);
  }
};

/// An operation on two-byte floats by way of f32.
template <class F>
struct Rounded {
  template <class T>
  T operator()(T a) const {
    return narrow<T>(F{}(widen(a)));
  }
  template <class T>
  T operator()(T a, T b) const {
    return narrow<T>(F{}(widen(a), widen(b)));
  }
};

template <class F>
Handler of_one(Scalar scalar) {
  switch (scalar) {
    case Scalar::f16:
      return unary<F16, F16, Rounded<F>>;
    case Scalar::bf16:
      return unary<BF16, BF16, Rounded<F>>;
    case Scalar::f32:
      return unary<float, float, F>;
    case Scalar::f64:
      return unary<double, double, F>;
    default:
      return nullptr;
  }
}

template <class F>
Handler of_two(Scalar scalar) {
  switch (scalar) {
    case Scalar::f16:
      return binary<F16, F16, Rounded<F>>;
    case Scalar::bf16:
      return binary<BF16, BF16, Rounded<F>>;
    case Scalar::f32:
      return binary<float, float, F>;
    case Scalar::f64:
      return binary<double, double, F>;
    default:
      return nullptr;
  }
}

// Signs are bits: these three also carry a NaN's payload through.
template <class B>
constexpr B sign_bit = static_cast<B>(B{1} << (8 * sizeof(B) - 1));
struct Negate {
  template <class B>
  B operator()(B a) const {
    return static_cast<B>(a ^ sign_bit<B>);
  }
};
struct Abs {
  template <class B>
  B operator()(B a) const {
    return static_cast<B>(a & ~sign_bit<B>);
  }
};
struct CopySign {
  template <class B>
  B operator()(B a, B b) const {
    return static_cast<B>((a & ~sign_bit<B>) | (b & sign_bit<B>));
  }
};

template <class F>
Handler of_bits_one(Scalar scalar) {
  const int bytes = format::scalar_bytes(scalar);
  return bytes == 2   ? unary<std::uint16_t, std::uint16_t, F>
         : bytes == 4 ? unary<std::uint32_t, std::uint32_t, F>
                      : unary<std::uint64_t, std::uint64_t, F>;
}
template <class F>
Handler of_bits_two(Scalar scalar) {
  const int bytes = format::scalar_bytes(scalar);
  return bytes == 2   ? binary<std::uint16_t, std::uint16_t, F>
         : bytes == 4 ? binary<std::uint32_t, std::uint32_t, F>
                      : binary<std::uint64_t, std::uint64_t, F>;
}

struct Row {
  Opcode opcode;
  Handler (*choose)(Scalar);
};
constexpr Row rows[] = {
    {Opcode::fadd, of_two<Add>},         {Opcode::fsub, of_two<Sub>},
    {Opcode::fmul, of_two<Mul>},         {Opcode::fdiv, of_two<Div>},
    {Opcode::frem, of_two<Rem>},         {Opcode::fmin, of_two<Min>},
    {Opcode::fmax, of_two<Max>},         {Opcode::fminimum, of_two<Minimum>},
    {Opcode::fmaximum, of_two<Maximum>}, {Opcode::fcopysign, of_bits_two<CopySign>},
    {Opcode::fneg, of_bits_one<Negate>}, {Opcode::fabs, of_bits_one<Abs>},
    {Opcode::fsqrt, of_one<Sqrt>},       {Opcode::ffloor, of_one<Floor>},
    {Opcode::fceil, of_one<Ceil>},       {Opcode::ftrunc, of_one<Trunc>},
    {Opcode::frint, of_one<Rint>},
};

}  // namespace
}  // namespace floats

Handler float_handler(const HandlerKey& key) {
  for (const floats::Row& row : floats::rows)
    if (row.opcode == key.opcode) return row.choose(key.scalar);
  return nullptr;
}

}  // namespace tegula::sim
