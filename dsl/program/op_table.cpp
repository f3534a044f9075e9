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
    {"view", 0, 1, 3, 0, false, no_dtypes},
    {"load", any, 1, 0, 0, false, no_dtypes},
    {"store", any, 0, 0, 0, false, no_dtypes},
    {"splat", 1, 1, 0, 0, false, no_dtypes},
    {"broadcast", 1, 1, 0, 0, false, no_dtypes},
    {"reshape", 1, 1, 0, 0, false, no_dtypes},
    {"cast", 1, 1, 0, 0, false, no_dtypes},
    {"reduce", 1, 1, 2, 0, false, numbers},
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
}};

unsigned set_of(DType dtype) {
  if (dtype == DType::i1) return bools;
  if (is_signed_integer(dtype)) return signed_ints;
  if (is_unsigned_integer(dtype)) return unsigned_ints;
  return dtype_bits(dtype) >= 16 ? floats : no_dtypes;
}

}  // namespace

bool contains(unsigned set, DType dtype) { return (set & set_of(dtype)) != 0; }

std::string describe_dtypes(unsigned set) {
  std::vector<std::string_view> names;
  if ((set & floats) != 0) names.push_back("floats of 16 bits or more");
  if ((set & ints) == ints)
    names.push_back("integers");
  else if ((set & signed_ints) != 0)
    names.push_back("signed integers");
  if ((set & bools) != 0) names.push_back("i1");
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0) text += i + 1 == names.size() ? " and " : ", ";
    text += names[i];
  }
  return text;
}

const OpRule& rule(Op op) { return table.at(static_cast<std::size_t>(op)); }
std::string_view op_name(Op op) { return rule(op).name; }

bool is_leaf(Op op) {
  return op == Op::constant || op == Op::dim || op == Op::scalar || op == Op::program_id ||
         op == Op::view;
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
      return true;
    default:
      return false;
  }
}

}  // namespace tegula::program
