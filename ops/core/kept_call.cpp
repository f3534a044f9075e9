#include "ops/core/kept_call.h"

#include <array>

#include "ops/core/fill.h"

namespace tegula {
namespace {

template <class T>
const T& field(const void* object, std::uint32_t offset) {
  return *reinterpret_cast<const T*>(static_cast<const char*>(object) + offset);
}

/// Some thousand bytes each, once used.
constexpr std::size_t kept_calls = 64;

thread_local bool calls_ended = false;  // may be read to the thread's very end
struct KeptCalls {
  std::array<std::unique_ptr<KeptCall>, kept_calls> at;
  ~KeptCalls() { calls_ended = true; }
};

/// Null if this thread keeps no more calls.
KeptCall* kept_call_for(const OpData& op, const CallView& call) {
  thread_local KeptCalls calls;
  if (calls_ended) return nullptr;
  std::uint64_t hash = op.number;
  const auto mix = [&](std::uint64_t value) { hash = (hash ^ value) * 0x9e3779b97f4a7c15u; };
  mix(0);
  if (!op.tensors.empty() && call.operands[0] != nullptr)
    for (const std::int64_t extent : call.operands[0]->shape)
      mix(static_cast<std::uint64_t>(extent));
  std::unique_ptr<KeptCall>& place = calls.at[(hash >> 32) % kept_calls];
  if (place == nullptr) place = std::make_unique<KeptCall>();
  return place.get();
}

/// Where the result has the output, present from now on.
Tensor& slot_of(const OpOutput& output, void* result) {
  char* at = static_cast<char*>(result) + output.offset;
  if (output.is_optional) return reinterpret_cast<std::optional<Tensor>*>(at)->emplace();
  return *reinterpret_cast<Tensor*>(at);
}

const Tensor& given(const OpOutput& output, const void* result) {
  if (output.is_optional) return *field<std::optional<Tensor>>(result, output.offset);
  return field<Tensor>(result, output.offset);
}

Tensor make_output(Stream& stream, const OutputSource& source, const CallView& call) {
  if (source.kind == OutputSource::Kind::allocated) return stream.empty(source.dtype, source.shape);
  return Tensor::alias(stream, *call.operands[source.index]);
}

KernelArgument scalar_argument(DType dtype, std::uint64_t bits) {
  KernelArgument argument(std::uint64_t{0});
  argument.dtype = dtype;
  argument.bits = bits;
  return argument;
}

/// The launch's first time: with whole arguments.
void launch_first(PlannedLaunch& launch, Stream& stream) {
  std::vector<KernelArgument> arguments;
  for (std::size_t i = 0; i < launch.sources.size(); ++i) {
    const ParameterInfo& parameter = launch.kernel->parameters()[i];
    if (parameter.kind == ParameterInfo::Kind::scalar)
      arguments.push_back(scalar_argument(parameter.dtype, 0));
    else
      arguments.emplace_back(launch.tensors[i]);
  }
  for (const auto& [index, value] : launch.values) {
    KernelArgument& argument = arguments[index];
    if (argument.is_tensor)
      argument.tensor.data = reinterpret_cast<void*>(value);
    else
      argument.bits = value;
  }
  launch.kept.launch(stream, *launch.kernel, launch.config, arguments);
}

}  // namespace

CallView::CallView(const OpData& op, const void* arguments) {
  for (const OpTensor& tensor : op.tensors) operands[operand_count++] = tensor.in(arguments);
  for (const OpOutput& output : op.outputs)
    operands[operand_count++] = output.destination_in(arguments);
  for (const OpParameter& parameter : op.parameters) {
    if (parameter.put_key == nullptr) continue;
    parameter.put_key(static_cast<const char*>(arguments) + parameter.offset, &words[word_count]);
    word_count += parameter.key_words;
  }
  for (const OpFact& fact : op.facts) words[word_count++] = fact.get(arguments);
  if (!op.config) return;
  op.config->put_key(static_cast<const char*>(arguments) + op.config->offset, &words[word_count]);
  word_count += op.config->key_words;
}

bool KeptCall::serves(const OpData& asked, const Stream& stream, const CallView& call) const {
  if (op != asked.number) return false;
  for (const auto& launch : launches)
    if (!launch->kept.serves(*stream.device())) return false;
  return !launches.empty() && shape.fits(call.tensors(), call.key());
}

void KeptCall::run(const OpData& described, Stream& stream, const CallView& call,
                   const Scalars& scalars, void* result, bool first) {
  std::array<void*, max_operands> output_data;
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const OutputSource& source = outputs[i];
    const OpOutput& output = described.outputs[i];
    output_data[i] = nullptr;
    if (source.kind == OutputSource::Kind::none || source.kind == OutputSource::Kind::output)
      continue;
    Tensor& tensor = slot_of(output, result);
    tensor = make_output(stream, source, call);
    if (source.kind != OutputSource::Kind::input) output_data[i] = tensor.data();
    if (source.fill) fill(stream, tensor, *source.fill);
  }
  for (std::size_t i = 0; i < outputs.size(); ++i)  // behind those that they are
    if (outputs[i].kind == OutputSource::Kind::output)
      slot_of(described.outputs[i], result) = given(described.outputs[outputs[i].index], result);

  std::vector<Tensor> memory;  // until the launches are queued
  memory.reserve(workspaces.size());
  for (const OpWorkspace& workspace : workspaces)
    memory.push_back(stream.empty(workspace.dtype, workspace.shape));

  for (const auto& launch : launches) {
    if (first)
      for (std::uint32_t i = 0; i < launch->sources.size(); ++i)
        if (launch->sources[i].kind != ArgumentSource::Kind::absent) launch->values.push_back({i});
    for (auto& [index, value] : launch->values) {
      const ArgumentSource& source = launch->sources[index];
      if (source.kind == ArgumentSource::Kind::scalar) {
        value = scalars[source.index];
        continue;
      }
      void* data = nullptr;
      if (source.kind == ArgumentSource::Kind::operand)
        data = call.operands[source.index]->data;
      else if (source.kind == ArgumentSource::Kind::output)
        data = output_data[source.index];
      else
        data = memory[source.index].data();
      value = reinterpret_cast<std::uintptr_t>(data);
      if (data != nullptr) value += static_cast<std::uint64_t>(source.distance);
    }
    if (first)
      launch_first(*launch, stream);
    else
      launch->kept.launch_again(stream, launch->values);
  }
}

KeptCallPlace::KeptCallPlace(const OpData& op, const CallView& call)
    : call_(kept_call_for(op, call)) {
  if (call_ == nullptr || call_->taken) {
    own_ = std::make_unique<KeptCall>();
    call_ = own_.get();
  }
  call_->taken = true;
}

}  // namespace tegula
