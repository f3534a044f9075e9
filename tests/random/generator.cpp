#include "tests/random/generator.h"

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

#include "tests/random/numbers.h"

namespace tegula::random_programs {
namespace {

constexpr int most_depth = 3;
constexpr std::size_t most_rank = 4;
/// What small scalars are at most: they serve as coordinates and bounds of loops.
constexpr std::int64_t most_small = 3;

constexpr DType integer_dtypes[] = {i8, i16, i32, i64, u8, u16, u32, u64};
constexpr DType float_dtypes[] = {f16, bf16, f32, f64};

bool is_f8(DType dtype) { return is_float(dtype) && dtype_bits(dtype) == 8; }
bool is_number(DType dtype) { return dtype != i1 && !is_f8(dtype); }
bool may_fuse(DType dtype) { return dtype == f32 || dtype == f64; }

std::optional<Shape> broadcast(const Shape& a, const Shape& b) {
  Shape result(std::max(a.size(), b.size()), 1);
  for (std::size_t k = 1; k <= result.size(); ++k) {
    const std::int64_t from_a = k <= a.size() ? a[a.size() - k] : 1;
    const std::int64_t from_b = k <= b.size() ? b[b.size() - k] : 1;
    if (from_a != from_b && from_a != 1 && from_b != 1) return {};
    result[result.size() - k] = std::max(from_a, from_b);
  }
  return result;
}

class Generator {
 public:
  explicit Generator(std::uint64_t seed) : random_(seed) { p_.seed = seed; }

  Program run() {
    p_.warps = 1 << below(4);
    p_.blocks = pick({1, 1, 2, 3});
    p_.integer = static_cast<std::int32_t>(random_integer(i32));
    p_.real = static_cast<float>(static_cast<std::int64_t>(below(64)) - 32) / 8;
    most_elements_ = chance(15) ? 2048 : 256;
    palette_ = {i32, pick(integer_dtypes), pick(float_dtypes)};
    if (chance(50)) palette_.push_back(pick(float_dtypes));
    if (chance(50)) palette_.push_back(pick(integer_dtypes));
    block_ = &p_.body;
    block_scalar_ = emit(Kind::block, {i32, {}}, {});
    small_.push_back(block_scalar_);
    for (auto n = 1 + below(3); n > 0; --n) load();
    statements(5 + below(18));
    store_results();
    return std::move(p_);
  }

 private:
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

  //===--- Statements -----------------------------------------------------------------------===//

  void statements(std::size_t count) {
    for (; count > 0; --count) {
      const std::size_t which = below(100);
      if (which < 3)
        source();
      else if (which < 28)
        arithmetic();
      else if (which < 36)
        compare_or_select();
      else if (which < 42)
        logic();
      else if (which < 50)
        cast();
      else if (which < 65)
        change_shape();
      else if (which < 78)
        along_axis();
      else if (which < 82)
        load();
      else if (which < 86)
        gather();
      else if (which < 92)
        effect();
      else if (depth_ < most_depth)
        control();
    }
  }

