#include <algorithm>
#include <atomic>
#include <cstring>

#include <fmt/format.h>

#include "ops/common/leading.h"
#include "ops/core/plan_state.h"
#include "tegula/error.h"
#include "tegula/op_call.h"

namespace tegula {
namespace {

using op::Shape;

template <class T>
const T* named(const std::vector<const T*>& list, std::string_view name) {
  const auto found = std::ranges::find_if(list, [&](const T* t) { return t->name == name; });
  return found == list.end() ? nullptr : *found;
}

template <class T>
const T* named(const std::vector<T>& list, std::string_view name) {
  const auto found = std::ranges::find(list, name, &T::name);
  return found == list.end() ? nullptr : &*found;
}

template <class T>
void append(std::vector<const T*>& list, const std::vector<T>& more) {
  for (const T& t : more)
    if (named(list, t.name) == nullptr) list.push_back(&t);
}

template <class T>
OpValue load(const char* at) {
  T value;
  std::memcpy(&value, at, sizeof(T));
  return value;
}

OpValue value_at(const char* at, const OpParameter& parameter) {
  switch (parameter.kind) {
    case OpParameter::Kind::flag:
      return load<bool>(at);
    case OpParameter::Kind::integer: {
      std::int64_t value = 0;
      std::memcpy(&value, at, parameter.bytes);  // low bytes first
      const int unused = 64 - 8 * static_cast<int>(parameter.bytes);
      return static_cast<std::int64_t>(static_cast<std::uint64_t>(value) << unused) >> unused;
    }
    case OpParameter::Kind::number:
      if (parameter.bytes == sizeof(double)) return load<double>(at);
      return static_cast<double>(*reinterpret_cast<const float*>(at));
    case OpParameter::Kind::dtype:
      return load<std::optional<DType>>(at);
    case OpParameter::Kind::rng:
    case OpParameter::Kind::other:
      break;
  }
  return load<std::optional<ops::RngState>>(at);
}

void put_value(char* at, const OpParameter& parameter, const OpValue& value) {
  switch (parameter.kind) {
    case OpParameter::Kind::flag:
      *reinterpret_cast<bool*>(at) = std::get<bool>(value);
      return;
    case OpParameter::Kind::integer: {
      const std::int64_t integer = std::get<std::int64_t>(value);
      std::memcpy(at, &integer, parameter.bytes);  // low bytes first
      return;
    }
    case OpParameter::Kind::number:
      if (parameter.bytes == sizeof(double))
        *reinterpret_cast<double*>(at) = std::get<double>(value);
      else
        *reinterpret_cast<float*>(at) = static_cast<float>(std::get<double>(value));
      return;
    case OpParameter::Kind::dtype:
      *reinterpret_cast<std::optional<DType>*>(at) = std::get<std::optional<DType>>(value);
      return;
    case OpParameter::Kind::rng:
      *reinterpret_cast<std::optional<ops::RngState>*>(at) =
          std::get<std::optional<ops::RngState>>(value);
      return;
    case OpParameter::Kind::other:
      return;
  }
}

/// Which of OpValue's alternatives the kind is.
std::size_t alternative_of(OpParameter::Kind kind) {
  switch (kind) {
    case OpParameter::Kind::flag:
      return OpValue(false).index();
    case OpParameter::Kind::integer:
      return OpValue(std::int64_t{0}).index();
    case OpParameter::Kind::number:
      return OpValue(0.0).index();
    case OpParameter::Kind::dtype:
      return OpValue(std::optional<DType>()).index();
    case OpParameter::Kind::rng:
      return OpValue(std::optional<ops::RngState>()).index();
    case OpParameter::Kind::other:
      break;
  }
  return std::variant_npos;
}

bool can_be_named(const OpParameter& parameter) {
  return parameter.kind != OpParameter::Kind::other;
}

void check_range(const std::string& op, const OpParameter& parameter, std::int64_t value) {
  if (parameter.bytes >= sizeof(std::int64_t)) return;
  const std::int64_t limit = std::int64_t{1} << (8 * parameter.bytes - 1);
  if (value < -limit || value >= limit)
    throw Error(ErrorCode::invalid_argument,
                {.where = op,
                 .argument = parameter.name,
                 .problem = "out of range",
                 .got = std::to_string(value),
                 .wanted = fmt::format("{} to {}", -limit, limit - 1)});
}

OpValue usual_value(const OpParameter& parameter, double value) {
  if (parameter.kind == OpParameter::Kind::flag) return value != 0;
  if (parameter.kind == OpParameter::Kind::integer) return static_cast<std::int64_t>(value);
  return value;
}

std::int64_t size_of(const op::Sizes& sizes, const std::string& name) {
  const auto found = sizes.find(name);
  return found == sizes.end() ? 16 : found->second;
}

/// A tensor at an address that no other one has, apart from all of them.
TensorRef unreal(DType dtype, const Dims& shape, Device& device) {
  static std::atomic<std::uintptr_t> next{std::uintptr_t{1} << 40};
  const auto bytes = static_cast<std::uintptr_t>(element_count(shape) * dtype_bytes(dtype));
  const std::uintptr_t address = next.fetch_add((bytes + 511) & ~std::uintptr_t{255});
  return contiguous(reinterpret_cast<void*>(address), dtype, shape, device);
}

}  // namespace

OpCall::OpCall(const OpBase& op)
    : op_(op),
      arguments_(op.structs().argument_bytes / sizeof(std::max_align_t) + 1),
      result_(op.structs().result_bytes / sizeof(std::max_align_t) + 1) {
  op.structs().make_arguments(arguments_.data());
  op.data_->put_constants(arguments_.data());
  if (op.forward()) {
    forward_ = std::make_unique<OpCall>(*op.forward()->op);
    inputs_ = forward_->inputs_;
    parameters_ = forward_->parameters_;
    std::erase_if(parameters_,
                  [&](const OpParameter* parameter) { return is_own(parameter->name); });
  }
  append(inputs_, op.tensors());
  std::erase_if(inputs_,
                [&](const OpTensor* tensor) { return tensor->find || is_filled(tensor->name); });
  append(parameters_, op.parameters());
  std::erase_if(parameters_, [&](const OpParameter* parameter) {
    return !can_be_named(*parameter) || is_filled(parameter->name);
  });
  for (const OpParameter& parameter : op.parameters())
    if (parameter.kind == OpParameter::Kind::rng)
      put_value(at(parameter.offset), parameter, std::optional(ops::RngState{}));
  for (const auto& [name, value] : op.data_->usual)
    if (const OpParameter* parameter = named(op.parameters(), name))
      put_value(at(parameter->offset), *parameter, usual_value(*parameter, value));
}

OpCall::~OpCall() { reset_result(); }

void OpCall::make_result() {
  reset_result();
  op_.structs().make_result(result_.data());
  has_result_ = true;
}

void OpCall::reset_result() {
  if (has_result_) op_.structs().destroy_result(result_.data());
  has_result_ = false;
}

bool OpCall::is_filled(std::string_view name) const {
  return op_.forward() &&
         std::ranges::find(op_.forward()->filled, name) != op_.forward()->filled.end();
}

bool OpCall::is_own(std::string_view parameter) const {
  return std::ranges::find(op_.outputs(), parameter, &OpOutput::dtype_argument) !=
         op_.outputs().end();
}

const OpTensor* OpCall::find_input(std::string_view name) const { return named(inputs_, name); }
const OpParameter* OpCall::find_parameter(std::string_view name) const {
  return named(parameters_, name);
}
const OpOutput* OpCall::find_destination(std::string_view name) const {
  const auto found = std::ranges::find(op_.outputs(), name, &OpOutput::into);
  return found == op_.outputs().end() || name.empty() ? nullptr : &*found;
}

void OpCall::set(std::string_view name, const TensorRef& value) {
  bool found = false;
  if (forward_ != nullptr && forward_->find_input(name) != nullptr) {
    forward_->set(name, value);
    found = true;
  }
  if (const OpTensor* tensor = named(op_.tensors(), name); tensor != nullptr && !tensor->find) {
    *reinterpret_cast<TensorRef*>(at(tensor->offset)) = value;
    found = true;
  }
  if (const OpOutput* output = find_destination(name)) {
    *reinterpret_cast<TensorRef*>(at(output->into_offset)) = value;
    found = true;
  }
  if (!found) throw InternalError(fmt::format("{} has no tensor {}", op_.name(), name));
}

void OpCall::set(std::string_view name, const OpValue& value) {
  const OpParameter* parameter = find_parameter(name);
  if (parameter == nullptr || alternative_of(parameter->kind) != value.index())
    throw InternalError(fmt::format("{} has no such parameter {}", op_.name(), name));
  if (const auto* integer = std::get_if<std::int64_t>(&value))
    check_range(op_.name(), *parameter, *integer);
  if (forward_ != nullptr && forward_->find_parameter(name) != nullptr && !is_own(name))
    forward_->set(name, value);
  if (const OpParameter* own = named(op_.parameters(), name))
    put_value(at(own->offset), *own, value);
}

TensorRef OpCall::tensor(std::string_view name) const {
  if (const OpTensor* own = named(op_.tensors(), name)) {
    const TensorRef* tensor = own->in(arguments_.data());
    return tensor == nullptr ? TensorRef{} : *tensor;
  }
  if (const OpOutput* output = find_destination(name))
    return *output->destination_in(arguments_.data());
  if (forward_ != nullptr) return forward_->tensor(name);
  return {};
}

OpValue OpCall::parameter(std::string_view name) const {
  if (const OpParameter* own = named(op_.parameters(), name); own != nullptr && can_be_named(*own))
    return value_at(at(own->offset), *own);
  if (forward_ == nullptr)
    throw InternalError(fmt::format("{} has no parameter {}", op_.name(), name));
  return forward_->parameter(name);
}

bool OpCall::has(std::string_view name) const { return tensor(name).present(); }

op::Sizes OpCall::all_sizes(op::Sizes sizes) const {
  if (op_.data_->example != nullptr) op_.data_->example(sizes);
  sizes.try_emplace("M", 64);
  sizes.try_emplace("N", 4096);
  return sizes;
}

Dims OpCall::shape_of(const OpTensor& tensor, const op::Sizes& sizes) const {
  const Shape& shape = tensor.shape;
  switch (shape.kind) {
    case Shape::Kind::like:
      return this->tensor(shape.names[0]).shape;
    case Shape::Kind::leading:
      return ops::leading(this->tensor(shape.names[0]).shape);
    case Shape::Kind::computed:
      return shape.compute(arguments_.data()).shape;
    case Shape::Kind::any:
    case Shape::Kind::rows:
    case Shape::Kind::dims:
    case Shape::Kind::elements:
      break;
  }
  Dims dims;
  for (const std::string& name : shape.names) dims.push_back(size_of(sizes, name));
  return dims;
}

/// Of an input that `dtypes` says nothing of.
DType OpCall::dtype_of(const OpTensor& tensor, DType otherwise) const {
  const op::DTypes& rule = tensor.dtype;
  if (rule.compute) return rule.compute(arguments_.data()).dtype;
  if (!rule.like.empty()) return this->tensor(rule.like).dtype;
  if (rule.any_of.empty() || std::ranges::find(rule.any_of, otherwise) != rule.any_of.end())
    return otherwise;
  return rule.any_of.front();
}

void OpCall::complete(Stream& stream, const op::Sizes& given, DType dtype,
                      const std::map<std::string, DType>& dtypes) {
  if (forward_ != nullptr) {
    forward_->complete(stream, given, dtype, dtypes);
    for (const OpTensor& tensor : op_.tensors())
      if (forward_->has(tensor.name) && !tensor.find && !is_filled(tensor.name))
        *reinterpret_cast<TensorRef*>(at(tensor.offset)) = forward_->tensor(tensor.name);
    forward_->pretend(stream);
    fill_from_forward();
  }
  const op::Sizes sizes = all_sizes(given);
  for (const OpTensor& tensor : op_.tensors()) {
    if (tensor.find || has(tensor.name)) continue;
    const auto asked = dtypes.find(tensor.name);
    bool wanted = !tensor.optional || asked != dtypes.end();
    for (const auto& [first, second] : op_.pairs())
      for (const auto& [one, other] : {std::pair(first, second), {second, first}})
        wanted |= tensor.name == one && (has(other) || dtypes.contains(other));
    if (!wanted) continue;
    *reinterpret_cast<TensorRef*>(at(tensor.offset)) =
        unreal(asked != dtypes.end() ? asked->second : dtype_of(tensor, dtype),
               shape_of(tensor, sizes), *stream.device());
  }
}

void OpCall::pretend(Stream& stream) {
  make_result();
  const OpPlan made = plan(stream);
  for (const OpOutput& output : op_.outputs())
    for (const auto& [name, tensor] : made.outputs) {
      if (name != output.name) continue;
      char* place = reinterpret_cast<char*>(result_.data()) + output.offset;
      if (output.is_optional)
        *reinterpret_cast<std::optional<Tensor>*>(place) = Tensor::alias(tensor);
      else
        *reinterpret_cast<Tensor*>(place) = Tensor::alias(tensor);
    }
}

OpPlan OpCall::plan(Stream& stream, ConfigOverrides config) {
  const OpData& op = *op_.data_;
  const CallView call(op, arguments_.data());
  KeptCall kept;
  PlanMaker maker(op, stream, arguments_.data(), call, config, kept);
  maker.check_inputs();
  const OpChecks checks(op.name, *stream.device());
  Scalars scalars;
  for (const OpScalars& group : op.scalars) group.get(arguments_.data(), checks, scalars.data());
  maker.make();
  OpPlan plan = maker.result();
  std::vector<TensorRef> tensors(op.outputs.size());
  for (const bool behind : {false, true})  // outputs that are others come behind those
    for (std::size_t i = 0; i < tensors.size(); ++i) {
      const OutputSource& source = kept.outputs[i];
      if (behind != (source.kind == OutputSource::Kind::output)) continue;
      if (behind)
        tensors[i] = tensors[source.index];
      else if (source.kind == OutputSource::Kind::allocated)
        tensors[i] = unreal(source.dtype, source.shape, *stream.device());
      else if (source.kind != OutputSource::Kind::none)
        tensors[i] = *call.operands[source.index];
    }
  for (std::size_t i = 0; i < tensors.size(); ++i)
    if (tensors[i].present()) plan.outputs.emplace_back(op.outputs[i].name, tensors[i]);
  return plan;
}

void OpCall::fill_from_forward() {
  op_.forward()->fill(arguments_.data(), forward_->arguments_.data(), forward_->result_.data());
}

void OpCall::run(Stream& stream, ConfigOverrides config) {
  if (forward_ != nullptr) {
    forward_->run(stream);
    fill_from_forward();
  }
  make_result();
  op_.call(stream, arguments_.data(), result_.data(), config);
}

void OpCall::run_again(Stream& stream) {
  make_result();
  op_.call(stream, arguments_.data(), result_.data());
}

void OpCall::pin(Stream& stream, ConfigOverrides config) {
  const std::optional<OpConfig>& info = op_.config_info();
  if (!info) throw InternalError(fmt::format("{} has no config", op_.name()));
  info->pin(at(info->offset), nullptr);
  if (config.empty()) return;
  std::vector<std::max_align_t> chosen(info->bytes / sizeof(std::max_align_t) + 1);
  const CallView call(*op_.data_, arguments_.data());
  KeptCall kept;
  PlanMaker maker(*op_.data_, stream, arguments_.data(), call, config, kept);
  maker.check_inputs();
  maker.read_config(chosen.data());
  info->pin(at(info->offset), chosen.data());
}

std::unique_ptr<OpCall> OpCall::clone() const {
  auto copy = std::make_unique<OpCall>(op_);
  copy->arguments_ = arguments_;
  if (forward_ != nullptr) copy->forward_ = forward_->clone();
  return copy;
}

std::vector<std::pair<std::string, Tensor>> OpCall::outputs() const {
  std::vector<std::pair<std::string, Tensor>> given;
  if (!has_result_) return given;
  for (const OpOutput& output : op_.outputs()) {
    const char* place = reinterpret_cast<const char*>(result_.data()) + output.offset;
    if (!output.is_optional) {
      given.emplace_back(output.name, *reinterpret_cast<const Tensor*>(place));
    } else if (const auto& tensor = *reinterpret_cast<const std::optional<Tensor>*>(place)) {
      given.emplace_back(output.name, *tensor);
    }
  }
  return given;
}

}  // namespace tegula
