// The gradients of the dropout_add_* functions.
#include "ops/lasting.h"
#include "ops/norm/norm_backward.h"
#include "runtime/tensor/checks.h"
#include "tegula/ops/dropout_add_norm.h"

namespace tegula::ops {
namespace {

using Form = DropoutAddForm;

/// How their signatures call what the gradients of all norms have.
template <Form form, NormKind kind>
constexpr NormFunction function_bwd = {.kind = kind,
                                       .x = "x0",
                                       .weight = form == Form::parallel ? "weight0" : "weight",
                                       .bias = form == Form::parallel ? "bias0" : "bias",
                                       .dx = form == Form::parallel ? "dx" : "dx0"};

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

NormBackwardOp describe(const NormFunction& function, const NormForwardOp& forward, Form form) {
  NormBackwardOp op = norm_backward_op(function, forward, forward.name() + "_bwd",
                                       "the gradients of " + forward.name())
                          .without({"zero_centered_weight", "is_rms_norm"});
  if (form == Form::parallel)
    return std::move(op).without({"layerscale", "dlayerscale", "x0", "x0_subset", "out_subset",
                                  "out_numrows", "rowscale_const", "rowscale"});
  NormBackwardOp one =
      std::move(op).without({"dy1", "weight1", "bias1", "has_x1", "dx1", "dweight1", "dbias1"});
  if (form == Form::subset) return std::move(one).without({"rowscale"});
  return std::move(one).without({"x0_subset", "out_subset", "out_numrows", "rowscale_const"});
}

template <Form form, NormKind kind>
const NormBackwardOp& dropout_add_bwd_op() {
  static const auto& op =
      lasting(describe(function_bwd<form, kind>, dropout_add_op<form, kind>(), form));
  return op;
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

}  // namespace

void describe_dropout_add_norm() {  // the gradients and, with them, their forwards
  dropout_add_bwd_op<Form::plain, NormKind::rms>();
  dropout_add_bwd_op<Form::plain, NormKind::layer>();
  dropout_add_bwd_op<Form::subset, NormKind::rms>();
  dropout_add_bwd_op<Form::subset, NormKind::layer>();
  dropout_add_bwd_op<Form::parallel, NormKind::rms>();
  dropout_add_bwd_op<Form::parallel, NormKind::layer>();
}

DropoutAddNormGrads dropout_add_rms_norm_bwd(Stream& stream, const TensorRef& dy,
                                             const TensorRef& s, const TensorRef& rstd,
                                             const TensorRef& weight,
                                             const DropoutAddNormBwdOptions& options) {
  return gradients(dropout_add_bwd_op<Form::plain, NormKind::rms>()(
      stream, arguments_of(dy, s, rstd, weight, options)));
}

DropoutAddNormGrads dropout_add_layer_norm_bwd(Stream& stream, const TensorRef& dy,
                                               const TensorRef& s, const TensorRef& rstd,
                                               const TensorRef& weight,
                                               const DropoutAddNormBwdOptions& options) {
  return gradients(dropout_add_bwd_op<Form::plain, NormKind::layer>()(
      stream, arguments_of(dy, s, rstd, weight, options)));
}

DropoutAddNormGrads dropout_add_rms_norm_subset_bwd(Stream& stream, const TensorRef& dy,
                                                    const TensorRef& s, const TensorRef& rstd,
                                                    const TensorRef& weight, const NormSubset& of,
                                                    const DropoutAddNormBwdOptions& options) {
  const auto& op = dropout_add_bwd_op<Form::subset, NormKind::rms>();
  check_subset_options(op.name(), stream, options);
  return gradients(op(stream, subset(arguments_of(dy, s, rstd, weight, options), of)));
}

DropoutAddNormGrads dropout_add_layer_norm_subset_bwd(Stream& stream, const TensorRef& dy,
                                                      const TensorRef& s, const TensorRef& rstd,
                                                      const TensorRef& weight, const NormSubset& of,
                                                      const DropoutAddNormBwdOptions& options) {
  const auto& op = dropout_add_bwd_op<Form::subset, NormKind::layer>();
  check_subset_options(op.name(), stream, options);
  return gradients(op(stream, subset(arguments_of(dy, s, rstd, weight, options), of)));
}

NormGrads dropout_add_rms_norm_parallel_residual_bwd(Stream& stream, const TensorRef& dy,
                                                     const TensorRef& s, const TensorRef& rstd,
                                                     const TensorRef& weight0,
                                                     const NormBwdOptions& options) {
  const auto& op = dropout_add_bwd_op<Form::parallel, NormKind::rms>();
  check_parallel_options(op.name(), stream, options);
  return op(stream, parallel(dy, s, rstd, weight0, options));
}

NormGrads dropout_add_layer_norm_parallel_residual_bwd(Stream& stream, const TensorRef& dy,
                                                       const TensorRef& s, const TensorRef& rstd,
                                                       const TensorRef& weight0,
                                                       const NormBwdOptions& options) {
  const auto& op = dropout_add_bwd_op<Form::parallel, NormKind::layer>();
  check_parallel_options(op.name(), stream, options);
  return op(stream, parallel(dy, s, rstd, weight0, options));
}

}  // namespace tegula::ops
