// A random program: which statements, control around them, and what is stored in the end.
#include "tests/random/generator.h"

#include "tests/random/generate_memory.h"

namespace tegula::random_programs {
namespace {

class Generator : GenerateMemory {
 public:
  explicit Generator(std::uint64_t seed) : GenerateMemory(seed) {}

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
};

}  // namespace

Program generate(std::uint64_t seed) { return Generator(seed).run(); }

}  // namespace tegula::random_programs
