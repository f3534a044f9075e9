// Statements of a random program that touch memory: loads, gathers, stores read again, atomics.
#pragma once

#include "tests/random/generate_arithmetic.h"

namespace tegula::random_programs {

class GenerateMemory : protected GenerateArithmetic {
 protected:
  using GenerateArithmetic::GenerateArithmetic;

  //===--- Tensors --------------------------------------------------------------------------===//

  std::size_t count(TensorArgument::Role role) const {
    return static_cast<std::size_t>(
        std::count_if(p_.tensors.begin(), p_.tensors.end(),
                      [&](const TensorArgument& t) { return t.role == role; }));
  }
  bool room(TensorArgument::Role role) const {
    constexpr std::size_t most[] = {most_in, most_in_out, most_out};
    return count(role) < most[static_cast<std::size_t>(role)];
  }

  std::size_t add_tensor(TensorArgument::Role role, DType dtype, Shape extents) {
    TensorArgument t{role, dtype, std::move(extents)};
    t.seed = random_();
    // Dense, or with gaps, in some order of the dimensions; inputs may repeat a row.
    std::vector<std::size_t> order(t.extents.size());
    std::iota(order.rbegin(), order.rend(), std::size_t{0});
    if (chance(20)) std::shuffle(order.begin(), order.end(), random_);
    t.strides.resize(order.size());
    std::int64_t stride = 1;
    for (const std::size_t d : order) {
      t.strides[d] = stride;
      stride *= t.extents[d];
      if (chance(15)) stride += static_cast<std::int64_t>(1 + below(8));
      if (role == TensorArgument::Role::in && chance(5)) t.strides[d] = 0;
    }
    if (chance(25)) t.offset = static_cast<std::int64_t>(below(5));
    t.elements = t.offset + 1 + static_cast<std::int64_t>(below(4));
    for (std::size_t d = 0; d < order.size(); ++d) t.elements += (t.extents[d] - 1) * t.strides[d];
    p_.tensors.push_back(std::move(t));
    return p_.tensors.size() - 1;
  }

  std::size_t input() {
    if (room(TensorArgument::Role::in) && (count(TensorArgument::Role::in) == 0 || chance(60))) {
      DType t = pick(palette_);
      if (chance(15)) t = pick({i1, f8e4m3, f8e5m2});
      Shape extents;
      std::int64_t left = most_elements_;
      for (auto rank = chance(5) ? 0 : 1 + below(3); rank > 0; --rank) {
        extents.push_back(static_cast<std::int64_t>(
            1 + below(static_cast<std::size_t>(std::max<std::int64_t>(2, left)))));
        left /= extents.back();
      }
      return add_tensor(TensorArgument::Role::in, t, std::move(extents));
    }
    std::vector<std::size_t> inputs;
    for (std::size_t i = 0; i < p_.tensors.size(); ++i)
      if (p_.tensors[i].role == TensorArgument::Role::in) inputs.push_back(i);
    return pick(inputs);
  }

  std::int64_t pad_bits(DType t) {
    if (chance(60)) return is_float(t) ? from_real(0) : 0;
    if (!is_float(t)) return t == i1 ? 1 : static_cast<std::int64_t>(below(100));
    const double values[] = {1, -1, std::numeric_limits<double>::infinity(),
                             -std::numeric_limits<double>::infinity(),
                             std::numeric_limits<double>::quiet_NaN()};
    return from_real(rounded_to(t, pick(values)));
  }

