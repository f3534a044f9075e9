// Statements of a random program that compute: arithmetic, logic, casts, shapes, along an axis.
#pragma once

#include "tests/random/generate_values.h"

namespace tegula::random_programs {

class GenerateArithmetic : protected GenerateValues {
 protected:
  using GenerateValues::GenerateValues;

  void arithmetic() {
    const bool real = chance(50);
    auto a = find([&](Value v) { return is_number(dtype(v)) && is_float(dtype(v)) == real; });
    if (!a) a = find([&](Value v) { return is_number(dtype(v)); });
    is_float(dtype(*a)) ? float_arithmetic(*a) : integer_arithmetic(*a);
  }

  void integer_arithmetic(Value a) {
    const DType t = dtype(a);
    const bool is_signed = is_signed_integer(t);
    const std::int64_t bits = dtype_bits(t);
    switch (const std::size_t which = below(16)) {
      case 0:
      case 1:
        if (is_signed) return void(emit(chance(50) ? Kind::neg : Kind::abs, type(a), {a}));
        a = cast_to(a, pick({u32, u64}));
        binary(Kind::umulhi, a, operand(dtype(a), shape(a)));
        return;
      case 2:
      case 3: {  // by as much as the width and more
        const Value by =
            chance(50)
                ? constant(t, static_cast<std::int64_t>(below(static_cast<std::size_t>(bits) + 2)))
                : binary(Kind::bit_and, operand(t, shape(a)), constant(t, 2 * bits - 1));
        binary(which == 2 ? Kind::shl : Kind::shr, a, by);
        return;
      }
      case 4:
      case 5:
        binary(which == 4 ? Kind::div : Kind::rem, a, divisor(t, shape(a)));
        return;
      case 6: {
        const Value b =
            chance(50)
                ? constant(t, static_cast<std::int64_t>(1 + below(20)))
                : binary(Kind::add, binary(Kind::bit_and, operand(t, shape(a)), constant(t, 7)),
                         constant(t, 1));
        binary(Kind::cdiv, a, b);
        return;
      }
      default:
        binary(pick({Kind::add, Kind::sub, Kind::mul, Kind::min, Kind::max, Kind::bit_and,
                     Kind::bit_or, Kind::bit_xor}),
               a, operand(t, shape(a)));
    }
  }
  /// Not 0.
  Value divisor(DType t, const Shape& with) {
    if (chance(50)) {
      const std::int64_t n = random_integer(t);
      return constant(t, n == 0 ? 1 : n);
    }
    return binary(Kind::bit_or, operand(t, with), constant(t, 1));
  }

  void float_arithmetic(Value a) {
    const DType t = dtype(a);
    switch (below(12)) {
      case 0:
      case 10:
        emit(pick({Kind::neg, Kind::abs, Kind::sqrt, Kind::floor, Kind::ceil}), type(a), {a});
        return;
      case 1: {
        const Value b = operand(t, shape(a)), both = binary(Kind::min, a, b);
        const Value c = operand(t, shape(both));
        emit(Kind::fma, {t, *broadcast(shape(both), shape(c))},
             {summand(a), summand(b), summand(c)});
        return;
      }
      case 2:
      case 3:
        binary(chance(50) ? Kind::min : Kind::max, a, operand(t, shape(a)));
        return;
      case 4:
      case 5:
      case 6:
        binary(chance(70) ? Kind::mul : Kind::div, a, operand(t, shape(a)));
        return;
      default:
        binary(chance(60) ? Kind::add : Kind::sub, summand(a), summand(operand(t, shape(a))));
    }
  }

  void compare_or_select() {
    const auto a = find([&](Value v) { return !is_f8(dtype(v)); });
    const bool is_mask = dtype(*a) == i1;
    if (chance(50)) {
      const Value b = operand(dtype(*a), shape(*a));
      emit(Kind::compare, {i1, *broadcast(shape(*a), shape(b))}, {*a, b},
           {static_cast<std::int64_t>(below(is_mask ? 2 : 6))});
      return;
    }
    const Value mask = operand(i1, shape(*a));
    const Shape both = *broadcast(shape(mask), shape(*a));
    const Value b = operand(dtype(*a), both);
    emit(Kind::select, {dtype(*a), *broadcast(both, shape(b))}, {mask, *a, b});
  }

  void logic() {
    const auto a = find([&](Value v) { return dtype(v) == i1; });
    if (!a) return compare_or_select();
    if (chance(20)) return void(emit(Kind::logic_not, type(*a), {*a}));
    binary(pick({Kind::bit_and, Kind::bit_or, Kind::bit_xor}), *a, operand(i1, shape(*a)));
  }

  void cast() {
    const auto a = find([](Value) { return true; });
    std::vector<DType> to(palette_);
    to.push_back(i1);
    if (chance(20) && dtype(*a) != i1) to = {f8e4m3, f8e5m2};
    if (chance(15)) to.assign(std::begin(integer_dtypes), std::end(integer_dtypes));
    cast_to(*a, pick(to));
  }

