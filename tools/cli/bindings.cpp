#include "tools/cli/bindings.h"

#include <algorithm>
#include <memory>
#include <optional>

#include <fmt/format.h>

#include "tegula/error.h"
#include "tegula/op_call.h"
#include "tegula/simulator.h"
#include "tools/cli/command.h"
#include "tools/cli/values.h"

namespace tegula::cli {
namespace {

/// Long enough rows that no op holds them in one block.
constexpr std::int64_t long_row = 1 << 17;

/// What an op launches is planned on a device without clusters: one program then serves every
/// architecture.
Stream& planning_stream() {
  static Stream stream(make_sim_device("sm_80"));
  return stream;
}

const OpLaunch* launch_of(const OpPlan& plan, const KernelBase& kernel) {
  const auto found = std::ranges::find(plan.launches, &kernel, &OpLaunch::kernel);
  return found == plan.launches.end() ? nullptr : &*found;
}

/// A call that launches the kernel, made up.
struct Example {
  const OpBase* op = nullptr;
  OpPlan plan;
  op::Sizes sizes;
};

/// A call that asks for nothing more than it must.
std::unique_ptr<OpCall> plain_call(const OpBase& op) {
  auto call = std::make_unique<OpCall>(op);
  for (const OpParameter* parameter : call->parameters())
    if (parameter->kind == OpParameter::Kind::flag) call->set(parameter->name, false);
  return call;
}

std::optional<Example> example_of(const OpBase& op, const KernelBase& kernel) {
  for (const op::Sizes& sizes : {op::Sizes{}, op::Sizes{{"N", long_row}}}) {
    const std::unique_ptr<OpCall> call = plain_call(op);
    call->complete(planning_stream(), sizes, DType::bf16);
    OpPlan plan = call->plan(planning_stream());
    if (launch_of(plan, kernel) != nullptr) return Example{&op, std::move(plan), sizes};
  }
  return std::nullopt;
}

/// The op's own name of a kernel's parameter.
std::string name_of(const OpLaunch& launch, std::string_view parameter) {
  for (const OpLaunch::Argument& argument : launch.arguments)
    if (argument.parameter == parameter) return argument.name;
  return {};
}

/// Whether it is the op's tensor; else it is a workspace.
bool is_of_op(const OpBase& op, std::string_view name) {
  return std::ranges::find(op.tensors(), name, &OpTensor::name) != op.tensors().end() ||
         std::ranges::find(op.outputs(), name, &OpOutput::name) != op.outputs().end();
}

/// Of the ops that launch the kernel, the first that has all of the tensors.
std::optional<Example> find_example(const KernelBase& kernel, const Bindings& given) {
  std::optional<Example> any;
  for (const OpBase* op : described_ops()) {
    std::optional<Example> example;
    try {
      example = example_of(*op, kernel);
    } catch (const std::exception&) {
      // An op of somebody's that takes no tensors of these sizes.
    }
    if (!example) continue;
    const OpLaunch& launch = *launch_of(example->plan, kernel);
    if (std::ranges::all_of(given, [&](const auto& binding) {
          return is_of_op(*op, name_of(launch, binding.first));
        }))
      return example;
    if (!any) any = std::move(example);
  }
  return any;
}

/// The dtype of floats that nothing says: that of the op's first input, of what a gradient's
/// forward gives it, or of an output that has the first input's; else bf16.
DType dtype_of(const OpBase& op, const std::map<std::string, DType>& given) {
  std::vector<std::string> names = {op.tensors().empty() ? "" : op.tensors().front().name};
  if (op.forward())
    for (const OpTensor& tensor : op.tensors())
      if (std::ranges::find(op.forward()->filled, tensor.name) != op.forward()->filled.end() &&
          tensor.dtype.any_of == op::floats().any_of)
        names.push_back(tensor.name);
  for (const OpOutput& output : op.outputs())
    if (output.dtype.like == names.front()) names.push_back(output.name);
  for (const std::string& name : names)
    if (const auto found = given.find(name); found != given.end() && is_float(found->second))
      return found->second;
  return DType::bf16;
}

/// Of an output that the example does not give: a matrix, as kernels see it, of rows of N elements.
void solve_output(const OpBase& op, const std::string& name, const Dims& shape, op::Sizes& solved) {
  const auto output = std::ranges::find(op.outputs(), name, &OpOutput::name);
  if (output == op.outputs().end() || output->shape.layout != op::Layout::matrix ||
      shape.size() != 2)
    return;
  solved.try_emplace("M", shape[0]);
  solved.try_emplace("N", shape[1]);
}

/// The extents that make the example's tensors those that are given.
op::Sizes sizes_of(const Example& example, const OpLaunch& launch, const Bindings& given) {
  op::Sizes solved;
  for (const OpLaunch::Argument& argument : launch.arguments) {
    const auto binding = given.find(argument.parameter);
    const Dims& shape = argument.tensor.shape;
    if (binding == given.end()) continue;
    if (!argument.tensor.present())
      solve_output(*example.op, argument.name, binding->second.shape, solved);
    if (shape.empty() || binding->second.shape.size() != shape.size()) continue;
    // How many parts a sum has, the first extent of a workspace, is the op's to say.
    for (std::size_t d = is_of_op(*example.op, argument.name) ? 0 : 1; d < shape.size(); ++d)
      for (const auto& [name, value] : example.plan.extents)
        if (value == shape[d]) solved.try_emplace(name, binding->second.shape[d]);
  }
  for (const auto& [name, value] : example.sizes) solved.try_emplace(name, value);
  return solved;
}

/// The example's shape with other extents.
Dims resized(Dims shape, const op::Sizes& from, const op::Sizes& to) {
  for (std::size_t d = 0; d < shape.size(); ++d)
    for (const auto& [name, value] : from)
      if (const auto other = to.find(name); value == shape[d] && other != to.end()) {
        shape[d] = other->second;
        break;
      }
  return shape;
}

/// The op's plan with tensors of these extents, and with the inputs that are given.
OpPlan plan_with(const OpBase& op, const OpLaunch& launch, const op::Sizes& sizes,
                 const Bindings& given) {
  std::map<std::string, DType> dtypes;
  for (const OpLaunch::Argument& argument : launch.arguments) {
    const auto binding = given.find(argument.parameter);
    if (binding != given.end()) dtypes[argument.name] = binding->second.dtype;
  }
  const std::unique_ptr<OpCall> call = plain_call(op);
  call->complete(planning_stream(), sizes, dtype_of(op, dtypes), dtypes);
  return call->plan(planning_stream());
}

}  // namespace

Specialised complete(const KernelBase& kernel, const Bindings& given) {
  Specialised result{given, kernel.default_config()};
  std::optional<Example> example = find_example(kernel, given);
  if (!example) return result;
  OpLaunch model = *launch_of(example->plan, kernel);
  std::optional<OpPlan> plan;
  try {
    // First with the example's extents, of which those that are given are seen.
    plan = plan_with(*example->op, model, example->sizes, given);
    if (const OpLaunch* launch = launch_of(*plan, kernel)) model = *launch;
    plan.reset();
    plan = plan_with(*example->op, model, sizes_of(*example, model, given), given);
  } catch (const Error&) {
    // The op does not take them: what the kernel says of them is for its author to see.
  }
  const OpLaunch* launch = plan ? launch_of(*plan, kernel) : nullptr;
  const bool is_launched = launch != nullptr;
  if (!is_launched) launch = &model;  // not with these sizes
  result.config = launch->config;

  const op::Sizes sizes = sizes_of(*example, model, given);
  std::vector<Binding> workspaces;  // all parts of sums are as many
  for (const auto& [parameter, binding] : given)
    if (const std::string name = name_of(model, parameter);
        !name.empty() && !is_of_op(*example->op, name))
      workspaces.push_back(binding);
  for (const OpLaunch::Argument& argument : launch->arguments) {
    if (!argument.tensor.present()) continue;
    Dims shape = argument.tensor.shape;
    if (!is_launched) shape = resized(shape, example->plan.extents, sizes);
    if (!is_of_op(*example->op, argument.name))
      for (const Binding& workspace : workspaces)
        if (workspace.shape.size() == shape.size() && workspace.dtype == argument.tensor.dtype)
          shape = workspace.shape;
    result.bindings.try_emplace(argument.parameter, Binding{argument.tensor.dtype, shape});
  }
  return result;
}

const KernelBase& find_kernel(std::string_view name) {
  std::vector<std::string> names;
  for (const KernelBase* kernel : tegula::kernels()) {
    if (kernel->name() == name) return *kernel;
    names.push_back(kernel->name());
  }
  usage_error("KERNEL", "no such kernel", fmt::format("'{}'", name), join(names));
}

std::string to_string(const Binding& binding) {
  return fmt::format("{}:{}", tegula::to_string(binding.shape), dtype_name(binding.dtype));
}

}  // namespace tegula::cli
