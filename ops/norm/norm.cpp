// rms_norm_fn, layer_norm_fn and their gradients.
#include "tegula/ops/norm.h"

#include "ops/lasting.h"
#include "ops/norm/norm_backward.h"
#include "ops/norm/norm_forward.h"

namespace tegula::ops {
namespace {

const NormFunction rms_function = {.kind = NormKind::rms},
                   layer_function = {.kind = NormKind::layer};

NormForwardOp norm_fn_op(const NormFunction& function, const char* name, const char* summary) {
  return norm_forward_op(function, name, summary)
      .without({"layerscale", "x0_subset", "out_subset", "out_numrows", "rowscale_const"});
}

NormArgs arguments_of(const NormFunction& function, const TensorRef& x, const TensorRef& weight,
                      const NormOptions& options) {
  return {function, x, weight, options};
}

NormBackwardOp norm_fn_bwd_op(const NormFunction& function, const char* name, const char* summary) {
  return norm_backward_op(function, name, summary)
      .without({"layerscale", "x0", "x0_subset", "out_subset", "out_numrows", "rowscale_const"});
}

NormBwdArgs arguments_of(const NormFunction& function, const TensorRef& dy, const TensorRef& s,
                         const TensorRef& rstd, const TensorRef& weight,
                         const NormBwdOptions& options) {
  return {options, {}, dy, s, rstd, weight, {}, &function};
}

}  // namespace

NormOut rms_norm_fn(Stream& stream, const TensorRef& x, const TensorRef& weight,
                    const NormOptions& options) {
  static const auto& op = lasting(
      norm_fn_op(
          rms_function, "rms_norm_fn",
          "y = s / rms(s) * weight + bias, s = dropout(rowscale * x) + dropout(x1) + residual")
          .without({"is_rms_norm"}));
  return op(stream, arguments_of(rms_function, x, weight, options));
}

NormOut layer_norm_fn(Stream& stream, const TensorRef& x, const TensorRef& weight,
                      const NormOptions& options) {
  static const auto& op =
      lasting(norm_fn_op(layer_function, "layer_norm_fn",
                         "y = (s - mean(s)) / std(s) * weight + bias, s as that of rms_norm_fn"));
  return op(stream, arguments_of(layer_function, x, weight, options));
}

NormGradients rms_norm_fn_bwd(Stream& stream, const TensorRef& dy, const TensorRef& s,
                              const TensorRef& rstd, const TensorRef& weight,
                              const NormBwdOptions& options) {
  static const auto& op =
      lasting(norm_fn_bwd_op(rms_function, "rms_norm_fn_bwd", "the gradients of rms_norm_fn")
                  .without({"is_rms_norm"}));
  return op(stream, arguments_of(rms_function, dy, s, rstd, weight, options));
}

NormGradients layer_norm_fn_bwd(Stream& stream, const TensorRef& dy, const TensorRef& s,
                                const TensorRef& rstd, const TensorRef& weight,
                                const NormBwdOptions& options) {
  static const auto& op = lasting(
      norm_fn_bwd_op(layer_function, "layer_norm_fn_bwd", "the gradients of layer_norm_fn"));
  return op(stream, arguments_of(layer_function, dy, s, rstd, weight, options));
}

}  // namespace tegula::ops
