#include "tegula/plan.h"

#include <algorithm>

#include <fmt/format.h>

#include "dsl/program/limits.h"
#include "ops/core/plan_state.h"
#include "tegula/error.h"

namespace tegula {
namespace {

void set_field(void* config, std::span<const ConfigFieldInfo> fields, std::string_view where,
               std::string_view name, std::int64_t value) {
  const ConfigFieldInfo& field =
      fields[detail::find_config_field(where, fields, name, value, "config.")];
  detail::write_config(config, {&field, 1}, {&value, 1});
}

}  // namespace

const Stream& Plan::stream() const { return state_.stream; }
const Device& Plan::device() const { return *state_.stream.device(); }
const OpChecks& Plan::checks() const { return state_.checks; }

bool Plan::has(std::string_view name) const {
  const std::size_t index = state_.operand(name);
  return index < state_.op.operands() && state_.operands[index].present();
}

const TensorRef& Plan::tensor(std::string_view name) const {
  const std::size_t index = state_.operand(name);
  if (index == state_.op.operands())
    throw InternalError(fmt::format("{}: no tensor is called {}", state_.op.name, name));
  return state_.operands[index];
}

std::int64_t Plan::extent(std::string_view name) const {
  const auto at = std::ranges::find(state_.extents, name, &NamedExtent::name);
  if (at == state_.extents.end())
    throw InternalError(fmt::format("{}: no extent is called {}", state_.op.name, name));
  return at->value;
}

std::uint64_t Plan::fact(std::string_view name) const {
  const OpData& op = state_.op;
  std::size_t word = 0;
  for (const OpParameter& parameter : op.parameters) word += parameter.key_words;
  for (std::size_t i = 0; i < op.facts.size(); ++i)
    if (op.facts[i].name == name) return state_.call.words[word + i];
  throw InternalError(fmt::format("{}: no fact is called {}", op.name, name));
}

DType Plan::dtype(std::string_view output) const {
  return state_.kept.outputs[state_.known_output(output)].dtype;
}

bool Plan::in_place(std::string_view output, std::string_view name) const {
  const TensorRef& memory = state_.operands[state_.op.tensors.size() + state_.known_output(output)];
  const TensorRef& other = tensor(name);
  return memory.present() && other.present() && memory.data == other.data;
}

bool Plan::empty() const {
  return std::ranges::any_of(state_.extents,
                             [](const NamedExtent& extent) { return extent.value == 0; });
}

void Plan::read_config(void* config, std::size_t bytes) const {
  const std::optional<OpConfig>& info = state_.op.config;
  if (!info) return;  // the struct's own defaults
  if (info->bytes != bytes)
    throw InternalError(fmt::format("{}: the op has no such config", state_.op.name));
  const void* pinned = info->find(static_cast<const char*>(state_.arguments()) + info->offset);
  if (pinned != nullptr)
    std::memcpy(config, pinned, bytes);
  else
    info->choose(state_.arguments(), *this, config);
  if (state_.overrides.empty()) return;
  for (const auto& [name, value] : state_.overrides)
    set_field(config, info->fields, state_.op.name, name, value);
  info->check(state_.arguments(), *this, config);
}

void Plan::same(std::string_view output, std::string_view other) {
  using Kind = OutputSource::Kind;
  const std::size_t index = state_.known_output(output);
  OutputSource& source = state_.kept.outputs[index];
  if (source.kind == Kind::none) return;
  if (source.kind != Kind::allocated)
    throw InternalError(fmt::format("{}: the output {} has memory, and cannot be {}",
                                    state_.op.name, output, other));
  if (const std::size_t of = state_.output(other); of < state_.op.outputs.size()) {
    const Kind kind = state_.kept.outputs[of].kind;
    if (of == index || (kind != Kind::allocated && kind != Kind::given))
      throw InternalError(
          fmt::format("{}: the output {} cannot be {}, which has no memory of its "
                      "own",
                      state_.op.name, output, other));
    source.kind = Kind::output;
    source.index = static_cast<std::uint32_t>(of);
  } else {
    source.kind = Kind::input;
    source.index = static_cast<std::uint32_t>(state_.present_operand(other));
  }
  state_.outputs[index] = {};
}

void Plan::fill(std::string_view output, double value) {
  OutputSource& source = state_.kept.outputs[state_.known_output(output)];
  if (source.kind != OutputSource::Kind::none) source.fill = value;
}

void Plan::workspace(std::string name, DType dtype, const Dims& shape) {
  state_.workspace_names.push_back(std::move(name));
  state_.kept.workspaces.push_back({dtype, shape});
}

void Plan::view(std::string name, std::string_view tensor, const TensorRef& as) {
  state_.views.push_back(
      {std::move(name), static_cast<std::uint32_t>(state_.present_operand(tensor)), as});
}

std::size_t Plan::State::known_output(std::string_view name) const {
  const std::size_t index = output(name);
  if (index == op.outputs.size())
    throw InternalError(fmt::format("{}: no output is called {}", op.name, name));
  return index;
}

std::size_t Plan::State::present_operand(std::string_view name) const {
  const std::size_t index = operand(name);
  if (index == op.operands())
    throw InternalError(fmt::format("{}: no tensor is called {}", op.name, name));
  if (!operands[index].present())
    throw InternalError(fmt::format("{}: the call has no tensor {}", op.name, name));
  return index;
}

namespace {

using Kind = ArgumentSource::Kind;

std::string_view bound_name(std::string_view parameter, std::span<const Plan::Binding> bindings) {
  for (const Plan::Binding& binding : bindings)
    if (binding.parameter == parameter) return binding.name;
  return parameter;
}

std::optional<std::uint32_t> scalar_of(const OpData& op, std::string_view name, DType dtype) {
  std::uint32_t index = 0;
  for (const OpScalars& scalars : op.scalars)
    for (const OpScalars::Scalar& scalar : scalars.list) {
      if (scalar.name == name && scalar.dtype == dtype) return index;
      ++index;
    }
  return std::nullopt;
}

}  // namespace

/// A kernel's tensor, by its name.
struct Plan::Source {
  ArgumentSource source;
  TensorRef tensor;
};

Plan::Source Plan::source_of(std::string_view name) const {
  State& s = state_;
  for (std::uint32_t i = 0; i < s.workspace_names.size(); ++i)
    if (s.workspace_names[i] == name) {
      const OpWorkspace& w = s.kept.workspaces[i];
      return {{Kind::workspace, i}, contiguous(nullptr, w.dtype, w.shape, *s.stream.device())};
    }
  for (const State::View& view : s.views)
    if (view.name == name) {
      const TensorRef& base = *s.call.operands[view.operand];
      return {{Kind::operand, view.operand,
               static_cast<const char*>(view.tensor.data) - static_cast<const char*>(base.data)},
              view.tensor};
    }
  if (const std::size_t i = s.output(name); i < s.op.outputs.size()) {
    const auto operand = static_cast<std::uint32_t>(s.op.tensors.size() + i);
    if (s.kept.outputs[i].kind == OutputSource::Kind::given)
      return {{Kind::operand, operand}, s.operands[operand]};
    if (s.kept.outputs[i].kind == OutputSource::Kind::allocated)
      return {{Kind::output, static_cast<std::uint32_t>(i)}, s.outputs[i]};
    return {};
  }
  const std::size_t i = s.operand(name);
  if (i < s.op.tensors.size() && s.operands[i].present())
    return {{Kind::operand, static_cast<std::uint32_t>(i)}, s.operands[i]};
  return {};
}

void Plan::launch(const KernelBase& kernel, const Config& config,
                  std::span<const Binding> bindings) {
  if (kernel.parameters().size() > max_operands + max_scalars)
    throw InternalError(fmt::format("{}: the kernel {} has {} parameters, more than {}",
                                    state_.op.name, kernel.name(), kernel.parameters().size(),
                                    max_operands + max_scalars));
  auto launch = std::make_unique<PlannedLaunch>();
  launch->kernel = &kernel;
  launch->config = config;
  for (const ParameterInfo& parameter : kernel.parameters()) {
    const std::string_view name = bound_name(parameter.name, bindings);
    if (parameter.kind == ParameterInfo::Kind::scalar) {
      const auto index = scalar_of(state_.op, name, parameter.dtype);
      if (!index)
        throw InternalError(
            fmt::format("{}: the kernel {} takes a scalar {} of {}, which the op "
                        "does not have",
                        state_.op.name, kernel.name(), name, dtype_name(parameter.dtype)));
      launch->names.emplace_back(name);
      launch->sources.push_back({Kind::scalar, *index});
      launch->tensors.emplace_back();
      continue;
    }
    Source found = source_of(name);
    if (found.source.kind == Kind::absent && !parameter.optional)
      throw InternalError(
          fmt::format("{}: the kernel {} takes a tensor {}, which the call does "
                      "not have",
                      state_.op.name, kernel.name(), name));
    // Of a view the tensor that it is of.
    const std::size_t input = found.source.index;
    const bool is_input = found.source.kind == Kind::operand && input < state_.op.tensors.size();
    launch->names.emplace_back(is_input ? state_.op.tensors[input].name : std::string(name));
    launch->sources.push_back(found.source);
    launch->tensors.push_back(found.tensor);
  }
  state_.kept.launches.push_back(std::move(launch));
}

}  // namespace tegula
