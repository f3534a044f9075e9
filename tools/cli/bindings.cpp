#include "tools/cli/bindings.h"

#include <algorithm>
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

std::optional<Example> example_of(const OpBase& op, const KernelBase& kernel) {
  for (const op::Sizes& sizes : {op::Sizes{}, op::Sizes{{"N", long_row}}}) {
    OpCall call(op);
    call.complete(planning_stream(), sizes, DType::bf16);
    OpPlan plan = call.plan(planning_stream());
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

bool knows(const OpCall& call, const std::string& name) {
  return call.find_input(name) != nullptr ||
         std::ranges::find(call.op().outputs(), name, &OpOutput::name) != call.op().outputs().end();
}

/// Of the ops that launch the kernel, the first that has all of the tensors.
std::optional<Example> find_example(const KernelBase& kernel, const Bindings& given) {
  std::optional<Example> any;
  for (const OpBase* op : described_ops()) {
    std::optional<Example> example = example_of(*op, kernel);
    if (!example) continue;
    const OpCall call(*op);
    const OpLaunch& launch = *launch_of(example->plan, kernel);
    if (std::ranges::all_of(given, [&](const auto& binding) {
          return knows(call, name_of(launch, binding.first));
        }))
      return example;
    if (!any) any = std::move(example);
  }
  return any;
}

/// The extents that make the example's tensors those that are given.
op::Sizes sizes_of(const Example& example, const OpLaunch& launch, const Bindings& given) {
  op::Sizes solved;
  for (const OpLaunch::Argument& argument : launch.arguments) {
    const auto binding = given.find(argument.parameter);
    const Dims& shape = argument.tensor.shape;
    if (binding == given.end() || binding->second.shape.size() != shape.size()) continue;
    for (std::size_t d = 0; d < shape.size(); ++d)
      for (const auto& [name, value] : example.plan.extents)
        if (value == shape[d]) solved.try_emplace(name, binding->second.shape[d]);
  }
  for (const auto& [name, value] : example.sizes) solved.try_emplace(name, value);
  return solved;
}

/// The op's plan with tensors of these extents and dtypes, and with the optional ones that are
/// given.
OpPlan plan_with(const Example& example, const OpLaunch& launch, const Bindings& given) {
  const op::Sizes sizes = sizes_of(example, launch, given);
  std::optional<DType> first;
  std::map<std::string, DType> dtypes;
  for (const OpLaunch::Argument& argument : launch.arguments) {
    const auto binding = given.find(argument.parameter);
    if (binding == given.end()) continue;
    dtypes[argument.name] = binding->second.dtype;
    if (!first && is_float(binding->second.dtype)) first = binding->second.dtype;
  }
  OpCall call(*example.op);
  call.complete(planning_stream(), sizes, first.value_or(DType::bf16), dtypes);
  return call.plan(planning_stream());
}

}  // namespace

Specialised complete(const KernelBase& kernel, const Bindings& given) {
  Specialised result{given, kernel.default_config()};
  std::optional<Example> example = find_example(kernel, given);
  if (!example) return result;
  OpPlan plan = example->plan;
  try {
    plan = plan_with(*example, *launch_of(example->plan, kernel), given);
  } catch (const Error&) {
    // The op does not take them: what the kernel says of them is for its author to see.
  }
  const OpLaunch* launch = launch_of(plan, kernel);
  if (launch == nullptr) launch = launch_of(example->plan, kernel);
  result.config = launch->config;
  for (const OpLaunch::Argument& argument : launch->arguments)
    if (argument.tensor.present())
      result.bindings.try_emplace(argument.parameter,
                                  Binding{argument.tensor.dtype, argument.tensor.shape});
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
