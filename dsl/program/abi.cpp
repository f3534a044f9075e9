#include "dsl/program/abi.h"

#include <optional>

#include <fmt/format.h>

#include "dsl/program/op_table.h"
#include "tegula/error.h"

namespace tegula::program {
namespace {

using format::Expression;
using format::KernelParameter;

// A formula is a tree, a Program a graph: expanding what is shared could make a small Program huge.
constexpr std::size_t max_nodes = 1024;

std::optional<Expression::Op> expression_op(Op op) {
  switch (op) {
    case Op::add:
      return Expression::Op::add;
    case Op::sub:
      return Expression::Op::sub;
    case Op::mul:
      return Expression::Op::mul;
    case Op::div:
      return Expression::Op::div;
    case Op::rem:
      return Expression::Op::rem;
    case Op::cdiv:
      return Expression::Op::cdiv;
    case Op::minimum:
      return Expression::Op::min;
    case Op::maximum:
      return Expression::Op::max;
    default:
      return std::nullopt;
  }
}

[[noreturn]] void fail(const Program& program, const Instruction* instruction,
                       std::string problem) {
  std::string where = program.name;
  if (instruction != nullptr && instruction->location < program.locations.size())
    where = describe_location(program, program.locations[instruction->location]);
  throw Error(
      ErrorCode::kernel,
      {.where = where,
       .problem = std::move(problem),
       .got = instruction != nullptr ? std::string(op_name(instruction->op)) : "a value of a loop",
       .wanted = "dim(), multiprocessors(), whole numbers, + - * / %, cdiv, min and max",
       .hint = "the host computes grid, require and workspace before the kernel runs"});
}

class Formula {
 public:
  explicit Formula(const Program& program) : program_(program) {}

  Expression of(ValueId value) {
    visit(value);
    return std::move(expression_);
  }

 private:
  const Instruction* definition(ValueId value) const {
    for (const Instruction& instruction : program_.body.body)
      for (const ValueId result : instruction.results)
        if (result == value) return &instruction;
    return nullptr;
  }

  void add(Expression::Node node) { expression_.nodes.push_back(node); }

  void visit(ValueId value) {
    const Instruction* instruction = definition(value);
    if (++visited_ > max_nodes)
      fail(program_, instruction, "a formula of grid, require or workspace is too long");
    const bool integer = instruction != nullptr && instruction->results.size() == 1 &&
                         program_.types[value].shape.empty() &&
                         is_integer(program_.types[value].dtype);
    if (!integer || !rule(instruction->op).on_host)
      fail(program_, instruction,
           "grid, require and workspace may depend on extents and constants alone");
    if (instruction->op == Op::constant)
      return add({.op = Expression::Op::constant, .value = instruction->attributes[0]});
    if (instruction->op == Op::dim) return visit_dim(*instruction);
    if (instruction->op == Op::multiprocessors) return add({.op = Expression::Op::multiprocessors});
    for (const ValueId operand : instruction->operands) visit(operand);
    add({.op = *expression_op(instruction->op)});
  }

  void visit_dim(const Instruction& dim) {
    const auto parameter = static_cast<std::uint32_t>(dim.attributes[0]);
    const auto dimension = static_cast<std::uint32_t>(dim.attributes[1]);
    const std::int64_t extent = program_.parameters[parameter].extents[dimension];
    if (extent != Parameter::dynamic) return add({.op = Expression::Op::constant, .value = extent});
    add({.op = Expression::Op::extent, .argument = parameter, .dimension = dimension});
  }

  const Program& program_;
  Expression expression_;
  std::size_t visited_ = 0;
};

}  // namespace

std::vector<KernelParameter> kernel_parameters(const Program& program) {
  std::vector<KernelParameter> parameters;
  for (std::uint32_t i = 0; i < program.parameters.size(); ++i) {
    const Parameter& p = program.parameters[i];
    if (p.kind == Parameter::Kind::absent_tensor) continue;
    if (p.kind == Parameter::Kind::scalar) {
      parameters.push_back(
          {.source = KernelParameter::Source::scalar, .argument = i, .dtype = p.dtype});
      continue;
    }
    const auto dynamic = [&](const std::vector<std::int64_t>& values,
                             KernelParameter::Source source, DType dtype) {
      for (std::uint32_t d = 0; d < values.size(); ++d)
        if (values[d] == Parameter::dynamic)
          parameters.push_back({.source = source, .argument = i, .dimension = d, .dtype = dtype});
    };
    parameters.push_back({.source = KernelParameter::Source::pointer, .argument = i});
    dynamic(p.extents, KernelParameter::Source::extent, DType::i32);
    dynamic(p.strides, KernelParameter::Source::stride, DType::i64);
  }
  for (const Instruction& instruction : program.body.body)
    if (instruction.op == Op::multiprocessors) {
      parameters.push_back(
          {.source = KernelParameter::Source::multiprocessors, .dtype = DType::i32});
      break;
    }
  return parameters;
}

format::Expression host_expression(const Program& program, ValueId value) {
  return Formula(program).of(value);
}

std::array<std::uint32_t, 3> cluster_shape(const Program& program) {
  std::array<std::uint32_t, 3> shape = {1, 1, 1};
  if (program.cluster > 1) shape.at(program.grid.size() - 1) = program.cluster;
  return shape;
}

format::LaunchRecord launch_record(const Program& program) {
  format::LaunchRecord record;
  record.function = program.name;
  for (const Parameter& p : program.parameters)
    record.arguments.push_back({.name = p.name,
                                .kind = static_cast<format::ArgumentRecord::Kind>(p.kind),
                                .access = p.access,
                                .dtype = p.dtype,
                                .rank = static_cast<std::uint32_t>(p.extents.size())});
  record.parameters = kernel_parameters(program);
  for (std::size_t axis = 0; axis < record.grid.size(); ++axis) {
    if (axis < program.grid.size())
      record.grid[axis] = host_expression(program, program.grid[axis]);
    else
      record.grid[axis].nodes.push_back({.op = Expression::Op::constant, .value = 1});
  }
  for (const Requirement& requirement : program.requirements) {
    if (requirement.dimension < 0) continue;  // a rank: the argument record has it
    record.requirements.push_back({.argument = requirement.parameter,
                                   .dimension = static_cast<std::uint32_t>(requirement.dimension),
                                   .extent = host_expression(program, requirement.extent)});
  }
  for (const Workspace& workspace : program.workspaces) {
    format::WorkspaceRecord& out = record.workspaces.emplace_back();
    out.argument = workspace.parameter;
    for (const ValueId extent : workspace.extents)
      out.extents.push_back(host_expression(program, extent));
  }
  record.threads = program.warps * 32;
  return record;
}

}  // namespace tegula::program