  void change_shape() {
    const auto a = find([&](Value v) { return size_of(shape(v)) > 1 || chance(10); });
    if (!a) return;
    const Shape of = shape(*a);
    const DType t = dtype(*a);
    switch (below(8)) {
      case 0:
        emit(Kind::reshape, {t, random_shape(size_of(of), 1 + below(most_rank - 1))}, {*a});
        return;
      case 1: {
        Shape to = of;
        for (std::int64_t& extent : to)
          if (extent == 1) extent = power(3);
        if (to.size() < most_rank && chance(30)) to.insert(to.begin(), 2);
        if (size_of(to) <= most_elements_) emit(Kind::expand, {t, to}, {*a});
        return;
      }
      case 2:
      case 3:
      case 4:
        return transpose(*a);
      case 5: {
        const Value b = is_f8(t) ? *a : operand(t, of);
        Shape joined = *broadcast(of, shape(b));
        if (joined.empty() || joined.size() >= most_rank || 2 * size_of(joined) > most_elements_)
          return;
        joined.push_back(2);
        emit(Kind::join, {t, joined}, {*a, b});
        return;
      }
      case 6: {
        if (t == i1 || of.size() < 2) return;
        Value whole = *a;
        if (of.back() != 2) {
          Shape paired = of;
          if (paired.back() < 2 || paired.size() >= most_rank) return;
          paired.back() /= 2;
          paired.push_back(2);
          whole = emit(Kind::reshape, {t, paired}, {*a});
        }
        Shape half = shape(whole);
        half.pop_back();
        emit_all(Kind::split, {{t, half}, {t, half}}, {whole});
        return;
      }
      default: {
        if (of.empty() || 2 * size_of(of) > most_elements_ || is_f8(t)) return;
        const Value b = whole(t, of);
        const std::size_t axis = below(of.size());
        Shape both = shape(b);
        both[axis] *= 2;
        emit(Kind::cat, {t, both}, {*a, b}, {static_cast<std::int64_t>(axis)});
      }
    }
  }
  void transpose(Value a) {
    if (shape(a).size() < 2) return;
    std::vector<std::int64_t> permutation(shape(a).size());
    std::iota(permutation.begin(), permutation.end(), 0);
    std::shuffle(permutation.begin(), permutation.end(), random_);
    Shape to;
    for (const std::int64_t d : permutation) to.push_back(shape(a)[static_cast<std::size_t>(d)]);
    emit(Kind::transpose, {dtype(a), to}, {a}, permutation);
  }

  void along_axis() {
    const auto a = find([&](Value v) { return !shape(v).empty() && !is_f8(dtype(v)); });
    if (!a) return;
    const std::size_t at = below(shape(*a).size());
    const auto axis = static_cast<std::int64_t>(at), reverse = static_cast<std::int64_t>(below(2));
    Type whole = type(*a), one = whole;
    one.shape[at] = 1;
    const DType t = whole.dtype;
    const Kind extreme = chance(50) ? Kind::reduce_max : Kind::reduce_min;
    if (t == i1) {
      const Value result = emit(extreme, one, {*a}, {axis});
      if (size_of(one.shape) == 1 && chance(60)) emit(Kind::reshape, {i1, {}}, {result});
      return;
    }
    switch (below(is_float(t) ? 6 : 10)) {
      case 0:
        emit(extreme, one, {*a}, {axis});
        return;
      case 1:
        emit_all(chance(50) ? Kind::argmax : Kind::argmin, {one, {i32, one.shape}}, {*a}, {axis});
        return;
      case 2:
        emit(Kind::scan_last, whole, {*a}, {axis, reverse});
        return;
      case 3:
        return exact_sum(*a, at);
      case 4:
      case 5:
        return change_shape();
      case 6:
        emit(Kind::reduce_product, one, {*a}, {axis});
        return;
      case 7: {
        const Value b = this->whole(pick({i32, t}), whole.shape);
        emit_all(Kind::reduce_pair, {one, {dtype(b), one.shape}}, {*a, b}, {axis});
        return;
      }
      case 8: {
        const Value b = this->whole(t, whole.shape);
        emit_all(Kind::scan_affine, {whole, whole}, {*a, b}, {axis, reverse});
        return;
      }
      default:
        if (chance(50))
          emit(Kind::sum, one, {*a}, {axis});
        else
          emit(Kind::cumsum, whole, {*a}, {axis, reverse});
    }
  }
  /// Of small whole numbers in a float dtype: all partial sums are exact.
  void exact_sum(Value a, std::size_t axis) {
    const auto i = find([&](Value v) {
      return is_integer(dtype(v)) && shape(v).size() > axis && shape(v)[axis] <= 256;
    });
    if (!i) return;
    a = *i;
    const DType t = pick(float_dtypes);
    const Value few = binary(Kind::bit_and, a, constant(dtype(a), t == bf16 ? 1 : 7));
    const Value tile = emit(Kind::cast, {t, shape(few)}, {few});
    Shape one = shape(tile);
    one[axis] = 1;
    if (chance(50))
      emit(Kind::sum, {t, one}, {tile}, {static_cast<std::int64_t>(axis)});
    else
      emit(Kind::cumsum, type(tile), {tile}, {static_cast<std::int64_t>(axis), 0});
  }
};

}  // namespace tegula::random_programs
