#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "ops/common/leading.h"
#include "ops/core/plan_state.h"
#include "runtime/tensor/checks.h"
#include "tegula/error.h"

namespace tegula {
namespace {

using op::Layout;
using op::Shape;

const NamedExtent* find_extent(const std::vector<NamedExtent>& extents, std::string_view name) {
  const auto at = std::ranges::find(extents, name, &NamedExtent::name);
  return at == extents.end() ? nullptr : &*at;
}

/// "(b, s, h, d)", "(N,)".
std::string names_of(const std::vector<std::string>& names) {
  std::string text = "(";
  for (const std::string& name : names) text += (text.size() > 1 ? ", " : "") + name;
  return text + (names.size() == 1 ? ",)" : ")");
}

/// The list whose errors have words of their own.
bool is_floats(const op::DTypes& rule) { return rule.any_of == op::floats().any_of; }

/// "i32 or i64".
std::string list_of(const std::vector<DType>& dtypes) {
  std::string text;
  for (std::size_t i = 0; i < dtypes.size(); ++i)
    text += fmt::format("{}{}",
                        i == 0                   ? ""
                        : i + 1 == dtypes.size() ? " or "
                                                 : ", ",
                        dtype_name(dtypes[i]));
  return text;
}

/// The arguments with 0 in place of all that no key holds: what kernels take by value, and fields
/// that the op's description does not name.
std::vector<std::max_align_t> declared_arguments(const OpData& op, const void* arguments) {
  std::vector<std::max_align_t> copy(op.structs.argument_bytes / sizeof(std::max_align_t) + 1);
  std::memset(copy.data(), 0, copy.size() * sizeof(std::max_align_t));  // padding, too
  const auto keep = [&](std::size_t offset, std::size_t bytes) {
    std::memcpy(reinterpret_cast<std::byte*>(copy.data()) + offset,
                static_cast<const std::byte*>(arguments) + offset, bytes);
  };
  for (const OpTensor& tensor : op.tensors)
    if (!tensor.find) keep(tensor.offset, sizeof(TensorRef));
  for (const OpOutput& output : op.outputs)
    if (!output.into.empty()) keep(output.into_offset, sizeof(TensorRef));
  for (const OpParameter& parameter : op.parameters)
    if (parameter.put_key != nullptr) keep(parameter.offset, parameter.bytes);
  op.put_constants(copy.data());
  if (op.config) keep(op.config->offset, op.config->optional_bytes);
  return copy;
}

}  // namespace

std::size_t Plan::State::operand(std::string_view name) const {
  for (std::size_t i = 0; i < op.tensors.size(); ++i)
    if (op.tensors[i].name == name) return i;
  for (std::size_t i = 0; i < op.outputs.size(); ++i)
    if (op.outputs[i].into == name) return op.tensors.size() + i;
  return op.operands();
}

std::size_t Plan::State::output(std::string_view name) const {
  for (std::size_t i = 0; i < op.outputs.size(); ++i)
    if (op.outputs[i].name == name) return i;
  return op.outputs.size();
}

PlanMaker::PlanMaker(const OpData& op, Stream& stream, const void* arguments, const CallView& call,
                     ConfigOverrides overrides, KeptCall& kept)
    : state_{.op = op,
             .stream = stream,
             .checks = ops::ArgumentChecks(op.name, *stream.device()),
             .call = call,
             .overrides = overrides,
             .kept = kept},
      plan_(state_) {
  state_.masked = declared_arguments(op, arguments);
  state_.operands.resize(op.operands());
  state_.outputs.resize(op.outputs.size());
  kept.op = 0;
  kept.shape.forget();
  kept.outputs.assign(op.outputs.size(), {});
  kept.workspaces.clear();
  kept.launches.clear();
}

void PlanMaker::define(const std::string& name, std::int64_t value, std::string origin) {
  state_.extents.push_back({name, value, std::move(origin)});
}

void PlanMaker::check_inputs() {
  using Kind = OpData::Step::Kind;
  for (const auto& [kind, index] : state_.op.steps) {
    if (kind == Kind::rule) state_.op.rules[index](state_.arguments(), plan_);
    if (kind == Kind::pair) check_pair(state_.op.pairs[index]);
    if (kind == Kind::tensor) check_tensor(index);
  }
}

void PlanMaker::check_pair(const std::pair<std::string, std::string>& pair) {
  const auto given = [&](const std::string& name) {
    const std::size_t index = state_.operand(name);
    if (index == state_.op.operands()) return false;  // this op is without it
    const TensorRef* tensor = state_.call.operands[index];
    return tensor != nullptr && tensor->present();
  };
  const auto& [first, second] = pair;
  if (given(first) == given(second)) return;
  state_.checks.fail(given(first) ? second : first, "the two come together",
                     (given(first) ? first : second) + " alone",
                     fmt::format("{} and {}, or neither", first, second));
}

void PlanMaker::check_dtype(const TensorRef& tensor, const OpTensor& rule) {
  if (rule.dtype.unchecked()) return;
  if (is_floats(rule.dtype)) return state_.checks.float_tensor(tensor, rule.name);
  if (rule.dtype.any_of.size() > 1) {
    if (std::ranges::find(rule.dtype.any_of, tensor.dtype) == rule.dtype.any_of.end())
      state_.checks.fail(
          rule.name, "wrong dtype", std::string(dtype_name(tensor.dtype)),
          list_of(rule.dtype.any_of) + (rule.dtype.reason.empty() ? "" : ", " + rule.dtype.reason));
    return state_.checks.tensor_of(tensor, rule.name, tensor.dtype, rule.dtype.reason);
  }
  const op::DTypes::Wanted dtype = wanted(rule.dtype);
  state_.checks.tensor_of(tensor, rule.name, dtype.dtype, dtype.reason);
}

void PlanMaker::check_tensor(std::size_t index) {
  const OpTensor& rule = state_.op.tensors[index];
  const TensorRef* tensor = state_.call.operands[index];
  if (tensor == nullptr || !tensor->present()) {
    if (rule.optional) return;
    if (const NamedExtent* n = rule.shape.kind == Shape::Kind::dims && rule.shape.names.size() == 1
                                   ? find_extent(state_.extents, rule.shape.names[0])
                                   : nullptr)
      state_.checks.fail(
          rule.name, "the tensor is absent", "no tensor",
          fmt::format("{} elements{}, {}", n->value,
                      rule.dtype.any_of.empty() ? "" : " of " + list_of(rule.dtype.any_of),
                      n->origin));
    state_.checks.fail(rule.name, "the tensor is absent", "no tensor", "a tensor on a device");
  }
  check_dtype(*tensor, rule);
  check_shape(*tensor, rule.name, rule.shape);
  state_.operands[index] = seen(*tensor, rule.name, rule.shape.layout, false);
}

Shape::Wanted PlanMaker::wanted(const Shape& shape) const {
  switch (shape.kind) {
    case Shape::Kind::like:
    case Shape::Kind::leading: {
      const std::string& name = shape.names.front();
      const std::size_t index = state_.operand(name);
      if (index >= state_.op.tensors.size() || state_.call.operands[index] == nullptr ||
          !state_.call.operands[index]->present())
        throw InternalError(fmt::format("{}: no tensor {} to be like", state_.op.name, name));
      const Dims& dims = state_.call.operands[index]->shape;
      if (shape.kind == Shape::Kind::like)
        return {dims, shape.reason.empty() ? "the shape of " + name : shape.reason};
      return {ops::leading(dims), shape.reason.empty()
                                      ? "the shape of " + name + " without its last extent"
                                      : shape.reason};
    }
    case Shape::Kind::computed:
      return shape.compute(state_.arguments());
    case Shape::Kind::any:
    case Shape::Kind::rows:
    case Shape::Kind::dims:
    case Shape::Kind::elements:
      break;
  }
  Shape::Wanted result{{}, shape.reason};
  for (const std::string& name : shape.names) {
    const NamedExtent* extent = find_extent(state_.extents, name);
    if (extent == nullptr)
      throw InternalError(fmt::format("{}: no tensor has the extent {}", state_.op.name, name));
    result.shape.push_back(extent->value);
    if (shape.reason.empty()) result.reason += (result.reason.empty() ? "" : ", ") + extent->origin;
  }
  return result;
}

/// Of names that are known the extents must be theirs; the others are defined.
void PlanMaker::check_extents(const TensorRef& tensor, std::string_view name, const Shape& shape) {
  const bool known = std::ranges::all_of(shape.names, [&](const std::string& extent) {
    return find_extent(state_.extents, extent) != nullptr;
  });
  if (known) {
    const Shape::Wanted all = wanted(shape);
    return state_.checks.shape(tensor, name, all.shape, all.reason);
  }
  if (tensor.rank() != shape.names.size())
    state_.checks.fail(name, "wrong rank", to_string(tensor.shape),
                       shape.reason.empty() ? names_of(shape.names) : shape.reason);
  for (std::size_t d = 0; d < shape.names.size(); ++d) {
    const NamedExtent* extent = find_extent(state_.extents, shape.names[d]);
    if (extent == nullptr)
      define(shape.names[d], tensor.shape[d], fmt::format("{} of {}", shape.names[d], name));
    else if (extent->value != tensor.shape[d])
      state_.checks.fail(
          name, "wrong shape", to_string(tensor.shape),
          fmt::format("{} = {} ({})", shape.names[d], extent->value, extent->origin));
  }
}

void PlanMaker::check_shape(const TensorRef& tensor, std::string_view name, const Shape& shape) {
  switch (shape.kind) {
    case Shape::Kind::any:
      return;
    case Shape::Kind::rows: {
      if (tensor.rank() == 0)
        state_.checks.fail(name, "wrong rank", "a scalar", "a tensor of shape (..., N)");
      const std::int64_t extents[] = {element_count(ops::leading(tensor.shape)),
                                      tensor.shape.back()};
      const char* const what[] = {"the rows of", "the last extent of"};
      for (std::size_t d = 0; d < 2; ++d) {
        const NamedExtent* known = find_extent(state_.extents, shape.names[d]);
        if (known == nullptr)
          define(shape.names[d], extents[d], fmt::format("{} {}", what[d], name));
        else if (known->value != extents[d])
          state_.checks.fail(
              name, "wrong shape", to_string(tensor.shape),
              fmt::format("{} = {}, {}", shape.names[d], known->value, known->origin));
      }
      return;
    }
    case Shape::Kind::dims:
      return check_extents(tensor, name, shape);
    case Shape::Kind::elements: {
      const std::int64_t count = element_count(tensor.shape),
                         wanted_count = plan_.extent(shape.names[0]);
      if (count != wanted_count)
        state_.checks.fail(
            name, "wrong number of elements",
            fmt::format("{} (shape {})", count, to_string(tensor.shape)),
            fmt::format("{}, {}", wanted_count,
                        shape.reason.empty() ? find_extent(state_.extents, shape.names[0])->origin
                                             : shape.reason));
      return;
    }
    case Shape::Kind::like:
    case Shape::Kind::leading:
    case Shape::Kind::computed: {
      const Shape::Wanted all = wanted(shape);
      return state_.checks.shape(tensor, name, all.shape, all.reason);
    }
  }
}

TensorRef PlanMaker::seen(const TensorRef& tensor, std::string_view name, Layout layout,
                          bool is_output) const {
  const ops::ArgumentChecks& checks = state_.checks;
  switch (layout) {
    case Layout::matrix:
      return is_output ? checks.destination_rows(tensor, name) : checks.rows(tensor, name);
    case Layout::vector:
      return checks.vector(tensor, name);
    case Layout::flat:
      return is_output ? checks.destination_flat(tensor, name) : checks.flat(tensor, name);
    case Layout::inner:
      checks.unit_last_stride(tensor, name);
      break;
    case Layout::strided:
      break;
  }
  if (is_output) checks.disjoint_elements(tensor, name);
  return tensor;
}

op::DTypes::Wanted PlanMaker::wanted(const op::DTypes& rule) const {
  if (rule.compute) return rule.compute(state_.arguments());
  if (!rule.any_of.empty()) return {rule.any_of.front(), rule.reason};
  const std::string reason = rule.reason.empty() ? "the dtype of " + rule.like : rule.reason;
  const OpData& op = state_.op;
  for (std::size_t i = 0; i < op.outputs.size(); ++i)
    if (op.outputs[i].name == rule.like) return {state_.kept.outputs[i].dtype, reason};
  const std::size_t index = state_.operand(rule.like);
  if (index >= op.tensors.size() || !state_.operands[index].present())
    throw InternalError(fmt::format("{}: no tensor {} to have the dtype of", op.name, rule.like));
  return {state_.operands[index].dtype, reason};
}

void PlanMaker::check_output(std::size_t index) {
  const OpOutput& rule = state_.op.outputs[index];
  const ops::ArgumentChecks& checks = state_.checks;
  const std::size_t operand = state_.op.tensors.size() + index;
  static const TensorRef absent;
  const TensorRef* memory = state_.call.operands[operand];
  const TensorRef& given = memory == nullptr ? absent : *memory;
  const auto* arguments = static_cast<const char*>(state_.arguments());
  std::optional<DType> asked;
  if (!rule.dtype_argument.empty())
    asked = *reinterpret_cast<const std::optional<DType>*>(arguments + rule.dtype_offset);
  if (rule.when && !rule.when(arguments, plan_)) {
    if (given.present())
      checks.fail(rule.into, rule.why_not.problem, runtime::describe(given), rule.why_not.wanted);
    return;
  }

  const Shape::Wanted shape = wanted(rule.shape);
  OutputSource& source = state_.kept.outputs[index];
  source.shape = shape.shape;
  const op::DTypes::Wanted dtype = wanted(rule.dtype);
  source.dtype = dtype.dtype;
  if (rule.any_float) {
    source.dtype = checks.output_dtype(given, rule.into, asked, dtype.dtype, shape.shape,
                                       shape.reason, rule.dtype_argument);
  } else if (given.present()) {
    checks.tensor_of(given, rule.into, dtype.dtype, dtype.reason);
    checks.shape(given, rule.into, shape.shape, shape.reason);
  }
  if (given.present()) {
    source.kind = OutputSource::Kind::given;
    source.index = static_cast<std::uint32_t>(operand);
    state_.operands[operand] = seen(given, rule.into, rule.shape.layout, true);
    return;
  }
  source.kind = OutputSource::Kind::allocated;
  const TensorRef own = contiguous(nullptr, source.dtype, shape.shape, *state_.stream.device());
  state_.outputs[index] = seen(own, rule.name, rule.shape.layout, false);
}

void PlanMaker::check_overlaps() const {
  const OpData& op = state_.op;
  for (std::size_t o = 0; o < op.outputs.size(); ++o) {
    const OpOutput& output = op.outputs[o];
    const TensorRef& memory = state_.operands[op.tensors.size() + o];
    if (!memory.present()) continue;
    for (std::size_t i = 0; i < op.tensors.size(); ++i) {
      const bool may_be =
          std::ranges::find(output.may_be, op.tensors[i].name) != output.may_be.end();
      if (may_be)
        state_.checks.disjoint_or_in_place(memory, output.into, state_.operands[i],
                                           op.tensors[i].name);
      else
        state_.checks.disjoint(memory, output.into, state_.operands[i], op.tensors[i].name);
    }
    for (std::size_t other = 0; other < o; ++other)
      state_.checks.disjoint(memory, output.into, state_.operands[op.tensors.size() + other],
                             op.outputs[other].into);
  }
}

void PlanMaker::make() {
  const OpData& op = state_.op;
  if (op.config)
    if (const void* pinned =
            op.config->find(static_cast<const char*>(state_.arguments()) + op.config->offset))
      op.config->check(state_.arguments(), plan_, pinned);
  for (std::size_t i = 0; i < op.outputs.size(); ++i) check_output(i);
  check_overlaps();
  if (op.plan) op.plan(plan_, state_.arguments());
}

OpPlan PlanMaker::result() const {
  OpPlan plan;
  for (const NamedExtent& extent : state_.extents) plan.extents[extent.name] = extent.value;
  for (const TensorRef& tensor : state_.operands)
    if (tensor.present()) plan.bytes += element_count(tensor.shape) * dtype_bytes(tensor.dtype);
  for (const OutputSource& output : state_.kept.outputs)
    if (output.kind == OutputSource::Kind::allocated)
      plan.bytes += element_count(output.shape) * dtype_bytes(output.dtype);
  for (const auto& launch : state_.kept.launches) {
    OpLaunch& made = plan.launches.emplace_back(OpLaunch{launch->kernel, launch->config, {}});
    for (std::size_t i = 0; i < launch->names.size(); ++i)
      made.arguments.push_back(
          {launch->kernel->parameters()[i].name, launch->names[i], launch->tensors[i]});
  }
  return plan;
}

}  // namespace tegula
