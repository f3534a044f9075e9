#include "dsl/program/op_table.h"

#include <array>

#include "tegula/error.h"

namespace tegula::program {
namespace {

constexpr int any = OpRule::any;

using A = Attribute;

constexpr OpRule elementwise(Op op, std::string_view name, int operands, unsigned dtypes) {
  return {.op = op, .name = name, .operands = operands, .elementwise = true, .dtypes = dtypes};
}
constexpr OpRule unary(Op op, std::string_view name, unsigned dtypes) {
  return elementwise(op, name, 1, dtypes);
}
constexpr OpRule binary(Op op, std::string_view name, unsigned dtypes) {
  return elementwise(op, name, 2, dtypes);
}
constexpr OpRule ternary(Op op, std::string_view name, unsigned dtypes) {
  return elementwise(op, name, 3, dtypes);
}
constexpr OpRule on_host(OpRule rule) {
  rule.on_host = true;
  return rule;
}

constexpr std::array<OpRule, op_count> table = {{
    {.op = Op::constant,
     .name = "constant",
     .attributes = {A::value},
     .combines = true,
     .on_host = true},
    {.op = Op::dim, .name = "dim", .attributes = {A::parameter, A::dimension}, .on_host = true},
    {.op = Op::scalar, .name = "scalar", .attributes = {A::parameter}},
    {.op = Op::program_id, .name = "program_id", .attributes = {A::number}},
    {.op = Op::iota, .name = "iota"},
    {.op = Op::view,
     .name = "view",
     .operands = any,
     .attributes = {A::parameter, A::padding, A::in_bounds, A::narrowed}},
    {.op = Op::load, .name = "load", .operands = any},
    {.op = Op::store, .name = "store", .operands = any, .results = 0, .has_effect = true},
    {.op = Op::splat, .name = "splat", .operands = 1},
    {.op = Op::broadcast, .name = "broadcast", .operands = 1},
    {.op = Op::reshape, .name = "reshape", .operands = 1},
    {.op = Op::cast, .name = "cast", .operands = 1, .combines = true},
    {.op = Op::reduce,
     .name = "reduce",
     .operands = 1,
     .attributes = {A::reduce_kind, A::axis},
     .dtypes = numbers | bools},
    on_host(binary(Op::add, "add", numbers)),
    on_host(binary(Op::sub, "sub", numbers)),
    on_host(binary(Op::mul, "mul", numbers)),
    on_host(binary(Op::div, "div", numbers)),
    on_host(binary(Op::rem, "rem", ints)),
    on_host(binary(Op::minimum, "minimum", numbers)),
    on_host(binary(Op::maximum, "maximum", numbers)),
    on_host(binary(Op::cdiv, "cdiv", ints)),
    binary(Op::bit_and, "bit_and", ints | bools),
    binary(Op::bit_or, "bit_or", ints | bools),
    binary(Op::bit_xor, "bit_xor", ints | bools),
    unary(Op::neg, "neg", floats | signed_ints),
    unary(Op::abs, "abs", floats | signed_ints),
    unary(Op::sqrt, "sqrt", floats),
    unary(Op::rsqrt, "rsqrt", floats),
    ternary(Op::fma, "fma", floats),
    {.op = Op::compare,
     .name = "compare",
     .operands = 2,
     .attributes = {A::comparison},
     .dtypes = numbers | bools,
     .combines = true},
    {.op = Op::select,
     .name = "select",
     .operands = 3,
     .dtypes = numbers | bools,
     .combines = true},
    {.op = Op::for_loop, .name = "for", .operands = any, .results = any, .regions = 1},
    {.op = Op::yield, .name = "yield", .operands = any, .results = 0, .combines = true},
    unary(Op::exp, "exp", floats),
    unary(Op::exp2, "exp2", floats),
    unary(Op::log, "log", floats),
    unary(Op::log2, "log2", floats),
    unary(Op::sin, "sin", floats),
    unary(Op::cos, "cos", floats),
    unary(Op::tanh, "tanh", floats),
    unary(Op::erf, "erf", floats),
    unary(Op::floor, "floor", floats),
    unary(Op::ceil, "ceil", floats),
    binary(Op::umulhi, "umulhi", wide_unsigned),
    binary(Op::shl, "shl", ints),
    binary(Op::shr, "shr", ints),
    {.op = Op::transpose, .name = "transpose", .operands = 1, .attributes = {A::permutation}},
    {.op = Op::join, .name = "join", .operands = 2},
    {.op = Op::split, .name = "split", .operands = 1, .results = 2},
    {.op = Op::reduce_with,
     .name = "reduce_with",
     .operands = any,
     .results = any,
     .attributes = {A::axis},
     .regions = 1},
    {.op = Op::scan_with,
     .name = "scan_with",
     .operands = any,
     .results = any,
     .attributes = {A::axis, A::reverse},
     .regions = 1},
    {.op = Op::gather, .name = "gather", .operands = any, .attributes = {A::parameter}},
    {.op = Op::scatter,
     .name = "scatter",
     .operands = any,
     .results = 0,
     .attributes = {A::parameter},
     .has_effect = true},
    {.op = Op::atomic,
     .name = "atomic",
     .operands = any,
     .attributes = {A::parameter, A::atomic_kind, A::order, A::scope},
     .has_effect = true},
    {.op = Op::atomic_cas,
     .name = "atomic_cas",
     .operands = any,
     .attributes = {A::parameter, A::order, A::scope},
     .dtypes = wide_ints,
     .has_effect = true},
    {.op = Op::if_then, .name = "if", .operands = 1, .results = any, .regions = 2},
    {.op = Op::while_loop, .name = "while", .operands = any, .results = any, .regions = 2},
    {.op = Op::num_programs, .name = "num_programs", .attributes = {A::number}},
    {.op = Op::print,
     .name = "print",
     .operands = any,
     .results = 0,
     .attributes = {A::message},
     .has_effect = true},
    {.op = Op::assert_that,
     .name = "assert_that",
     .operands = 1,
     .results = 0,
     .attributes = {A::message},
     .has_effect = true},
    {.op = Op::multiprocessors, .name = "multiprocessors", .on_host = true},
    {.op = Op::cluster_reduce,
     .name = "cluster_reduce",
     .operands = 1,
     .attributes = {A::reduce_kind},
     .dtypes = wide_ints | wide_floats},
    unary(Op::rounded, "rounded", floats),
}};

constexpr bool in_order() {
  for (std::size_t i = 0; i < table.size(); ++i)
    if (static_cast<std::size_t>(table[i].op) != i) return false;
  return true;
}
static_assert(in_order(), "a row for each op, in the order of the enumeration");

unsigned set_of(DType dtype) {
  const bool wide = dtype_bits(dtype) >= 32;
  if (dtype == DType::i1) return bools;
  if (is_signed_integer(dtype)) return signed_ints | (wide ? wide_signed : 0u);
  if (is_unsigned_integer(dtype)) return unsigned_ints | (wide ? wide_unsigned : 0u);
  if (dtype_bits(dtype) < 16) return no_dtypes;
  return floats | (wide ? wide_floats : 0u);
}

}  // namespace

bool contains(unsigned set, DType dtype) { return (set & set_of(dtype)) != 0; }

std::string describe_dtypes(unsigned set) {
  std::vector<std::string_view> names;
  if ((set & floats) != 0)
    names.push_back("floats of 16 bits or more");
  else if ((set & wide_floats) != 0)
    names.push_back("f32, f64");
  if ((set & ints) == ints)
    names.push_back("integers");
  else if ((set & signed_ints) != 0)
    names.push_back("signed integers");
  else if ((set & wide_ints) == wide_ints)
    names.push_back("integers of 32 and 64 bits");
  else if ((set & wide_unsigned) != 0)
    names.push_back("u32, u64");
  if ((set & bools) != 0) names.push_back("i1");
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0) text += i + 1 == names.size() ? " and " : ", ";
    text += names[i];
  }
  return text;
}

unsigned reduce_dtypes(ReduceKind kind) {
  switch (kind) {
    case ReduceKind::sum:
    case ReduceKind::min:
    case ReduceKind::max:
      return numbers;
    case ReduceKind::bit_and:
    case ReduceKind::bit_or:
    case ReduceKind::bit_xor:
      return ints | bools;
  }
  return no_dtypes;
}

unsigned atomic_dtypes(AtomicKind kind) {
  switch (kind) {
    case AtomicKind::add:
      return wide_ints | floats;
    case AtomicKind::exchange:
      return wide_ints | wide_floats;
    default:
      return wide_ints;
  }
}

const OpRule& rule(Op op) { return table.at(static_cast<std::size_t>(op)); }
std::string_view op_name(Op op) { return rule(op).name; }

Op op_of(std::string_view name) {
  for (const OpRule& row : table)
    if (row.name == name) return row.op;
  throw InternalError("there is no op " + std::string(name));
}

}  // namespace tegula::program
