// The values of a random program in the making: chance, dtypes, shapes, operands.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <numeric>
#include <optional>
#include <random>
#include <utility>

#include "tests/random/generator.h"
#include "tests/random/numbers.h"

namespace tegula::random_programs {

inline constexpr int most_depth = 3;
inline constexpr std::size_t most_rank = 4;
/// What small scalars are at most: they serve as coordinates and bounds of loops.
inline constexpr std::int64_t most_small = 3;

inline constexpr DType integer_dtypes[] = {i8, i16, i32, i64, u8, u16, u32, u64};
inline constexpr DType float_dtypes[] = {f16, bf16, f32, f64};

inline bool is_f8(DType dtype) { return is_float(dtype) && dtype_bits(dtype) == 8; }
inline bool is_number(DType dtype) { return dtype != i1 && !is_f8(dtype); }
inline bool may_fuse(DType dtype) { return dtype == f32 || dtype == f64; }

inline std::optional<Shape> broadcast(const Shape& a, const Shape& b) {
  Shape result(std::max(a.size(), b.size()), 1);
  for (std::size_t k = 1; k <= result.size(); ++k) {
    const std::int64_t from_a = k <= a.size() ? a[a.size() - k] : 1;
    const std::int64_t from_b = k <= b.size() ? b[b.size() - k] : 1;
    if (from_a != from_b && from_a != 1 && from_b != 1) return {};
    result[result.size() - k] = std::max(from_a, from_b);
  }
  return result;
}

class GenerateValues {
 protected:
  explicit GenerateValues(std::uint64_t seed) : random_(seed) { p_.seed = seed; }

  //===--- Chance ---------------------------------------------------------------------------===//

  std::size_t below(std::size_t n) { return static_cast<std::size_t>(random_() % n); }
  bool chance(std::size_t percent) { return below(100) < percent; }
  template <class List>
  std::remove_cvref_t<decltype(*std::begin(std::declval<const List&>()))> pick(const List& list) {
    return *(std::begin(list) + static_cast<std::ptrdiff_t>(below(std::size(list))));
  }
  template <class T>
  T pick(std::initializer_list<T> list) {
    return *(list.begin() + below(list.size()));
  }
  std::int64_t power(std::size_t most) { return std::int64_t{1} << below(most + 1); }

  std::int64_t random_integer(DType dtype) {
    if (chance(20)) return wrapped(dtype, random_());
    return wrapped(dtype, below(11) - (is_signed_integer(dtype) ? 4 : 0));
  }
  std::int64_t random_bits(DType dtype) {
    if (dtype == i1) return static_cast<std::int64_t>(below(2));
    if (!is_float(dtype)) return random_integer(dtype);
    const double values[] = {0, 1, -1, 2, 0.5, -0.25, 3, 7, 0.1, 1e-3, -13.5, 100};
    return from_real(rounded_to(dtype, pick(values)));
  }
  Shape random_shape(std::int64_t size, std::size_t rank) {
    Shape result(rank, 1);
    for (; size > 1; size /= 2) result[below(rank)] *= 2;
    return result;
  }

  //===--- Values ---------------------------------------------------------------------------===//

  // Copies, since the table of types grows.
  Type type(Value v) const { return p_.types[v]; }
  Shape shape(Value v) const { return p_.types[v].shape; }
  DType dtype(Value v) const { return p_.types[v].dtype; }

  Value new_value(Type type, bool product) {
    p_.types.push_back(std::move(type));
    product_.push_back(product);
    visible_.push_back(p_.types.size() - 1);
    return p_.types.size() - 1;
  }

  /// Whether the result may be a product that the compiler still sees as one.
  bool is_product(Kind kind, const Type& type, const std::vector<Value>& in) const {
    if (!is_float(type.dtype)) return false;
    switch (kind) {
      case Kind::mul:
      case Kind::div:  // by a power of two
      case Kind::fma:  // with 0
        return true;
      case Kind::add:
      case Kind::sub:
      case Kind::rounded:
      case Kind::sqrt:
      case Kind::floor:
      case Kind::ceil:
      case Kind::load:
      case Kind::gather:
        return false;
      default:
        return std::any_of(in.begin(), in.end(), [&](Value v) { return product_[v]; });
    }
  }

