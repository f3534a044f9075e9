// rms_norm_fn, layer_norm_fn and their gradients.
#include "tegula/ops/norm.h"

#include "ops/lasting.h"
#include "ops/norm/norm_backward.h"
#include "ops/norm/norm_forward.h"

namespace tegula::ops {
namespace {

const NormFunction rms_function = {.kind = NormKind::rms},
                   layer_function = {.kind = NormKind::layer};

NormForwardOp describe_fn(const NormFunction& function, const char* name, const char* summary) {
  return norm_forward_op(function, name, summary)
      .without({"layerscale", "x0_subset", "out_subset", "out_numrows", "rowscale_const"});
}

const NormForwardOp& rms_norm_op() {
  static const auto& op = lasting(
      describe_fn(
          rms_function, "rms_norm_fn",
          "y = s / rms(s) * weight + bias, s = dropout(rowscale * x) + dropout(x1) + residual")
          .without({"is_rms_norm"}));
  return op;
}
const NormForwardOp& layer_norm_op() {
  static const auto& op =
      lasting(describe_fn(layer_function, "layer_norm_fn",
                          "y = (s - mean(s)) / std(s) * weight + bias, s as that of rms_norm_fn"));
  return op;
}

NormBackwardOp describe_fn_bwd(const NormFunction& function, const NormForwardOp& forward,
                               const char* name, const char* summary) {
  return norm_backward_op(function, forward, name, summary)
      .without({"layerscale", "dlayerscale", "x0", "x0_subset", "out_subset", "out_numrows",
                "rowscale_const"});
}

const NormBackwardOp& rms_norm_bwd_op() {
  static const auto& op = lasting(describe_fn_bwd(rms_function, rms_norm_op(), "rms_norm_fn_bwd",
                                                  "the gradients of rms_norm_fn")
                                      .without({"is_rms_norm"}));
  return op;
}
const NormBackwardOp& layer_norm_bwd_op() {
  static const auto& op = lasting(describe_fn_bwd(
      layer_function, layer_norm_op(), "layer_norm_fn_bwd", "the gradients of layer_norm_fn"));
  return op;
}

}  // namespace

void describe_norm() {
  rms_norm_bwd_op();  // and, with them, their forwards
  layer_norm_bwd_op();
}

NormOut rms_norm_fn(Stream& stream, const TensorRef& x, const TensorRef& weight,
                    const NormOptions& options) {
  return rms_norm_op()(stream, {x, weight, options});
}

NormOut layer_norm_fn(Stream& stream, const TensorRef& x, const TensorRef& weight,
                      const NormOptions& options) {
  return layer_norm_op()(stream, {x, weight, options});
}

NormGrads rms_norm_fn_bwd(Stream& stream, const TensorRef& dy, const TensorRef& s,
                          const TensorRef& rstd, const TensorRef& weight,
                          const NormBwdOptions& options) {
  return rms_norm_bwd_op()(stream, {options, {}, dy, s, rstd, weight});
}

NormGrads layer_norm_fn_bwd(Stream& stream, const TensorRef& dy, const TensorRef& s,
                            const TensorRef& rstd, const TensorRef& weight,
                            const NormBwdOptions& options) {
  return layer_norm_bwd_op()(stream, {options, {}, dy, s, rstd, weight});
}

}  // namespace tegula::ops