  /// `iteration`: a loop's index, by which the tiles are to be counted.
  void load(std::optional<Value> iteration = {}) {
    const std::size_t number = input();
    const TensorArgument tensor = p_.tensors[number];
    const std::size_t rank = tensor.extents.size();
    Shape tile(rank, 1);
    std::int64_t left = most_elements_;
    for (std::size_t d = rank; d-- > 0;) {
      const auto enough =
          static_cast<std::int64_t>(std::bit_ceil(static_cast<std::uint64_t>(tensor.extents[d])));
      tile[d] = std::min(left, chance(60) ? enough : power(5));
      left /= tile[d];
    }
    std::vector<Value> in;
    std::vector<std::int64_t> numbers = {static_cast<std::int64_t>(number), 0,
                                         pad_bits(tensor.dtype)};
    bool inside = true;
    for (std::size_t d = 0; d < rank; ++d) {
      inside = inside && tile[d] <= tensor.extents[d] && chance(80);
      if (iteration && chance(70))
        inside = false, in.push_back(*iteration);
      else if (inside || chance(50))
        in.push_back(constant(i32, 0));
      else
        in.push_back(chance(10) ? constant(i32, -1) : small_scalar());
    }
    std::vector<Value> starts;
    for (std::size_t d = 0; d < rank; ++d) {
      const bool narrow = !inside && tensor.extents[d] > most_small && chance(20);
      numbers.push_back(narrow ? static_cast<std::int64_t>(below(
                                     static_cast<std::size_t>(tensor.extents[d] - most_small)))
                               : -1);
      if (narrow) starts.push_back(small_scalar());
    }
    in.insert(in.end(), starts.begin(), starts.end());
    numbers[1] = inside && rank > 0 && chance(50) ? 1 : 0;
    emit(Kind::load, {tensor.dtype, tile}, std::move(in), std::move(numbers));
  }

  /// An index tile into a dimension of this extent. Where it may lie outside, `mask` becomes a mask
  /// of the places where it does not.
  Value index_into(std::int64_t extent, const Shape& with, std::optional<Value>& mask) {
    const DType t = chance(75) ? i32 : i64;
    const Value any = operand(t, with);
    if (chance(35)) {
      const auto whole =
          static_cast<std::int64_t>(std::bit_floor(static_cast<std::uint64_t>(extent)));
      return binary(Kind::bit_and, any, constant(t, whole - 1));
    }
    if (chance(50))
      return binary(Kind::min, binary(Kind::max, any, constant(t, 0)), constant(t, extent - 1));
    const auto compare = [&](std::int64_t which, std::int64_t bound) {
      return emit(Kind::compare, {i1, shape(any)}, {any, constant(t, bound)}, {which});
    };
    const Value inside = binary(Kind::bit_and, compare(5, 0), compare(2, extent));
    mask = mask ? binary(Kind::bit_and, *mask, inside) : inside;
    return any;
  }
  /// Index tiles and a mask, if there is one, that broadcast with each other and with `all`, which
  /// becomes the shape of all; `like`: with it, too.
  std::vector<Value> indices_into(const Shape& extents, const Shape& like, Shape& all) {
    std::vector<Value> in;
    std::optional<Value> mask;
    Shape with = *broadcast(like, all);
    const auto add = [&](Value v) {
      with = *broadcast(with, shape(v));
      all = *broadcast(all, shape(v));
      return v;
    };
    if (chance(40)) mask = add(operand(i1, with));
    for (const std::int64_t extent : extents) in.push_back(add(index_into(extent, with, mask)));
    if (mask) in.push_back(*mask);
    return in;
  }

  void gather() {
    const std::size_t number = input();
    const TensorArgument tensor = p_.tensors[number];
    Shape result, like;
    if (auto v = find([&](Value v) { return is_number(dtype(v)); })) like = shape(*v);
    std::vector<Value> in = indices_into(tensor.extents, like, result);
    const bool masked = in.size() > tensor.extents.size();
    if (masked && !is_f8(tensor.dtype) && chance(50)) {
      in.push_back(operand(tensor.dtype, result));
      result = *broadcast(result, shape(in.back()));
    }
    emit(Kind::gather, {tensor.dtype, result}, std::move(in), {static_cast<std::int64_t>(number)});
  }

  void effect() {
    switch (below(4)) {
      case 0:
        if (room(TensorArgument::Role::in_out)) round_trip();
        return;
      case 1:
        // Where it happens once, so that the value before is known.
        if (room(TensorArgument::Role::in_out) && depth_ == 0) fetch();
        return;
      case 2:
        return atomic();
      default:
        // The results want room, too.
        if (count(TensorArgument::Role::out) + 3 < most_out) scatter();
    }
  }

