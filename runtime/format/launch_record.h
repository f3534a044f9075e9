// How a compiled kernel is launched, so that no caller needs its Program: where each kernel
// parameter comes from, what must hold of the arguments, and how big the grid is.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "runtime/format/bytes.h"
#include "tegula/dtype.h"

namespace tegula::format {

/// An integer formula over the arguments of a call, in postfix order.
struct Expression {
  enum class Op : std::uint8_t { constant, extent, add, sub, mul, div, rem, cdiv, min, max };
  static constexpr int op_count = 10;
  struct Node {
    Op op = Op::constant;
    std::int64_t value = 0;       ///< constant
    std::uint32_t argument = 0;   ///< extent: which argument
    std::uint32_t dimension = 0;  ///< extent: which of its dimensions
    friend bool operator==(const Node&, const Node&) = default;
  };
  std::vector<Node> nodes;
  friend bool operator==(const Expression&, const Expression&) = default;
};

using ExtentOf = std::function<std::int64_t(std::uint32_t argument, std::uint32_t dimension)>;
/// Throws Error{invalid_argument} on overflow and on division by zero.
std::int64_t evaluate(const Expression& expression, const ExtentOf& extent_of);
/// "cdiv(x.dim(0), 4)", with names from `argument_names`.
std::string to_string(const Expression& expression, const std::vector<std::string>& argument_names);

/// One parameter of the compiled function, in order.
struct KernelParameter {
  enum class Source : std::uint8_t { pointer, extent, stride, scalar };
  static constexpr int source_count = 4;
  Source source = Source::pointer;
  std::uint32_t argument = 0;
  std::uint32_t dimension = 0;  ///< extent and stride
  DType dtype = DType::i64;     ///< pointer: i64; extent: i32; stride: i64; scalar: its own
  friend bool operator==(const KernelParameter&, const KernelParameter&) = default;
};

/// The arguments of a call as the kernel declared them.
struct ArgumentRecord {
  enum class Kind : std::uint8_t { tensor, absent_tensor, scalar };
  enum class Access : std::uint8_t { in, out, in_out };
  std::string name;
  Kind kind = Kind::tensor;
  Access access = Access::in;
  DType dtype = DType::f32;
  std::uint32_t rank = 0;
};

struct RequirementRecord {
  std::uint32_t argument = 0;
  std::uint32_t dimension = 0;
  Expression extent;
};

struct LaunchRecord {
  std::string function;  ///< entry point in the binary
  std::vector<ArgumentRecord> arguments;
  std::vector<KernelParameter> parameters;
  std::array<Expression, 3> grid;
  std::vector<RequirementRecord> requirements;
  std::uint32_t threads = 0;         ///< per block
  std::uint32_t dynamic_shared = 0;  ///< bytes
};

void write(Writer& writer, const LaunchRecord& record);
LaunchRecord read_launch_record(Reader& reader);

}  // namespace tegula::format