  std::vector<Value> emit_all(Kind kind, std::vector<Type> types, std::vector<Value> in,
                              std::vector<std::int64_t> numbers = {},
                              std::vector<Block> blocks = {}) {
    Statement s{kind, std::move(in), {}, std::move(numbers), std::move(blocks)};
    for (Type& type : types) {
      const bool product = s.blocks.empty() ? is_product(kind, type, s.in) : may_fuse(type.dtype);
      s.out.push_back(new_value(std::move(type), product));
    }
    std::vector<Value> out = s.out;
    block_->body.push_back(std::move(s));
    return out;
  }
  Value emit(Kind kind, Type type, std::vector<Value> in, std::vector<std::int64_t> numbers = {}) {
    return emit_all(kind, {std::move(type)}, std::move(in), std::move(numbers))[0];
  }

  /// For the statement that wants it; `find` does not see it.
  Value constant(DType dtype, std::int64_t bits) {
    const Value v = emit(Kind::constant, {dtype, {}}, {}, {bits});
    visible_.pop_back();
    return v;
  }
  Value binary(Kind kind, Value a, Value b) {
    return emit(kind, {dtype(a), *broadcast(shape(a), shape(b))}, {a, b});
  }

  Value cast_to(Value a, DType to) {
    if (dtype(a) == to) return a;
    if (is_f8(dtype(a)) && !is_float(to)) a = emit(Kind::cast, {f32, shape(a)}, {a});
    return emit(Kind::cast, {to, shape(a)}, {a});
  }

  /// A visible value, of the youngest more often.
  template <class Accepts>
  std::optional<Value> find(Accepts accepts) {
    std::vector<Value> found;
    for (const Value v : visible_)
      if (accepts(v)) found.push_back(v);
    if (found.empty()) return {};
    if (chance(50)) return found[found.size() - 1 - below(std::min<std::size_t>(3, found.size()))];
    return pick(found);
  }
  bool fits(const Shape& a, const Shape& b) const {
    const auto both = broadcast(a, b);
    return both && size_of(*both) <= most_elements_;
  }

  /// A value of this dtype that broadcasts with the shape.
  Value operand(DType wanted, const Shape& with) {
    if (!chance(15))
      if (auto v = find([&](Value v) { return dtype(v) == wanted && fits(shape(v), with); }))
        return *v;
    if (is_number(wanted) && chance(50))
      if (auto v = find([&](Value v) { return !is_f8(dtype(v)) && fits(shape(v), with); }))
        return cast_to(*v, wanted);
    return constant(wanted, random_bits(wanted));
  }
  /// Of this very shape.
  Value whole(DType wanted, const Shape& of) {
    if (!chance(10))
      if (auto v = find([&](Value v) { return type(v) == Type{wanted, of}; })) return *v;
    return expanded(operand_within(wanted, of), of);
  }
  /// Broadcasts to the shape.
  Value operand_within(DType wanted, const Shape& of) {
    auto v = find([&](Value v) {
      return dtype(v) == wanted && broadcast(shape(v), of) == std::optional(of);
    });
    return v ? *v : constant(wanted, random_bits(wanted));
  }
  Value expanded(Value v, const Shape& to) {
    return shape(v) == to ? v : emit(Kind::expand, {dtype(v), to}, {v});
  }

  /// Safe to add to something.
  Value summand(Value v) {
    if (!product_[v] || !may_fuse(dtype(v))) return v;
    return emit(Kind::rounded, type(v), {v});
  }

  /// An i32 scalar from 0 to most_small.
  Value small_scalar() {
    if (chance(40)) return constant(i32, static_cast<std::int64_t>(below(most_small + 1)));
    if (chance(50))
      if (auto v = find(
              [&](Value v) { return std::find(small_.begin(), small_.end(), v) != small_.end(); }))
        return *v;
    if (auto v = find([&](Value v) { return type(v) == Type{i32, {}}; })) {
      const Value small = binary(Kind::bit_and, *v, constant(i32, most_small));
      small_.push_back(small);
      return small;
    }
    return block_scalar_;
  }

  std::mt19937_64 random_;
  Program p_;
  std::int64_t most_elements_ = 256;
  std::vector<DType> palette_;
  Block* block_ = nullptr;                       ///< that statements go to
  std::vector<Value> visible_;                   ///< in it
  std::vector<Value> small_;                     ///< from 0 to most_small
  std::vector<bool> product_;                    ///< by value; see is_product
  std::map<std::size_t, std::int64_t> atomics_;  ///< their tensors, the kind of each
  Value block_scalar_ = 0;
  int depth_ = 0;
};

}  // namespace tegula::random_programs
