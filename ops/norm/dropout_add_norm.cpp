// The dropout_add_* functions forward.
#include "tegula/ops/dropout_add_norm.h"

#include "ops/lasting.h"
#include "ops/norm/norm_forward.h"

namespace tegula::ops {
namespace {

constexpr NormFunction function_of(NormKind kind) {
  return {kind, true, "x0", "weight", "bias", "epsilon"};
}
const NormFunction rms = function_of(NormKind::rms), layer = function_of(NormKind::layer);
const NormFunction parallel_rms = {NormKind::rms, true, "x0", "weight0", "bias0", "epsilon"};
const NormFunction parallel_layer = {NormKind::layer, true, "x0", "weight0", "bias0", "epsilon"};

/// With the options that all of these functions have.
template <class Options>
NormArgs arguments_of(const TensorRef& x0, const TensorRef& weight, const Options& o) {
  NormArgs a;
  a.x = x0, a.residual = o.residual, a.weight = weight;
  a.dropout_p = o.dropout_p, a.eps = o.epsilon;
  a.prenorm = o.prenorm, a.residual_in_fp32 = o.residual_in_fp32;
  a.return_dropout_mask = o.return_dropout_mask;
  a.out = o.out, a.residual_out = o.residual_out;
  a.rng = o.rng, a.config = o.config;
  return a;
}

NormArgs arguments_of(const TensorRef& x0, const TensorRef& weight,
                      const DropoutAddNormOptions& o) {
  NormArgs a = arguments_of<DropoutAddNormOptions>(x0, weight, o);
  a.bias = o.bias, a.rowscale = o.rowscale, a.layerscale = o.layerscale;
  return a;
}
NormArgs arguments_of(const TensorRef& x0, const TensorRef& weight,
                      const DropoutAddNormSubsetOptions& o) {
  NormArgs a = arguments_of<DropoutAddNormSubsetOptions>(x0, weight, o);
  a.bias = o.bias, a.layerscale = o.layerscale;
  a.x_subset = o.x0_subset, a.out_subset = o.out_subset;
  a.out_rows = o.out_numrows, a.rowscale_const = o.rowscale_const;
  a.subsets_are_valid = o.subsets_are_valid;
  return a;
}
NormArgs arguments_of(const TensorRef& x0, const TensorRef& weight0,
                      const DropoutAddNormParallelOptions& o) {
  NormArgs a = arguments_of<DropoutAddNormParallelOptions>(x0, weight0, o);
  a.bias = o.bias0, a.x1 = o.x1, a.weight1 = o.weight1, a.bias1 = o.bias1;
  return a;
}

NormForwardOp dropout_add_op(const NormFunction& function, const char* name, const char* summary) {
  return norm_forward_op(function, name, summary)
      .without({"zero_centered_weight", "is_rms_norm", "out_dtype"});
}
NormForwardOp plain_op(const NormFunction& function, const char* name, const char* summary) {
  return dropout_add_op(function, name, summary)
      .without({"x1", "weight1", "bias1", "y1", "mask1", "x0_subset", "out_subset", "out_numrows",
                "rowscale_const"});
}
NormForwardOp subset_op(const NormFunction& function, const char* name, const char* summary) {
  return dropout_add_op(function, name, summary)
      .without({"x1", "weight1", "bias1", "y1", "mask1", "rowscale"});
}
NormForwardOp parallel_op(const NormFunction& function, const char* name, const char* summary) {
  return dropout_add_op(function, name, summary)
      .without(
          {"rowscale", "layerscale", "x0_subset", "out_subset", "out_numrows", "rowscale_const"});
}

}  // namespace

// The six ops, which their gradients name (norm_forward.h).

const NormForwardOp& dropout_add_rms_norm_op() {
  static const auto& op = lasting(
      plain_op(rms, "dropout_add_rms_norm",
               "y = rms_norm(layerscale * dropout(rowscale * x0) + residual) * weight + bias"));
  return op;
}
const NormForwardOp& dropout_add_layer_norm_op() {
  static const auto& op = lasting(
      plain_op(layer, "dropout_add_layer_norm",
               "y = layer_norm(layerscale * dropout(rowscale * x0) + residual) * weight + bias"));
  return op;
}
const NormForwardOp& dropout_add_rms_norm_subset_op() {
  static const auto& op = lasting(subset_op(rms, "dropout_add_rms_norm_subset",
                                            "dropout_add_rms_norm where some rows have no x0"));
  return op;
}
const NormForwardOp& dropout_add_layer_norm_subset_op() {
  static const auto& op = lasting(subset_op(layer, "dropout_add_layer_norm_subset",
                                            "dropout_add_layer_norm where some rows have no x0"));
  return op;
}
const NormForwardOp& dropout_add_rms_norm_parallel_residual_op() {
  static const auto& op =
      lasting(parallel_op(parallel_rms, "dropout_add_rms_norm_parallel_residual",
                          "y and y1 of rms_norm(dropout(x0) + dropout(x1) + residual)"));
  return op;
}
const NormForwardOp& dropout_add_layer_norm_parallel_residual_op() {
  static const auto& op =
      lasting(parallel_op(parallel_layer, "dropout_add_layer_norm_parallel_residual",
                          "y and y1 of layer_norm(dropout(x0) + dropout(x1) + residual)"));
  return op;
}

NormOut dropout_add_rms_norm(Stream& stream, const TensorRef& x0, const TensorRef& weight,
                             const DropoutAddNormOptions& options) {
  return dropout_add_rms_norm_op()(stream, arguments_of(x0, weight, options));
}

NormOut dropout_add_layer_norm(Stream& stream, const TensorRef& x0, const TensorRef& weight,
                               const DropoutAddNormOptions& options) {
  return dropout_add_layer_norm_op()(stream, arguments_of(x0, weight, options));
}

NormOut dropout_add_rms_norm_subset(Stream& stream, const TensorRef& x0, const TensorRef& weight,
                                    const DropoutAddNormSubsetOptions& options) {
  return dropout_add_rms_norm_subset_op()(stream, arguments_of(x0, weight, options));
}

NormOut dropout_add_layer_norm_subset(Stream& stream, const TensorRef& x0, const TensorRef& weight,
                                      const DropoutAddNormSubsetOptions& options) {
  return dropout_add_layer_norm_subset_op()(stream, arguments_of(x0, weight, options));
}

NormOut dropout_add_rms_norm_parallel_residual(Stream& stream, const TensorRef& x0,
                                               const TensorRef& weight0,
                                               const DropoutAddNormParallelOptions& options) {
  return dropout_add_rms_norm_parallel_residual_op()(stream, arguments_of(x0, weight0, options));
}

NormOut dropout_add_layer_norm_parallel_residual(Stream& stream, const TensorRef& x0,
                                                 const TensorRef& weight0,
                                                 const DropoutAddNormParallelOptions& options) {
  return dropout_add_layer_norm_parallel_residual_op()(stream, arguments_of(x0, weight0, options));
}

}  // namespace tegula::ops
