#include "tests/random/program.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>
#include <random>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "tests/random/numbers.h"

namespace tegula::random_programs {
namespace {

constexpr std::array<const char*, static_cast<std::size_t>(Kind::count)> kind_names = {
    "constant",    "argument",  "block",       "extent",    "iota",
    "load",        "gather",    "add",         "sub",       "mul",
    "div",         "rem",       "cdiv",        "min",       "max",
    "bit_and",     "bit_or",    "bit_xor",     "shl",       "shr",
    "umulhi",      "neg",       "abs",         "fma",       "rounded",
    "sqrt",        "floor",     "ceil",        "logic_not", "compare",
    "select",      "cast",      "reshape",     "expand",    "transpose",
    "join",        "split",     "cat",         "sum",       "reduce_max",
    "reduce_min",  "argmax",    "argmin",      "cumsum",    "reduce_product",
    "reduce_pair", "scan_last", "scan_affine", "store",     "scatter",
    "atomic",      "for",       "while",       "if"};
constexpr std::array<const char*, 6> comparison_names = {"==", "!=", "<", "<=", ">", ">="};
constexpr std::array<const char*, 6> atomic_names = {"add", "min", "max", "and", "or", "xor"};

std::string shape_text(const Shape& shape) { return fmt::format("{}", fmt::join(shape, "x")); }

class Printer {
 public:
  explicit Printer(const Program& program) : program_(program) {}

  std::string run() {
    text_ = fmt::format("program {}: {} warps, {} blocks, integer {}, real {}\n", program_.seed,
                        program_.warps, program_.blocks, program_.integer, program_.real);
    for (std::size_t i = 0; i < program_.tensors.size(); ++i) tensor(i);
    block(program_.body, 1);
    return std::move(text_);
  }

 private:
  void tensor(std::size_t i) {
    const TensorArgument& t = program_.tensors[i];
    constexpr std::array<const char*, 3> roles = {"in", "in_out", "out"};
    text_ += fmt::format("  {} x{}: {} {} strides [{}] offset {}\n",
                         roles[static_cast<std::size_t>(t.role)], i, dtype_name(t.dtype),
                         shape_text(t.extents), fmt::join(t.strides, ", "), t.offset);
  }

  void block(const Block& block, int depth) {
    for (const Statement& s : block.body) statement(s, depth);
    if (!block.yields.empty()) line(depth, "yield " + values(block.yields));
  }

  void statement(const Statement& s, int depth) {
    std::string text;
    if (!s.out.empty()) text = values(s.out) + " = ";
    text += std::string(kind_names[static_cast<std::size_t>(s.kind)]) + numbers(s);
    if (!s.in.empty()) text += " " + values(s.in);
    for (std::size_t i = 0; i < s.out.size(); ++i) {
      const Type& type = program_.types[s.out[i]];
      text += fmt::format("{}{} {}", i == 0 ? " : " : ", ", dtype_name(type.dtype),
                          shape_text(type.shape));
    }
    line(depth, text);
    for (std::size_t i = 0; i < s.blocks.size(); ++i) {
      if (!s.blocks[i].arguments.empty() || i > 0)
        line(depth, fmt::format("{} ({})", i == 0 ? "with" : "and", values(s.blocks[i].arguments)));
      block(s.blocks[i], depth + 1);
    }
  }

  std::string numbers(const Statement& s) const {
    const auto& n = s.numbers;
    if (n.empty()) return "";
    switch (s.kind) {
      case Kind::constant:
        if (is_float(program_.types[s.out[0]].dtype)) return fmt::format(" {}", real(n[0]));
        return fmt::format(" {}", n[0]);
      case Kind::compare:
        return fmt::format(" {}", comparison_names[static_cast<std::size_t>(n[0])]);
      case Kind::load:
        return fmt::format(
            " x{}{} pad {}{}", n[0], n[1] != 0 ? " in_bounds" : "",
            is_float(program_.types[s.out[0]].dtype) ? real(n[2]) : static_cast<double>(n[2]),
            narrowings(n));
      case Kind::atomic:
        return fmt::format(" {} x{}", atomic_names[static_cast<std::size_t>(n[1])], n[0]);
      case Kind::gather:
      case Kind::scatter:
      case Kind::store:
        return fmt::format(" x{}", n[0]);
      default:
        return fmt::format(" [{}]", fmt::join(n, ", "));
    }
  }
  static std::string narrowings(const std::vector<std::int64_t>& n) {
    std::string text;
    for (std::size_t d = 3; d < n.size(); ++d)
      if (n[d] >= 0) text += fmt::format(" narrow {} to {}", d - 3, n[d]);
    return text;
  }

  static std::string values(const std::vector<Value>& values) {
    std::string text;
    for (const Value v : values) text += fmt::format("{}v{}", text.empty() ? "" : ", ", v);
    return text;
  }
  void line(int depth, const std::string& text) {
    text_ += std::string(2 * static_cast<std::size_t>(depth), ' ') + text + "\n";
  }

  const Program& program_;
  std::string text_;
};

Element random_integer(DType dtype, std::mt19937_64& random) {
  const std::uint64_t bits = random();
  switch (random() % 4) {
    case 0:
      return wrapped(dtype, bits);
    case 1: {
      const std::uint64_t lowest = std::uint64_t{1} << (dtype_bits(dtype) - 1);
      const std::uint64_t special[] = {0, 1, ~std::uint64_t{0}, lowest, lowest - 1, 2};
      return wrapped(dtype, special[bits % 6]);
    }
    default:
      return wrapped(dtype, bits % 17 - (is_signed_integer(dtype) ? 8 : 0));
  }
}

Element random_real(DType dtype, std::mt19937_64& random) {
  using limits = std::numeric_limits<double>;
  const double normal = std::normal_distribution<double>()(random);
  const auto pick = static_cast<int>(random() % 16);
  switch (random() % 4) {
    case 0: {
      const double special[] = {0.0,
                                -0.0,
                                1,
                                -1,
                                limits::infinity(),
                                -limits::infinity(),
                                limits::quiet_NaN(),
                                0x1p-130,
                                0x1.8p-24,
                                65504,
                                0x1p127,
                                3e38};
      return from_real(rounded_to(dtype, special[pick % 12]));
    }
    case 1:
      return from_real(rounded_to(dtype, pick - 8));
    default:
      return from_real(rounded_to(dtype, std::ldexp(normal, pick - 8)));
  }
}

}  // namespace

std::int64_t size_of(const Shape& shape) {
  return std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>());
}

std::string to_text(const Program& program) { return Printer(program).run(); }

std::vector<std::int64_t> initial_elements(const TensorArgument& tensor) {
  std::mt19937_64 random(tensor.seed);
  std::vector<std::int64_t> elements(static_cast<std::size_t>(tensor.elements));
  for (std::int64_t& e : elements)
    e = is_float(tensor.dtype) ? random_real(tensor.dtype, random)
                               : random_integer(tensor.dtype, random);
  return elements;
}

}  // namespace tegula::random_programs
