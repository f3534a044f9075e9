#include "ops/norm/norm_plan.h"

#include <array>
#include <bit>
#include <memory>

#include "ops/common/destination.h"

namespace tegula::ops {
namespace {

using Tensors = std::array<const TensorRef*, 16>;
constexpr std::size_t written = 4;  // of Tensors, from the first

/// Where nothing drops out it was not looked at.
const TensorRef& memory_of(const NormOptions& options) {
  static const TensorRef absent;
  return options.dropout_p > 0 && options.rng ? options.rng->memory : absent;
}

Tensors tensors_of(const NormCall& call) {
  const NormOptions& o = call.options;
  const NormExtras& e = call.extras;
  return {&o.out,        &o.residual_out, &o.rstd,       &o.mean,      &call.x,  &call.weight,
          &o.residual,   &o.x1,           &o.bias,       &o.weight1,   &o.bias1, &o.rowscale,
          &e.layerscale, &e.x_subset,     &e.out_subset, &memory_of(o)};
}

using Words = std::array<std::uint64_t, 5>;

/// All of a call but its tensors, and but what a kernel takes as a scalar.
Words words_of(const NormCall& call) {
  const NormOptions& o = call.options;
  const auto word = [](int high, int low) {
    return static_cast<std::uint64_t>(static_cast<std::uint32_t>(high)) << 32 |
           static_cast<std::uint32_t>(low);
  };
  std::uint64_t flags = static_cast<std::uint64_t>(call.kind);
  for (const bool flag : {o.dropout_p > 0, o.prenorm, o.residual_in_fp32, o.zero_centered_weight,
                          o.return_dropout_mask, call.extras.rowscale_const != 1,
                          call.extras.masks_of_all, o.config.has_value()})
    flags = flags << 1 | (flag ? 1 : 0);
  const NormRowConfig config = o.config.value_or(RowConfig{0, 0, 0});
  return {flags, o.out_dtype ? 1 + static_cast<std::uint64_t>(*o.out_dtype) : 0,
          word(config.rows, config.bn), word(config.warps, config.cluster),
          static_cast<std::uint64_t>(call.extras.out_rows)};
}

void* address(const std::optional<Tensor>& tensor) { return tensor ? tensor->data() : nullptr; }

}  // namespace

NormOut allocate(Stream& stream, const NormCall& call, const NormOutputs& outputs) {
  const NormOptions& o = call.options;
  NormOut result;
  result.y = destination(stream, o.out, outputs.out_dtype, outputs.y);
  if (o.weight1.present()) result.y1 = stream.empty(outputs.out_dtype, outputs.y);
  if (outputs.stores_sum)
    result.residual_out = destination(stream, o.residual_out, outputs.sum_dtype, outputs.sum);
  else if (o.prenorm)
    result.residual_out = Tensor::alias(stream, call.x);
  if (outputs.masks) {
    result.mask = stream.empty(DType::i1, call.x.shape);
    if (o.x1.present()) result.mask1 = stream.empty(DType::i1, outputs.sum);
  }
  result.rstd = destination(stream, o.rstd, DType::f32, leading(outputs.sum));
  if (call.kind == NormKind::layer)
    result.mean = destination(stream, o.mean, DType::f32, leading(outputs.sum));
  return result;
}

void NormPlan::launch(Stream& stream, const NormCall& call, const NormOutputs& outputs,
                      const NormConfig& config, const NormTensors& tensors,
                      const Dropout& dropout) {
  shape_.forget();
  launch_norm_fwd(stream, call.kind, config, tensors, dropout, call.options.eps, kept_);
  outputs_ = outputs;
  // A p so small that nothing is dropped is checked like one that drops, but launches otherwise;
  // and tensors that share a range of addresses have a kernel of their own.
  if (dropout.drops() != (call.options.dropout_p > 0)) return;
  shape_.remember(tensors_of(call), written, words_of(call));
  if (shape_.may_overlap(tensors_of(call))) shape_.forget();
}

bool NormPlan::fits(const Stream& stream, const NormCall& call) const {
  const Tensors tensors = tensors_of(call);
  return shape_.same(tensors, words_of(call)) && !shape_.may_overlap(tensors) &&
         kept_.serves(*stream.device());
}

NormOut NormPlan::run(Stream& stream, const NormCall& call, const Dropout& dropout) {
  NormOut result = allocate(stream, call, outputs_);
  const NormOptions& o = call.options;
  const NormExtras& e = call.extras;
  launch_norm_fwd_again(
      stream,
      {.x = call.x.data,
       .residual = o.residual.data,
       .x1 = o.x1.data,
       .weight = call.weight.data,
       .bias = o.bias.data,
       .weight1 = o.weight1.data,
       .bias1 = o.bias1.data,
       .rowscale = o.rowscale.data,
       .layerscale = e.layerscale.data,
       .x_subset = e.x_subset.data,
       .out_subset = e.out_subset.data,
       .rng = dropout.memory.data,
       .y = result.y.data(),
       .y1 = address(result.y1),
       .residual_out = outputs_.stores_sum ? address(result.residual_out) : nullptr,
       .mask = address(result.mask),
       .mask1 = address(result.mask1),
       .mean = address(result.mean),
       .rstd = address(result.rstd)},
      dropout, o.eps, kept_);
  return result;
}

namespace {

/// Some ten thousand bytes each, once used.
constexpr std::size_t places = 16;

thread_local bool ended = false;  // may be read to the thread's very end
struct Plans {
  std::array<std::unique_ptr<NormPlan>, places> at;
  ~Plans() { ended = true; }
};

/// Null if this thread keeps no more plans.
NormPlan* place_of(const NormCall& call) {
  thread_local Plans plans;
  if (ended) return nullptr;
  std::uint64_t hash = static_cast<std::uint64_t>(call.kind) * 4 + call.options.residual.present();
  for (const std::int64_t extent : call.x.shape)
    hash = (hash ^ static_cast<std::uint64_t>(extent)) * 0x9e3779b97f4a7c15u;
  std::unique_ptr<NormPlan>& place = plans.at[(hash >> 32) % places];
  if (place == nullptr) place = std::make_unique<NormPlan>();
  return place.get();
}

}  // namespace

NormPlanPlace::NormPlanPlace(const NormCall& call) : plan_(place_of(call)) {
  if (plan_ == nullptr || plan_->taken_) {
    own_ = std::make_unique<NormPlan>();
    plan_ = own_.get();
  }
  plan_->taken_ = true;
}

}  // namespace tegula::ops
