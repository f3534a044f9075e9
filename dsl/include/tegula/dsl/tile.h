// Tile, Mask, and the operators on them.
//
// The shapes of the two sides broadcast by numpy's rules; dtypes must be equal, and a literal takes
// the dtype of the other side. Comparisons give a Mask, which combines with & | ^ and !.
#pragma once

#include <concepts>
#include <limits>
#include <source_location>
#include <type_traits>

#include "tegula/dsl/handle.h"
#include "tegula/dtype.h"
#include "tegula/tensor.h"

#pragma GCC visibility push(default)
namespace tegula {

class Operand;
class MaskOperand;
class Mask;

/// A traced block of elements; rank 0 is a scalar. dtype and shape are known while tracing. Extents
/// are powers of two, at most 1048576 elements in all.
///
/// Copies name the same value; assignment rebinds the name. A tile that is assigned inside a traced
/// loop is carried by it.
class [[nodiscard]] Tile : public detail::Handle {
 public:
  using Location = std::source_location;

  /// No value yet: give it one before a loop carries it.
  Tile() = default;
  Tile(detail::Tracer& tracer, detail::ValueId value) : Handle(tracer, value) {}

  DType dtype(Location at = Location::current()) const;
  Dims shape(Location at = Location::current()) const;
  int rank(Location at = Location::current()) const;

  /// Elementwise conversion. Float to integer rounds toward zero. Not to i1: compare with `!= 0`.
  Tile to(DType dtype, Location at = Location::current()) const;
  /// The same elements, in row-major order, in another shape.
  Tile reshape(const Dims& shape, Location at = Location::current()) const;
  /// Without the dimensions of extent 1; (1, 1) becomes a scalar.
  Tile squeeze(Location at = Location::current()) const;
  /// A new dimension of extent 1 before `axis`; -1 appends one.
  Tile unsqueeze(int axis, Location at = Location::current()) const;
  /// Broadcast to `shape` by numpy's rules.
  Tile expand(const Dims& shape, Location at = Location::current()) const;
  /// The transpose of a tile of rank 2; see transpose.
  Tile T(Location at = Location::current()) const;

  Tile& operator+=(const Operand& b);
  Tile& operator-=(const Operand& b);
  Tile& operator*=(const Operand& b);
  Tile& operator/=(const Operand& b);
  Tile& operator%=(const Operand& b);
  Tile& operator&=(const Operand& b);
  Tile& operator|=(const Operand& b);
  Tile& operator^=(const Operand& b);
  Tile& operator<<=(const Operand& b);
  Tile& operator>>=(const Operand& b);

  friend Tile operator+(Operand a, Operand b);
  friend Tile operator-(Operand a, Operand b);
  friend Tile operator*(Operand a, Operand b);
  friend Tile operator/(Operand a, Operand b);
  /// Integers; the result has the sign of the dividend.
  friend Tile operator%(Operand a, Operand b);
  /// Integers.
  friend Tile operator&(Operand a, Operand b);
  friend Tile operator|(Operand a, Operand b);
  friend Tile operator^(Operand a, Operand b);
  /// Integers; the right side has the same dtype. >> keeps the sign of signed ones. A shift by the
  /// width or more gives 0, or -1 where >> shifts a negative number.
  friend Tile operator<<(Operand a, Operand b);
  friend Tile operator>>(Operand a, Operand b);
  friend Tile operator-(Operand a);

  friend Mask operator==(Operand a, Operand b);
  friend Mask operator!=(Operand a, Operand b);
  friend Mask operator<(Operand a, Operand b);
  friend Mask operator<=(Operand a, Operand b);
  friend Mask operator>(Operand a, Operand b);
  friend Mask operator>=(Operand a, Operand b);

