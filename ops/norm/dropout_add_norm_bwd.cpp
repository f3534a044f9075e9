// The gradients of the dropout_add_* functions.
#include "ops/lasting.h"
#include "ops/norm/norm_backward.h"
#include "runtime/tensor/checks.h"
#include "tegula/ops/dropout_add_norm.h"

namespace tegula::ops {
namespace {

const NormFunction rms_bwd = {.kind = NormKind::rms, .x = "x0", .dx = "dx0"};
const NormFunction layer_bwd = {.kind = NormKind::layer, .x = "x0", .dx = "dx0"};
const NormFunction parallel_rms_bwd = {
    .kind = NormKind::rms, .x = "x0", .weight = "weight0", .bias = "bias0"};
const NormFunction parallel_layer_bwd = {
    .kind = NormKind::layer, .x = "x0", .weight = "weight0", .bias = "bias0"};

NormBwdArgs arguments_of(const TensorRef& dy, const TensorRef& s, const TensorRef& rstd,
                         const TensorRef& weight, const DropoutAddNormBwdOptions& o) {
  NormBwdArgs a;
  a.dy = dy, a.s = s, a.rstd = rstd, a.weight = weight;
  a.bias = o.bias, a.mean = o.mean, a.dresidual_out = o.dresidual_out;
  a.rowscale = o.rowscale, a.layerscale = o.layerscale, a.x0 = o.x0;
  a.dropout_p = o.dropout_p, a.rng = o.rng;
  a.has_residual = o.has_residual, a.x_dtype = o.x_dtype;
  a.dx = o.dx0, a.dresidual = o.dresidual, a.config = o.config;
  return a;
}

NormBwdArgs subset(NormBwdArgs a, const NormSubset& of) {
  a.x_subset = of.x0_subset, a.out_subset = of.out_subset;
  a.rowscale_const = of.rowscale_const, a.subsets_are_valid = of.subsets_are_valid;
  if (a.dy.rank() > 0) a.out_rows = element_count(Dims({a.dy.shape.begin(), a.dy.rank() - 1}));
  return a;
}

NormBackwardOp dropout_add_bwd_op(const NormFunction& function, const NormForwardOp& forward,
                                  const char* name, const char* summary) {
  return norm_backward_op(function, forward, name, summary)
      .without({"dy1", "weight1", "bias1", "has_x1", "dx1", "dweight1", "dbias1",
                "zero_centered_weight", "is_rms_norm"});
}
NormBackwardOp plain_bwd_op(const NormFunction& function, const NormForwardOp& forward,
                            const char* name, const char* summary) {
  return dropout_add_bwd_op(function, forward, name, summary)
      .without({"x0_subset", "out_subset", "out_numrows", "rowscale_const"});
}
NormBackwardOp subset_bwd_op(const NormFunction& function, const NormForwardOp& forward,
                             const char* name, const char* summary) {
  return dropout_add_bwd_op(function, forward, name, summary).without({"rowscale"});
}
NormBackwardOp parallel_bwd_op(const NormFunction& function, const NormForwardOp& forward,
                               const char* name, const char* summary) {
  return norm_backward_op(function, forward, name, summary)
      .without({"layerscale", "dlayerscale", "x0", "x0_subset", "out_subset", "out_numrows",
                "rowscale_const", "rowscale", "zero_centered_weight", "is_rms_norm"});
}

NormBwdArgs parallel(const TensorRef& dy, const TensorRef& s, const TensorRef& rstd,
                     const TensorRef& weight0, const NormBwdOptions& options) {
  NormBwdArgs a = {options, {}, dy, s, rstd, weight0};
  a.is_rms_norm = false;  // the function says which
  return a;
}

/// What the options have and the functions of subsets do not.
void check_subset_options(std::string_view op, const Stream& stream,
                          const DropoutAddNormBwdOptions& options) {
  const OpChecks checks(op, *stream.device());
  if (options.rowscale.present())
    checks.fail("rowscale", "a subset has no rowscale", runtime::describe(options.rowscale),
                "rowscale_const, or no rowscale");
  if (!options.x0.present())
    checks.fail("x0", "the tensor is absent", "no tensor", "a tensor on a device");
}

/// The same of the parallel ones.
void check_parallel_options(std::string_view op, const Stream& stream,
                            const NormBwdOptions& options) {
  const OpChecks checks(op, *stream.device());
  if (options.rowscale.present())
    checks.fail("rowscale", "the parallel forward has none", runtime::describe(options.rowscale),
                "no rowscale");
  if (options.zero_centered_weight)
    checks.fail("zero_centered_weight", "the parallel forward has none", "true", "false");
}

DropoutAddNormGrads gradients(NormBwdOut&& out) {
  return {std::move(out.dx), std::move(out.dweight), std::move(out.dbias), std::move(out.dresidual),
          std::move(out.dlayerscale)};
}

const NormBackwardOp& dropout_add_rms_norm_bwd_op() {
  static const auto& op =
      lasting(plain_bwd_op(rms_bwd, dropout_add_rms_norm_op(), "dropout_add_rms_norm_bwd",
                           "the gradients of dropout_add_rms_norm"));
  return op;
}
const NormBackwardOp& dropout_add_layer_norm_bwd_op() {
  static const auto& op =
      lasting(plain_bwd_op(layer_bwd, dropout_add_layer_norm_op(), "dropout_add_layer_norm_bwd",
                           "the gradients of dropout_add_layer_norm"));
  return op;
}
const NormBackwardOp& dropout_add_rms_norm_subset_bwd_op() {
  static const auto& op = lasting(subset_bwd_op(rms_bwd, dropout_add_rms_norm_subset_op(),
                                                "dropout_add_rms_norm_subset_bwd",
                                                "the gradients of dropout_add_rms_norm_subset"));
  return op;
}
const NormBackwardOp& dropout_add_layer_norm_subset_bwd_op() {
  static const auto& op = lasting(subset_bwd_op(layer_bwd, dropout_add_layer_norm_subset_op(),
                                                "dropout_add_layer_norm_subset_bwd",
                                                "the gradients of dropout_add_layer_norm_subset"));
  return op;
}
const NormBackwardOp& dropout_add_rms_norm_parallel_residual_bwd_op() {
  static const auto& op =
      lasting(parallel_bwd_op(parallel_rms_bwd, dropout_add_rms_norm_parallel_residual_op(),
                              "dropout_add_rms_norm_parallel_residual_bwd",
                              "the gradients of dropout_add_rms_norm_parallel_residual"));
  return op;
}
const NormBackwardOp& dropout_add_layer_norm_parallel_residual_bwd_op() {
  static const auto& op =
      lasting(parallel_bwd_op(parallel_layer_bwd, dropout_add_layer_norm_parallel_residual_op(),
                              "dropout_add_layer_norm_parallel_residual_bwd",
                              "the gradients of dropout_add_layer_norm_parallel_residual"));
  return op;
}

}  // namespace

void describe_dropout_add_norm() {  // the gradients and, with them, their forwards
  dropout_add_rms_norm_bwd_op();
  dropout_add_layer_norm_bwd_op();
  dropout_add_rms_norm_subset_bwd_op();
  dropout_add_layer_norm_subset_bwd_op();
  dropout_add_rms_norm_parallel_residual_bwd_op();
  dropout_add_layer_norm_parallel_residual_bwd_op();
}

DropoutAddNormGrads dropout_add_rms_norm_bwd(Stream& stream, const TensorRef& dy,
                                             const TensorRef& s, const TensorRef& rstd,
                                             const TensorRef& weight,
                                             const DropoutAddNormBwdOptions& options) {
  return gradients(
      dropout_add_rms_norm_bwd_op()(stream, arguments_of(dy, s, rstd, weight, options)));
}

DropoutAddNormGrads dropout_add_layer_norm_bwd(Stream& stream, const TensorRef& dy,
                                               const TensorRef& s, const TensorRef& rstd,
                                               const TensorRef& weight,
                                               const DropoutAddNormBwdOptions& options) {
  return gradients(
      dropout_add_layer_norm_bwd_op()(stream, arguments_of(dy, s, rstd, weight, options)));
}

DropoutAddNormGrads dropout_add_rms_norm_subset_bwd(Stream& stream, const TensorRef& dy,
                                                    const TensorRef& s, const TensorRef& rstd,
                                                    const TensorRef& weight, const NormSubset& of,
                                                    const DropoutAddNormBwdOptions& options) {
  const auto& op = dropout_add_rms_norm_subset_bwd_op();
  check_subset_options(op.name(), stream, options);
  return gradients(op(stream, subset(arguments_of(dy, s, rstd, weight, options), of)));
}

DropoutAddNormGrads dropout_add_layer_norm_subset_bwd(Stream& stream, const TensorRef& dy,
                                                      const TensorRef& s, const TensorRef& rstd,
                                                      const TensorRef& weight, const NormSubset& of,
                                                      const DropoutAddNormBwdOptions& options) {
  const auto& op = dropout_add_layer_norm_subset_bwd_op();
  check_subset_options(op.name(), stream, options);
  return gradients(op(stream, subset(arguments_of(dy, s, rstd, weight, options), of)));
}

NormGrads dropout_add_rms_norm_parallel_residual_bwd(Stream& stream, const TensorRef& dy,
                                                     const TensorRef& s, const TensorRef& rstd,
                                                     const TensorRef& weight0,
                                                     const NormBwdOptions& options) {
  const auto& op = dropout_add_rms_norm_parallel_residual_bwd_op();
  check_parallel_options(op.name(), stream, options);
  return op(stream, parallel(dy, s, rstd, weight0, options));
}

NormGrads dropout_add_layer_norm_parallel_residual_bwd(Stream& stream, const TensorRef& dy,
                                                       const TensorRef& s, const TensorRef& rstd,
                                                       const TensorRef& weight0,
                                                       const NormBwdOptions& options) {
  const auto& op = dropout_add_layer_norm_parallel_residual_bwd_op();
  check_parallel_options(op.name(), stream, options);
  return op(stream, parallel(dy, s, rstd, weight0, options));
}

}  // namespace tegula::ops
