#include "dsl/program/op_table.h"

#include <array>

namespace tegula::program {
namespace {

constexpr int any = OpRule::any;

// name, operands, results, attributes, regions, elementwise, dtypes
constexpr std::array<OpRule, op_count> table = {{
    {"constant", 0, 1, 1, 0, false, no_dtypes},
    {"dim", 0, 1, 2, 0, false, no_dtypes},
    {"scalar", 0, 1, 1, 0, false, no_dtypes},
    {"program_id", 0, 1, 1, 0, false, no_dtypes},
    {"iota", 0, 1, 0, 0, false, no_dtypes},
    {"view", any, 1, 4, 0, false, no_dtypes},
    {"load", any, 1, 0, 0, false, no_dtypes},
    {"store", any, 0, 0, 0, false, no_dtypes},
    {"splat", 1, 1, 0, 0, false, no_dtypes},
    {"broadcast", 1, 1, 0, 0, false, no_dtypes},
    {"reshape", 1, 1, 0, 0, false, no_dtypes},
    {"cast", 1, 1, 0, 0, false, no_dtypes},
    {"reduce", 1, 1, 2, 0, false, numbers | bools},
    {"add", 2, 1, 0, 0, true, numbers},
    {"sub", 2, 1, 0, 0, true, numbers},
    {"mul", 2, 1, 0, 0, true, numbers},
    {"div", 2, 1, 0, 0, true, numbers},
    {"rem", 2, 1, 0, 0, true, ints},
    {"minimum", 2, 1, 0, 0, true, numbers},
    {"maximum", 2, 1, 0, 0, true, numbers},
    {"cdiv", 2, 1, 0, 0, true, ints},
    {"bit_and", 2, 1, 0, 0, true, ints | bools},
    {"bit_or", 2, 1, 0, 0, true, ints | bools},
    {"bit_xor", 2, 1, 0, 0, true, ints | bools},
    {"neg", 1, 1, 0, 0, true, floats | signed_ints},
    {"abs", 1, 1, 0, 0, true, floats | signed_ints},
    {"sqrt", 1, 1, 0, 0, true, floats},
    {"rsqrt", 1, 1, 0, 0, true, floats},
    {"fma", 3, 1, 0, 0, true, floats},
    {"compare", 2, 1, 1, 0, false, numbers | bools},
    {"select", 3, 1, 0, 0, false, numbers | bools},
    {"for", any, any, 0, 1, false, no_dtypes},
    {"yield", any, 0, 0, 0, false, no_dtypes},
    {"exp", 1, 1, 0, 0, true, floats},
    {"exp2", 1, 1, 0, 0, true, floats},
    {"log", 1, 1, 0, 0, true, floats},
    {"log2", 1, 1, 0, 0, true, floats},
    {"sin", 1, 1, 0, 0, true, floats},
    {"cos", 1, 1, 0, 0, true, floats},
    {"tanh", 1, 1, 0, 0, true, floats},
    {"erf", 1, 1, 0, 0, true, floats},
    {"floor", 1, 1, 0, 0, true, floats},
    {"ceil", 1, 1, 0, 0, true, floats},
    {"umulhi", 2, 1, 0, 0, true, wide_unsigned},
    {"shl", 2, 1, 0, 0, true, ints},
    {"shr", 2, 1, 0, 0, true, ints},
    {"transpose", 1, 1, any, 0, false, no_dtypes},
    {"join", 2, 1, 0, 0, false, no_dtypes},
    {"split", 1, 2, 0, 0, false, no_dtypes},
    {"reduce_with", any, any, 1, 1, false, no_dtypes},
    {"scan_with", any, any, 2, 1, false, no_dtypes},
    {"gather", any, 1, 1, 0, false, no_dtypes},
    {"scatter", any, 0, 1, 0, false, no_dtypes},
    {"atomic", any, 1, 4, 0, false, no_dtypes},
    {"atomic_cas", any, 1, 3, 0, false, wide_ints},
    {"if", 1, any, 0, 2, false, no_dtypes},
    {"while", any, any, 0, 2, false, no_dtypes},
    {"num_programs", 0, 1, 1, 0, false, no_dtypes},
    {"print", any, 0, 1, 0, false, no_dtypes},
    {"assert_that", 1, 0, 1, 0, false, no_dtypes},
    {"multiprocessors", 0, 1, 0, 0, false, no_dtypes},
    {"cluster_reduce", 1, 1, 1, 0, false, wide_ints | wide_floats},
    {"rounded", 1, 1, 0, 0, true, floats},
}};

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

bool has_effect(Op op) {
  switch (op) {
    case Op::store:
    case Op::scatter:
    case Op::atomic:
    case Op::atomic_cas:
    case Op::print:
    case Op::assert_that:
      return true;
    default:
      return false;
  }
}

bool may_combine(Op op) {
  return rule(op).elementwise || op == Op::constant || op == Op::cast || op == Op::compare ||
         op == Op::select || op == Op::yield;
}

bool is_host_computable(Op op) {
  switch (op) {
    case Op::constant:
    case Op::dim:
    case Op::add:
    case Op::sub:
    case Op::mul:
    case Op::div:
    case Op::rem:
    case Op::cdiv:
    case Op::minimum:
    case Op::maximum:
    case Op::multiprocessors:
      return true;
    default:
      return false;
  }
}

}  // namespace tegula::program