  void source() {
    switch (below(3)) {
      case 0:
        emit(Kind::argument, {i32, {}}, {}, {0});
        return;
      case 1:
        emit(Kind::argument, {f32, {}}, {}, {1});
        return;
      default: {
        const std::size_t tensor = below(p_.tensors.size());
        const std::size_t rank = p_.tensors[tensor].extents.size();
        if (rank == 0) return void(emit(Kind::iota, {i32, {power(6)}}, {}));
        emit(Kind::extent, {i32, {}}, {},
             {static_cast<std::int64_t>(tensor), static_cast<std::int64_t>(below(rank))});
      }
    }
  }

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
  Value cast_to(Value a, DType to) {
    if (dtype(a) == to) return a;
    if (is_f8(dtype(a)) && !is_float(to)) a = emit(Kind::cast, {f32, shape(a)}, {a});
    return emit(Kind::cast, {to, shape(a)}, {a});
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

  //===--- Control --------------------------------------------------------------------------===//

  /// A block of statements: `fill` adds them, and gives what the block yields.
  template <class Fill>
  Block nested(const std::vector<Type>& arguments, Fill fill) {
    Block inner;
    Block* outer = std::exchange(block_, &inner);
    const std::size_t seen = visible_.size();
    ++depth_;
    for (const Type& t : arguments) inner.arguments.push_back(new_value(t, may_fuse(t.dtype)));
    inner.yields = fill(inner.arguments);
    --depth_;
    visible_.resize(seen);
    block_ = outer;
    return inner;
  }

  void control() {
    const std::size_t which = below(10);
    which < 4 ? for_loop() : which < 7 ? while_loop() : branch();
  }

  std::vector<Value> carried() {
    std::vector<Value> result;
    for (auto n = 1 + below(3); n > 0; --n)
      if (auto v = find([&](Value v) { return !is_f8(dtype(v)); })) result.push_back(*v);
    // Two of one type may change places.
    if (result.size() == 1 && chance(30))
      result.push_back(whole(dtype(result[0]), shape(result[0])));
    return result;
  }
  std::vector<Type> types_of(const std::vector<Value>& values) const {
    std::vector<Type> types;
    for (const Value v : values) types.push_back(type(v));
    return types;
  }

  /// What becomes of a value in an iteration: something of its type, made in this block if
  /// possible.
  Value next(Value argument, Value first_made) {
    if (!chance(25))
      if (auto v = find([&](Value v) { return v >= first_made && type(v) == type(argument); }))
        return *v;
    const DType t = dtype(argument);
    const Shape of = shape(argument);
    if (of.size() == 2 && of[0] == of[1] && chance(50))
      return emit(Kind::transpose, type(argument), {argument}, {1, 0});
    if (t == i1) return emit(Kind::logic_not, type(argument), {argument});
    const Value other = operand_within(t, of);
    if (is_float(t)) return binary(Kind::add, summand(argument), summand(other));
    return binary(pick({Kind::add, Kind::mul, Kind::bit_xor}), argument, other);
  }
  std::vector<Value> body_of(const std::vector<Value>& arguments) {
    const Value first_made = p_.types.size();
    statements(1 + below(5));
    std::vector<Value> yields;
    for (const Value v : arguments) yields.push_back(next(v, first_made));
    for (std::size_t i = 1; i < yields.size(); ++i)
      if (type(arguments[i]) == type(arguments[i - 1]) && chance(40)) {
        yields[i] = arguments[i - 1];
        if (chance(50)) yields[i - 1] = arguments[i];
      }
    return yields;
  }

  void for_loop() {
    std::vector<Value> in = carried();
    std::vector<Type> arguments = types_of(in), results = arguments;
    arguments.insert(arguments.begin(), {i32, {}});
    const Value lower = chance(70) ? constant(i32, 0) : small_scalar();
    const Value upper = chance(60) ? constant(i32, static_cast<std::int64_t>(below(most_small + 2)))
                                   : small_scalar();
    in.insert(in.begin(), {lower, upper});
    Block body = nested(arguments, [&](const std::vector<Value>& a) {
      small_.push_back(a[0]);
      if (chance(30)) load(a[0]);
      return body_of({a.begin() + 1, a.end()});
    });
    emit_all(Kind::for_loop, results, std::move(in), {}, {std::move(body)});
  }

  /// Ends when its first carried value, which falls by 1, is 0; or before.
  void while_loop() {
    std::vector<Value> in = carried();
    in.insert(in.begin(), small_scalar());
    const std::vector<Type> types = types_of(in);
    Block condition = nested(types, [&](const std::vector<Value>& a) {
      const Value zero = constant(i32, 0);
      Value go = emit(Kind::compare, {i1, {}}, {a[0], zero}, {4});
      if (chance(40)) go = binary(Kind::bit_and, go, scalar_mask());
      return std::vector<Value>{go};
    });
    Block body = nested(types, [&](const std::vector<Value>& a) {
      std::vector<Value> yields = body_of({a.begin() + 1, a.end()});
      yields.insert(yields.begin(), binary(Kind::sub, a[0], constant(i32, 1)));
      return yields;
    });
    emit_all(Kind::while_loop, types, std::move(in), {}, {std::move(condition), std::move(body)});
  }

  Value scalar_mask() {
    if (chance(40))
      if (auto v = find([&](Value v) { return type(v) == Type{i1, {}}; })) return *v;
    if (auto v = find([&](Value v) { return dtype(v) == i1; })) {
      Value m = *v;
      for (std::size_t axis = 0; axis < shape(m).size(); ++axis) {
        Type one = type(m);
        one.shape[axis] = 1;
        m = emit(chance(50) ? Kind::reduce_max : Kind::reduce_min, one, {m},
                 {static_cast<std::int64_t>(axis)});
      }
      return shape(m).empty() ? m : emit(Kind::reshape, {i1, {}}, {m});
    }
    const Value small = small_scalar();
    return emit(Kind::compare, {i1, {}}, {small, constant(i32, 1)},
                {static_cast<std::int64_t>(below(6))});
  }

  void branch() {
    const Value condition = scalar_mask();
    const std::vector<Value> merged = carried();
    std::vector<Block> sides;
    for (int side = 0; side < 2; ++side)
      sides.push_back(nested({}, [&](const std::vector<Value>&) {
        if (chance(25)) return merged;
        return body_of(merged);
      }));
    emit_all(Kind::if_then, types_of(merged), {condition}, {}, std::move(sides));
  }

  //===--- Results --------------------------------------------------------------------------===//

  /// Values that nothing uses first, the youngest first.
  void store_results() {
    std::vector<bool> used(p_.types.size(), false);
    mark_used(p_.body, used);
    std::vector<Value> results;
    for (const bool wanted : {false, true})
      for (auto v = visible_.rbegin(); v != visible_.rend(); ++v)
        if (used[*v] == wanted) results.push_back(*v);
    for (const Value v : results)
      if (room(TensorArgument::Role::out)) store(v);
  }
  static void mark_used(const Block& block, std::vector<bool>& used) {
    for (const Value v : block.yields) used[v] = true;
    for (const Statement& s : block.body) {
      for (const Value v : s.in) used[v] = true;
      for (const Block& inner : s.blocks) mark_used(inner, used);
    }
  }
  /// Each block its own part along the first dimension, the others cut off a little.
  void store(Value v) {
    if (shape(v).empty()) v = emit(Kind::reshape, {dtype(v), {1}}, {v});
    if (shape(v).size() > 3 || chance(30))
      v = emit(Kind::reshape, {dtype(v), {1, size_of(shape(v))}}, {v});
    Shape extents = shape(v);
    extents[0] *= p_.blocks;
    std::vector<Value> in = {v, block_scalar_};
    for (std::size_t d = 1; d < extents.size(); ++d) in.push_back(constant(i32, 0));
    for (std::int64_t& extent : extents)
      if (extent > 1 && chance(40)) extent -= static_cast<std::int64_t>(below(2));
    const std::size_t tensor = add_tensor(TensorArgument::Role::out, dtype(v), std::move(extents));
    emit_all(Kind::store, {}, std::move(in), {static_cast<std::int64_t>(tensor)});
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

}  // namespace

Program generate(std::uint64_t seed) { return Generator(seed).run(); }

}  // namespace tegula::random_programs
