#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "runtime/format/launch_record.h"
#include "runtime/format/scratch.h"
#include "tegula/error.h"

namespace tegula::format {
namespace {

using Op = Expression::Op;

struct OpRow {
  std::string_view symbol;
  int precedence;  ///< 0: written as a call
};
constexpr std::array<OpRow, Expression::op_count> op_rows = {{
    {"", 0},
    {"", 0},
    {" + ", 1},
    {" - ", 1},
    {" * ", 2},
    {" / ", 2},
    {" % ", 2},
    {"cdiv", 0},
    {"min", 0},
    {"max", 0},
    {"multiprocessors", 0},
}};
constexpr int atom_precedence = 3;

[[noreturn]] void fail(std::string problem, std::int64_t a, std::int64_t b) {
  throw Error(ErrorCode::invalid_argument, {.argument = "expression",
                                            .problem = std::move(problem),
                                            .got = fmt::format("{} and {}", a, b)});
}

[[noreturn]] void malformed() {
  throw Error(ErrorCode::corrupt_data,
              {.argument = "expression", .problem = "is no well-formed postfix formula"});
}

void check_division(std::int64_t a, std::int64_t b) {
  if (b == 0) fail("division by zero", a, b);
  if (a == std::numeric_limits<std::int64_t>::min() && b == -1) fail("overflow", a, b);
}

std::int64_t apply(Op op, std::int64_t a, std::int64_t b) {
  std::int64_t value = 0;
  bool overflow = false;
  switch (op) {
    case Op::add:
      overflow = __builtin_add_overflow(a, b, &value);
      break;
    case Op::sub:
      overflow = __builtin_sub_overflow(a, b, &value);
      break;
    case Op::mul:
      overflow = __builtin_mul_overflow(a, b, &value);
      break;
    case Op::div:
      check_division(a, b);
      value = a / b;
      break;
    case Op::rem:
      check_division(a, b);
      value = a % b;
      break;
    case Op::cdiv:
      check_division(a, b);
      // Truncation already rounds a negative quotient up.
      value = a / b + (a % b != 0 && (a < 0) == (b < 0) ? 1 : 0);
      break;
    case Op::min:
      value = std::min(a, b);
      break;
    case Op::max:
      value = std::max(a, b);
      break;
    case Op::constant:
    case Op::extent:
    case Op::multiprocessors:
      malformed();
  }
  if (overflow) fail("overflow", a, b);
  return value;
}

struct Text {
  std::string text;
  int precedence = atom_precedence;
};

/// `limit`: the least precedence that needs no parentheses here.
std::string wrapped(const Text& t, int limit) {
  return t.precedence < limit ? "(" + t.text + ")" : t.text;
}

Text join(Op op, const Text& a, const Text& b) {
  const OpRow& row = op_rows.at(static_cast<std::size_t>(op));
  if (row.precedence == 0) return {fmt::format("{}({}, {})", row.symbol, a.text, b.text)};
  // All operators group to the left: an equal precedence on the right needs parentheses.
  return {wrapped(a, row.precedence).append(row.symbol) + wrapped(b, row.precedence + 1),
          row.precedence};
}

}  // namespace

std::int64_t evaluate(const Expression& expression, const ExtentOf& extent_of,
                      std::int64_t multiprocessors) {
  Scratch<std::int64_t, 16> stack(expression.nodes.size());
  std::size_t depth = 0;
  for (const auto& node : expression.nodes) {
    if (node.op == Op::constant) {
      stack[depth++] = node.value;
    } else if (node.op == Op::extent) {
      stack[depth++] = extent_of(node.argument, node.dimension);
    } else if (node.op == Op::multiprocessors) {
      stack[depth++] = multiprocessors;
    } else {
      if (depth < 2) malformed();
      --depth;
      stack[depth - 1] = apply(node.op, stack[depth - 1], stack[depth]);
    }
  }
  if (depth != 1) malformed();
  return stack[0];
}

std::string to_string(const Expression& expression,
                      const std::vector<std::string>& argument_names) {
  std::vector<Text> stack;
  for (const auto& node : expression.nodes) {
    if (node.op == Op::constant) {
      stack.push_back({fmt::format("{}", node.value)});
    } else if (node.op == Op::multiprocessors) {
      stack.push_back({"multiprocessors()"});
    } else if (node.op == Op::extent) {
      const bool named = node.argument < argument_names.size();
      stack.push_back({fmt::format(
          "{}.dim({})",
          named ? argument_names[node.argument] : fmt::format("argument{}", node.argument),
          node.dimension)});
    } else {
      if (stack.size() < 2) malformed();
      const Text b = std::move(stack.back());
      stack.pop_back();
      stack.back() = join(node.op, stack.back(), b);
    }
  }
  if (stack.size() != 1) malformed();
  return stack.back().text;
}

}  // namespace tegula::format
