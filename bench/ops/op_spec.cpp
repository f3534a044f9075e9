#include "bench/ops/op_spec.h"

#include <algorithm>
#include <bit>
#include <set>

#include <fmt/format.h>

#include "tegula/simulator.h"

namespace tegula::bench {
namespace {

constexpr std::int64_t head = 128;        // elements of a head, of rotary
constexpr std::int64_t positions = 2048;  // of a sequence, of rotary

/// In OpSpec::inputs: the dtype of x.
constexpr DType as_x = DType::i1;

Stream& planning_stream() {
  static Stream stream(make_sim_device("sm_90a"));
  return stream;
}

bool has_heads(const OpBase& op) {
  const auto& inputs = op.tensors();
  return !inputs.empty() && inputs.front().shape.kind == op::Shape::Kind::dims;
}

void set_parameters(OpCall& call, const std::map<std::string, double>& parameters) {
  for (const auto& [name, value] : parameters) {
    const OpParameter* parameter = call.find_parameter(name);
    if (parameter == nullptr) continue;
    if (parameter->kind == OpParameter::Kind::flag)
      call.set(name, value != 0);
    else if (parameter->kind == OpParameter::Kind::integer)
      call.set(name, static_cast<std::int64_t>(value));
    else
      call.set(name, value);
  }
}

OpPlan plan_of(const OpSpec& spec, DType dtype, std::int64_t rows, std::int64_t n) {
  const auto call = spec.call();
  set_parameters(*call, {{"m", static_cast<double>(rows)}, {"n", static_cast<double>(n)}});
  call->complete(planning_stream(), spec.sizes(rows, n), dtype, spec.dtypes(dtype));
  return call->plan(planning_stream());
}

/// Rows of up to 16,384 columns in one tile, of all above by loops too; 4 to 128 elements a thread.
std::vector<Pin> row_configs(std::int64_t rows, std::int64_t n, bool parts) {
  const auto whole = static_cast<std::int64_t>(std::bit_ceil(static_cast<std::uint64_t>(n)));
  std::vector<Pin> pins;
  for (std::int64_t bn = 256; bn <= (parts ? 8192 : 32768); bn *= 2) {
    if (bn > whole || (bn < whole && !parts && whole <= 8192)) continue;
    for (std::int64_t r = 1; r <= 32 && r <= rows; r *= 2) {
      if (r > 1 && bn > 4096) break;
      for (std::int64_t warps = 1; warps <= 32; warps *= 2) {
        const std::int64_t each = r * bn / (32 * warps);
        if (each >= 4 && each <= 128) pins.push_back({{"rows", r}, {"bn", bn}, {"warps", warps}});
      }
    }
  }
  return pins;
}

/// Long rows over clusters, which a device without them refuses.
void add_clusters(std::vector<Pin>& pins, std::int64_t n) {
  if (n < 8192) return;
  for (const std::int64_t cluster : {2, 4, 8}) {
    const auto bn = static_cast<std::int64_t>(
        std::bit_ceil(static_cast<std::uint64_t>((n + cluster - 1) / cluster)));
    for (std::int64_t warps = 4; warps <= 32; warps *= 2)
      if (bn / (32 * warps) >= 4 && bn / (32 * warps) <= 64)
        pins.push_back({{"rows", 1}, {"bn", bn}, {"warps", warps}, {"cluster", cluster}});
  }
}

std::vector<Pin> rotary_configs() {
  std::vector<Pin> pins;
  for (const std::int64_t bs : {4, 8, 16, 32, 64})
    for (const std::int64_t bh : {1, 2, 4})
      for (const std::int64_t turns : {1, 4, 16})
        for (const std::int64_t warps : {2, 4, 8}) {
          const std::int64_t each = bs * bh * (head / 2) / (32 * warps);
          if (each >= 4 && each <= 64)
            pins.push_back({{"bs", bs}, {"bh", bh}, {"turns", turns}, {"warps", warps}});
        }
  return pins;
}

}  // namespace

std::string to_string(const Pin& pin) {
  std::string text;
  for (const auto& [name, value] : pin) text += fmt::format("{}{}", text.empty() ? "" : "x", value);
  return pin.empty() ? "default" : text;
}

bool OpSpec::takes(std::int64_t n) const {
  return !has_heads(*op) || (n % head == 0 && n <= 256 * head);
}

std::int64_t OpSpec::bytes_of_row(DType dtype, std::int64_t n) const {
  const std::int64_t rows = 2 * positions;  // what is not of rows is in both
  return (plan_of(*this, dtype, 2 * rows, n).bytes - plan_of(*this, dtype, rows, n).bytes) / rows;
}

std::vector<Pin> OpSpec::configs(DType dtype, std::int64_t rows, std::int64_t n) const {
  if (!op->config_info()) return {};
  const std::vector<ConfigFieldInfo>& fields = op->config_info()->fields;
  const auto has = [&](std::string_view name) {
    return std::ranges::find(fields, name, &ConfigFieldInfo::name) != fields.end();
  };
  if (has("turns")) return rotary_configs();
  if (!has("rows") || !has("bn") || !has("warps")) return {};
  // An op that cuts rows that it could hold works element by element.
  const OpPlan plan = plan_of(*this, dtype, rows, 8192);
  const OpLaunch& launch = plan.launches.front();
  const auto bn = std::ranges::find(launch.kernel->fields(), "bn", &ConfigFieldInfo::name);
  const bool by_elements =
      launch.config.values[static_cast<std::size_t>(bn - launch.kernel->fields().begin())] < 8192 &&
      !has("cluster");
  std::vector<Pin> pins = row_configs(rows, n, by_elements);
  if (has("cluster")) add_clusters(pins, n);
  return pins;
}

std::unique_ptr<OpCall> OpSpec::call() const {
  auto call = std::make_unique<OpCall>(*op);
  set_parameters(*call, {{"dropout_p", 0.1}, {"return_mask", 0}});
  if (variant == "plain" && call->find_parameter("prenorm") != nullptr)
    set_parameters(*call, {{"dropout_p", 0}});
  set_parameters(*call, parameters);
  return call;
}

/// Of rotary a row is one position of one batch entry, all its heads.
op::Sizes OpSpec::sizes(std::int64_t rows, std::int64_t n) const {
  const std::int64_t length = std::min(rows, positions);
  if (!has_heads(*op)) return {{"M", rows}, {"N", n}};
  return {
      {"b", std::max<std::int64_t>(rows / length, 1)}, {"s", length}, {"h", n / head}, {"d", head}};
}

std::map<std::string, DType> OpSpec::dtypes(DType dtype) const {
  std::map<std::string, DType> all;
  for (const auto& [name, own] : inputs) all[name] = own == as_x ? dtype : own;
  return all;
}

std::vector<OpSpec> op_specs() {
  std::vector<const OpBase*> ops = described_ops();
  // Of two that launch the same kernels the one that has the shorter name.
  std::ranges::stable_sort(ops, {}, [](const OpBase* op) { return op->name().size(); });
  std::vector<OpSpec> specs;
  std::set<const KernelBase*> kernels;
  for (const OpBase* op : ops) {
    bool is_new = false;
    const OpSpec spec = {op};
    for (const OpLaunch& launch : plan_of(spec, DType::bf16, positions, 4096).launches)
      is_new |= kernels.insert(launch.kernel).second;
    if (is_new) specs.push_back(spec);
  }
  std::ranges::sort(specs, {}, [](const OpSpec& spec) { return spec.op->name(); });

  const auto add = [&](std::string_view name, std::string variant,
                       std::map<std::string, DType> inputs,
                       std::map<std::string, double> parameters = {}) {
    const auto op = std::ranges::find(ops, name, [](const OpBase* o) { return o->name(); });
    specs.push_back({*op, std::move(variant), std::move(inputs), std::move(parameters)});
  };
  // With a residual stream in the dtype of x; the same with dropout; with one in f32, and a bias.
  const std::map<std::string, double> drops = {{"dropout_p", 0.1}}, none = {{"dropout_p", 0}};
  add("rms_norm_fn", "residual", {{"residual", as_x}}, none);
  add("rms_norm_fn", "dropout", {{"residual", as_x}}, drops);
  add("rms_norm_fn", "f32_residual_bias", {{"residual", DType::f32}, {"bias", as_x}}, none);
  // What comes back through the residual stream is added, and passed on.
  add("rms_norm_fn_bwd", "residual", {{"residual", as_x}, {"dresidual_out", as_x}}, none);
  add("rms_norm_fn_bwd", "dropout", {{"residual", as_x}, {"dresidual_out", as_x}}, drops);
  add("rotary", "interleaved", {}, {{"interleaved", 1}});
  return specs;
}

Tensor PreparedCall::keep(Tensor tensor) {
  tensors_.push_back(tensor);
  return tensor;
}

PreparedCall::PreparedCall(const OpSpec& spec, Stream& stream, DType dtype, std::int64_t rows,
                           std::int64_t n)
    : call_(spec.call()) {
  // A call that is made up says which tensors there are, and which outputs.
  const auto model = spec.call();
  for (OpCall* call : {call_.get(), model.get()})
    set_parameters(*call, {{"m", static_cast<double>(rows)}, {"n", static_cast<double>(n)}});
  model->complete(planning_stream(), spec.sizes(rows, n), dtype, spec.dtypes(dtype));
  std::uint32_t seed = 0;
  for (const OpTensor* input : model->inputs()) {
    const TensorRef wanted = model->tensor(input->name);
    if (!wanted.present()) continue;
    const bool indices = input->values.kind == op::Values::Kind::indices;
    const std::int64_t below = indices ? model->tensor(input->values.into).shape.back() : 1;
    call_->set(input->name, keep(random_tensor(stream, wanted.dtype, wanted.shape, ++seed, below)));
  }
  for (const auto& [name, tensor] : model->plan(planning_stream()).outputs)
    for (const OpOutput& output : spec.op->outputs())
      if (output.name == name && !output.into.empty() && output.into != "dresidual")
        call_->set(output.into, keep(stream.empty(tensor.dtype, tensor.shape)));
  call_->run(stream);
}

}  // namespace tegula::bench