  template <std::same_as<bool> B>
  operator B() const {
    static_assert(detail::always_false<B>,
                  "a traced Tile has no value on the host: use select(mask, a, b), and tegula::min "
                  "and tegula::max in place of std::min and std::max");
    return false;
  }
};

/// A traced block of booleans.
class [[nodiscard]] Mask : public detail::Handle {
 public:
  using Location = std::source_location;

  Mask() = default;
  Mask(detail::Tracer& tracer, detail::ValueId value) : Handle(tracer, value) {}

  Dims shape(Location at = Location::current()) const;
  /// 1 where true and 0 where false; f32, an integer, or i1 to store it.
  Tile to(DType dtype, Location at = Location::current()) const;
  Mask reshape(const Dims& shape, Location at = Location::current()) const;
  Mask squeeze(Location at = Location::current()) const;
  Mask unsqueeze(int axis, Location at = Location::current()) const;
  Mask expand(const Dims& shape, Location at = Location::current()) const;
  Mask T(Location at = Location::current()) const;

  Mask& operator&=(const MaskOperand& b);
  Mask& operator|=(const MaskOperand& b);
  Mask& operator^=(const MaskOperand& b);

  friend Mask operator&(MaskOperand a, MaskOperand b);
  friend Mask operator|(MaskOperand a, MaskOperand b);
  friend Mask operator^(MaskOperand a, MaskOperand b);
  /// Takes a Mask, not an operand, which would be ambiguous with the built-in `!` after the
  /// conversion to bool below. So reports name the line of the operation before it.
  friend Mask operator!(const Mask& a);

  template <std::same_as<bool> B>
  operator B() const {
    static_assert(detail::always_false<B>,
                  "a traced Mask has no value on the host: use select(mask, a, b), and & | ! in "
                  "place of && || and chained comparisons (tegula::min, tegula::max in place of "
                  "std::min, std::max)");
    return false;
  }
};

/// One side of an operator: a tile or a literal. The implicit conversion happens at the author's
/// operator, so its default argument is the author's line.
class Operand {
 public:
  enum class Kind : std::uint8_t { tile, integer, real };

  Operand(const Tile& tile, std::source_location at = std::source_location::current())
      : kind_(Kind::tile), at_(at), value_(tile.value()), tracer_(tile.tracer()) {}

  template <class T>
  requires(std::is_arithmetic_v<T> && !std::same_as<T, bool>)
      Operand(T literal, std::source_location at = std::source_location::current())
      : kind_(std::is_integral_v<T> ? Kind::integer : Kind::real), at_(at) {
    if constexpr (std::is_integral_v<T>) {
      integer_ = static_cast<std::int64_t>(literal);
      if constexpr (std::is_unsigned_v<T>)
        beyond_i64_ =
            literal > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    } else {
      real_ = static_cast<double>(literal);
    }
  }

  Kind kind() const { return kind_; }
  const std::source_location& at() const { return at_; }
  detail::ValueId value() const { return value_; }
  detail::Tracer* tracer() const { return tracer_; }
  std::int64_t integer() const { return integer_; }
  double real() const { return real_; }
  /// An unsigned literal that only a u64 holds; integer() is its bits.
  bool beyond_i64() const { return beyond_i64_; }

 private:
  Kind kind_;
  bool beyond_i64_ = false;
  std::source_location at_;
  detail::ValueId value_ = detail::uninitialised;
  detail::Tracer* tracer_ = nullptr;
  std::int64_t integer_ = 0;
  double real_ = 0;
};

/// One side of an operator on masks.
class MaskOperand {
 public:
  MaskOperand(const Mask& mask, std::source_location at = std::source_location::current())
      : at_(at), value_(mask.value()), tracer_(mask.tracer()) {}

  const std::source_location& at() const { return at_; }
  detail::ValueId value() const { return value_; }
  detail::Tracer* tracer() const { return tracer_; }

 private:
  std::source_location at_;
  detail::ValueId value_;
  detail::Tracer* tracer_;
};

}  // namespace tegula
#pragma GCC visibility pop
