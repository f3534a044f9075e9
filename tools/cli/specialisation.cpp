#include "tools/cli/specialisation.h"

#include <algorithm>

#include <fmt/format.h>

#include "dsl/program/abi.h"
#include "runtime/launch/argument_checks.h"
#include "tools/cli/command.h"
#include "tools/cli/values.h"

namespace tegula::cli {
namespace {

Bindings parse_bindings(const KernelBase& kernel, const std::vector<std::string>& bind) {
  std::vector<std::string> tensors;
  for (const ParameterInfo& parameter : kernel.parameters())
    if (parameter.kind == ParameterInfo::Kind::tensor) tensors.push_back(parameter.name);
  Bindings bindings;
  for (const std::string& text : bind) {
    const auto [name, value] = split_assignment(text, "--bind");
    if (std::find(tensors.begin(), tensors.end(), name) == tensors.end())
      usage_error("--bind", fmt::format("{} has no such tensor", kernel.name()),
                  fmt::format("'{}'", name), join(tensors));
    const ShapeAndDType parsed = parse_shape(value, "--bind");
    if (!parsed.dtype)
      usage_error("--bind", fmt::format("no dtype for {}", name), fmt::format("'{}'", value),
                  "SHAPE:DTYPE");
    if (!bindings.emplace(name, Binding{*parsed.dtype, parsed.shape}).second)
      usage_error("--bind", "a tensor is bound twice", name);
  }
  return bindings;
}

/// Programs depend on a scalar's dtype, never on its value.
KernelArgument scalar_argument(DType dtype) {
  switch (dtype) {
    case DType::f32:
      return 0.0F;
    case DType::f64:
      return 0.0;
    case DType::i32:
      return std::int32_t{0};
    case DType::i64:
      return std::int64_t{0};
    case DType::u32:
      return std::uint32_t{0};
    default:
      return std::uint64_t{0};
  }
}

std::vector<KernelArgument> arguments_of(const KernelBase& kernel, const Bindings& bindings) {
  std::vector<KernelArgument> arguments;
  for (const ParameterInfo& parameter : kernel.parameters()) {
    const auto at = bindings.find(parameter.name);
    if (parameter.kind == ParameterInfo::Kind::scalar)
      arguments.push_back(scalar_argument(parameter.dtype));
    else if (at != bindings.end())
      arguments.push_back(KernelArgument::example(at->second.dtype, at->second.shape));
    else if (parameter.optional)
      arguments.push_back(KernelArgument(TensorRef{}));
    else
      usage_error("--bind", fmt::format("{} needs this tensor", kernel.name()), "nothing",
                  fmt::format("--bind {}=SHAPE:DTYPE", parameter.name));
  }
  return arguments;
}

/// What a launch would check of the shapes, of those requirements that no device enters into: what
/// could never be launched is not worth a look.
void check_shapes(std::span<const std::byte> program,
                  const std::vector<KernelArgument>& arguments) {
  format::LaunchRecord record = program::launch_record(program::deserialise(program));
  std::erase_if(record.requirements, [](const format::RequirementRecord& requirement) {
    return std::ranges::any_of(requirement.extent.nodes, [](const auto& node) {
      return node.op == format::Expression::Op::multiprocessors;
    });
  });
  runtime::check_requirements(record, arguments, 0);
}

}  // namespace

Specialisation specialise(const std::string& kernel, const std::vector<std::string>& bind,
                          const std::string& config) {
  Specialisation result;
  result.kernel = &find_kernel(kernel);
  Specialised completed = complete(*result.kernel, parse_bindings(*result.kernel, bind));
  result.bindings = std::move(completed.bindings);
  result.config = completed.config;
  for (const auto& [name, value] : parse_config(config, "--config"))
    result.kernel->set(result.config, name, value);
  const std::vector<KernelArgument> arguments = arguments_of(*result.kernel, result.bindings);
  result.program = result.kernel->trace_program(result.config, arguments);
  check_shapes(result.program, arguments);
  return result;
}

}  // namespace tegula::cli
