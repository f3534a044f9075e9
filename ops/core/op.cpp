#include "tegula/op.h"

#include <algorithm>
#include <atomic>

#include <fmt/format.h>

#include "ops/core/op_data.h"
#include "ops/core/op_registry.h"
#include "tegula/error.h"

namespace tegula {
namespace {

void check_capacity(const OpData& op) {
  if (op.operands() > max_operands || op.key_words > max_key_words || op.scalar_count > max_scalars)
    throw Error(
        ErrorCode::invalid_argument,
        {.where = op.name,
         .problem = "the op has too many arguments",
         .got = fmt::format("{} tensors, {} words of parameters, {} scalars", op.operands(),
                            op.key_words, op.scalar_count),
         .wanted = fmt::format("at most {}, {}, {}", max_operands, max_key_words, max_scalars)});
}

}  // namespace

OpBase::OpBase(std::string name, std::string summary, const std::source_location& at)
    : data_(std::make_unique<OpData>()) {
  static std::atomic<std::uint64_t> described{0};
  data_->name = std::move(name);
  data_->summary = std::move(summary);
  data_->at = at;
  data_->number = ++described;
  OpRegistry::instance().add(this);
}

OpBase::OpBase(OpBase&& other) noexcept {
  OpRegistry::instance().move(&other, this, [&] { data_ = std::move(other.data_); });
}
OpBase::~OpBase() { OpRegistry::instance().remove(this); }

bool OpBase::is_described() const { return data_ != nullptr && data_->plan != nullptr; }
const std::string& OpBase::name() const { return data_->name; }
const std::string& OpBase::summary() const { return data_->summary; }
std::string OpBase::location() const {
  return fmt::format("{}:{}:{}", data_->at.file_name(), data_->at.line(), data_->at.column());
}
const std::vector<OpTensor>& OpBase::tensors() const { return data_->tensors; }
const std::vector<OpOutput>& OpBase::outputs() const { return data_->outputs; }
const std::vector<OpParameter>& OpBase::parameters() const { return data_->parameters; }
const std::optional<OpConfig>& OpBase::config_info() const { return data_->config; }
const OpStructs& OpBase::structs() const { return data_->structs; }
const std::optional<OpForward>& OpBase::forward() const { return data_->forward; }
const std::vector<std::pair<std::string, std::string>>& OpBase::pairs() const {
  return data_->pairs;
}

/// Names of inputs and outputs, and those of inputs and of memory for outputs, are different ones.
void OpBase::check_name(std::string_view name) const {
  const auto is = [&](const auto& named) { return named.name == name; };
  if (std::ranges::any_of(data_->tensors, is) || std::ranges::any_of(data_->outputs, is))
    refuse(fmt::format("the name {} is used twice", name));
}
void OpBase::refuse(const std::string& problem) const {
  throw InternalError(fmt::format("{}: op {}: {}", location(), data_->name, problem));
}

void OpBase::add(OpTensor tensor) {
  check_name(tensor.name);
  data_->steps.push_back({OpData::Step::Kind::tensor, data_->tensors.size()});
  data_->tensors.push_back(std::move(tensor));
  check_capacity(*data_);
}
void OpBase::add(OpOutput output) {
  check_name(output.name);
  using Kind = op::Shape::Kind;
  if (output.shape.kind == Kind::rows || output.shape.kind == Kind::any)
    refuse(fmt::format("the output {} needs a shape: op::like of a tensor, op::dims of extents",
                       output.name));
  data_->outputs.push_back(std::move(output));
  check_capacity(*data_);
}
void OpBase::add(OpParameter parameter) {
  data_->key_words += parameter.key_words;
  data_->parameters.push_back(std::move(parameter));
  check_capacity(*data_);
}
void OpBase::add(OpScalars scalars) {
  data_->scalar_count += scalars.list.size();
  data_->scalars.push_back(std::move(scalars));
  check_capacity(*data_);
}
void OpBase::add(OpFact fact) {
  ++data_->key_words;
  data_->facts.push_back(std::move(fact));
  check_capacity(*data_);
}
void OpBase::set(OpConfig config) {
  data_->key_words += config.key_words;
  data_->config = std::move(config);
  check_capacity(*data_);
}
void OpBase::add_constant(std::uint32_t offset, const void* value, std::size_t bytes) {
  const auto* first = static_cast<const std::byte*>(value);
  data_->constants.push_back({offset, {first, first + bytes}});
}
void OpBase::add_pair(std::string first, std::string second) {
  data_->steps.push_back({OpData::Step::Kind::pair, data_->pairs.size()});
  data_->pairs.emplace_back(std::move(first), std::move(second));
}
void OpBase::remove(std::string_view name) {
  OpData& op = *data_;
  for (std::size_t i = 0; i < op.tensors.size(); ++i) {
    if (op.tensors[i].name != name) continue;
    op.tensors.erase(op.tensors.begin() + static_cast<std::ptrdiff_t>(i));
    std::erase_if(op.steps, [i](const OpData::Step& s) {
      return s.kind == OpData::Step::Kind::tensor && s.index == i;
    });
    for (OpData::Step& step : op.steps)
      if (step.kind == OpData::Step::Kind::tensor && step.index > i) --step.index;
  }
  std::erase_if(op.outputs, [&](const OpOutput& output) { return output.name == name; });
  for (OpOutput& output : op.outputs)
    if (output.dtype_argument == name) output.dtype_argument.clear();
  std::erase_if(op.parameters, [&](const OpParameter& parameter) {
    if (parameter.name != name) return false;
    op.key_words -= parameter.key_words;
    return true;
  });
}
OpOutput& OpBase::last_output() {
  if (data_->outputs.empty()) wrong_word("a word about an output", "output");
  return data_->outputs.back();
}
void OpBase::name_destination(OpOutput& output, std::string name) {
  if (std::ranges::find(data_->tensors, name, &OpTensor::name) != data_->tensors.end())
    refuse(fmt::format("the name {} is used twice", name));
  output.into = std::move(name);
}
void OpBase::wrong_word(const char* word, const char* before) const {
  refuse(fmt::format("{} stands behind {}", word, before));
}
void OpBase::add_rule(std::function<void(const void*, const Plan&)> rule) {
  data_->steps.push_back({OpData::Step::Kind::rule, data_->rules.size()});
  data_->rules.push_back(std::move(rule));
}
void OpBase::add_every_call(std::function<void(Stream&, const void*, const OpChecks&)> check) {
  data_->every_call.push_back(std::move(check));
}
void OpBase::set_plan(std::function<void(Plan&, const void*)> plan) {
  data_->plan = std::move(plan);
}
void OpBase::set_structs(const OpStructs& structs) { data_->structs = structs; }
void OpBase::set_forward(OpForward forward) { data_->forward = std::move(forward); }
void OpBase::add_usual(std::string name, double value) {
  using Kind = OpParameter::Kind;
  const auto found = std::ranges::find(data_->parameters, name, &OpParameter::name);
  if (found == data_->parameters.end() ||
      (found->kind != Kind::flag && found->kind != Kind::integer && found->kind != Kind::number))
    refuse(fmt::format("{} is no flag and no number before `usual`", name));
  data_->usual.emplace_back(std::move(name), value);
}
void OpBase::set_example(void (*example)(op::Sizes& sizes)) { data_->example = example; }

void OpChecks::fail(std::string_view argument, std::string problem, std::string got,
                    std::string wanted, std::string hint) const {
  throw Error(ErrorCode::invalid_argument, {.where = std::string(op_),
                                            .argument = std::string(argument),
                                            .problem = std::move(problem),
                                            .got = std::move(got),
                                            .wanted = std::move(wanted),
                                            .hint = std::move(hint)});
}

}  // namespace tegula
