// How a compiled kernel is launched, without its Program: where each kernel parameter comes from,
// what the arguments must fulfil, and how large the grid is.
#pragma once

#include <array>
#include <concepts>
#include <cstdint>
#include <string>
#include <vector>

#include "runtime/format/bytes.h"
#include "runtime/format/tensor_map_record.h"
#include "tegula/access.h"
#include "tegula/dtype.h"

namespace tegula::format {

/// An integer formula over the arguments of a call, in postfix order.
struct Expression {
  enum class Op : std::uint8_t {
    constant,
    extent,
    add,
    sub,
    mul,
    div,
    rem,
    cdiv,
    min,
    max,
    multiprocessors,  ///< of the device
  };
  static constexpr int op_count = 11;
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

/// Refers to a callable std::int64_t(std::uint32_t argument, std::uint32_t dimension) that outlives
/// it: formulas are evaluated on every launch, which must not allocate.
class ExtentOf {
 public:
  template <class F>
  requires(!std::same_as<F, ExtentOf>) ExtentOf(const F& callable)
      : callable_(&callable),
        call_([](const void* f, std::uint32_t argument, std::uint32_t d) -> std::int64_t {
          return (*static_cast<const F*>(f))(argument, d);
        }) {}
  std::int64_t operator()(std::uint32_t argument, std::uint32_t dimension) const {
    return call_(callable_, argument, dimension);
  }

 private:
  const void* callable_;
  std::int64_t (*call_)(const void*, std::uint32_t, std::uint32_t);
};

/// Throws Error{invalid_argument} on overflow and on division by zero.
std::int64_t evaluate(const Expression& expression, const ExtentOf& extent_of,
                      std::int64_t multiprocessors);
/// "cdiv(x.dim(0), 4)", with names from `argument_names`.
std::string to_string(const Expression& expression, const std::vector<std::string>& argument_names);

/// One parameter of the compiled function, in order.
struct KernelParameter {
  enum class Source : std::uint8_t {
    pointer,
    extent,
    stride,
    scalar,
    multiprocessors,
    tensor_map,
  };
  static constexpr int source_count = 6;
  Source source = Source::pointer;
  std::uint32_t argument = 0;   ///< 0 for multiprocessors; tensor_map: which of the record's
  std::uint32_t dimension = 0;  ///< extent and stride
  /// pointer: i64; extent: i32; stride: i64; scalar: its own; multiprocessors: i32;
  /// tensor_map: u8, of which there are 128, aligned to 64
  DType dtype = DType::i64;
  friend bool operator==(const KernelParameter&, const KernelParameter&) = default;
};

/// The arguments of a call as the kernel declared them: first those that the caller gives, then the
/// workspaces, which the launch adds.
struct ArgumentRecord {
  enum class Kind : std::uint8_t { tensor, absent_tensor, scalar, workspace };
  static constexpr int kind_count = 4;
  using Access = tegula::Access;
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

/// A row-major tensor that the launch allocates and frees. Nothing initialises it.
struct WorkspaceRecord {
  std::uint32_t argument = 0;
  std::vector<Expression> extents;
};

struct LaunchRecord {
  std::string function;  ///< entry point in the binary
  std::vector<ArgumentRecord> arguments;
  std::vector<KernelParameter> parameters;
  std::array<Expression, 3> grid;
  std::vector<RequirementRecord> requirements;
  std::vector<WorkspaceRecord> workspaces;  ///< of the last arguments, in their order
  std::vector<TensorMapRecord> tensor_maps;
  std::uint32_t threads = 0;         ///< per block
  std::uint32_t dynamic_shared = 0;  ///< bytes
};

void write(Writer& writer, const LaunchRecord& record);
LaunchRecord read_launch_record(Reader& reader);

}  // namespace tegula::format