  /// Each of 0 to n-1 once, in some order, as a tile of the shape.
  Value permuted(const Shape& of) {
    const std::int64_t n = size_of(of);
    Value index = emit(Kind::iota, {i32, {n}}, {});
    if (chance(70)) {
      const auto odd = static_cast<std::int64_t>(2 * below(16) + 1);
      index = binary(Kind::mul, index, constant(i32, odd));
      index = binary(Kind::add, index, constant(i32, static_cast<std::int64_t>(below(64))));
      index = binary(Kind::bit_and, index, constant(i32, n - 1));
    }
    return of.size() == 1 ? index : emit(Kind::reshape, {i32, of}, {index});
  }

  void scatter() {
    const auto v = find([&](Value v) { return !is_f8(dtype(v)); });
    const std::int64_t n = size_of(shape(*v));
    const std::size_t tensor = add_tensor(TensorArgument::Role::out, dtype(*v),
                                          {p_.blocks, n + static_cast<std::int64_t>(below(3))});
    std::vector<Value> in = {*v, block_scalar_, permuted(shape(*v))};
    if (chance(50)) in.push_back(operand_within(i1, shape(*v)));
    emit_all(Kind::scatter, {}, std::move(in), {static_cast<std::int64_t>(tensor)});
  }

  /// Written in one way, read in another.
  void round_trip() {
    const auto v = find([&](Value v) { return !is_f8(dtype(v)) && size_of(shape(v)) > 1; });
    if (!v) return;
    const std::int64_t n = size_of(shape(*v));
    const DType t = dtype(*v);
    const auto number =
        static_cast<std::int64_t>(add_tensor(TensorArgument::Role::in_out, t, {p_.blocks, n}));
    const Value zero = constant(i32, 0);
    if (chance(50))
      emit_all(Kind::store, {}, {emit(Kind::reshape, {t, {1, n}}, {*v}), block_scalar_, zero},
               {number});
    else
      emit_all(Kind::scatter, {}, {*v, block_scalar_, permuted(shape(*v))}, {number});
    if (chance(50)) {
      const Shape read = random_shape(n, 1 + below(2));
      emit(Kind::gather, {t, read}, {block_scalar_, permuted(read)}, {number});
    } else {
      emit(Kind::load, {t, {1, n}}, {block_scalar_, zero},
           {number, 0, is_float(t) ? from_real(0) : 0, -1, -1});
    }
  }

  void atomic() {
    const auto v =
        find([&](Value v) { return is_integer(dtype(v)) && dtype_bits(dtype(v)) >= 32; });
    if (!v) return;
    std::optional<std::size_t> tensor;
    for (const auto& [number, kind] : atomics_)
      if (p_.tensors[number].dtype == dtype(*v)) tensor = number;
    if (!tensor || chance(30)) {
      if (!room(TensorArgument::Role::in_out)) return;
      Shape extents = {static_cast<std::int64_t>(1 + below(40))};
      if (chance(40)) extents.push_back(static_cast<std::int64_t>(1 + below(10)));
      if (chance(10)) extents.clear();
      tensor = add_tensor(TensorArgument::Role::in_out, dtype(*v), std::move(extents));
      atomics_[*tensor] = static_cast<std::int64_t>(below(6));
    }
    Shape all = shape(*v);
    std::vector<Value> in = indices_into(p_.tensors[*tensor].extents, {}, all);
    in.insert(in.begin(), expanded(*v, all));
    emit_all(Kind::atomic, {}, std::move(in),
             {static_cast<std::int64_t>(*tensor), atomics_[*tensor]});
  }

  /// An atomic whose value before is used: of elements that are nobody else's.
  void fetch() {
    const auto v =
        find([&](Value v) { return is_integer(dtype(v)) && dtype_bits(dtype(v)) >= 32; });
    if (!v) return;
    const std::size_t tensor =
        add_tensor(TensorArgument::Role::in_out, dtype(*v), {p_.blocks, size_of(shape(*v))});
    std::vector<Value> in = {*v, block_scalar_, permuted(shape(*v))};
    if (chance(50)) in.push_back(operand_within(i1, shape(*v)));
    emit(Kind::atomic, type(*v), std::move(in),
         {static_cast<std::int64_t>(tensor), static_cast<std::int64_t>(below(6))});
  }
};

}  // namespace tegula::random_programs
