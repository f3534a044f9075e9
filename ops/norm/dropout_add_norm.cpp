// The dropout_add_* functions forward.
#include "tegula/ops/dropout_add_norm.h"

#include <fmt/format.h>

#include "ops/lasting.h"
#include "ops/norm/norm_forward.h"

namespace tegula::ops {
namespace {

using Form = DropoutAddForm;

/// How their signatures call what all norms have.
template <Form form, NormKind kind>
constexpr NormFunction function = {.kind = kind,
                                   .gives_masks = true,
                                   .x = "x0",
                                   .weight = form == Form::parallel ? "weight0" : "weight",
                                   .bias = form == Form::parallel ? "bias0" : "bias",
                                   .eps = "epsilon"};

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

std::string op_name_of(Form form, NormKind kind) {
  constexpr const char* suffixes[] = {"", "_subset", "_parallel_residual"};
  return fmt::format("dropout_add_{}_norm{}", kind == NormKind::rms ? "rms" : "layer",
                     suffixes[static_cast<int>(form)]);
}

std::string summary_of(Form form, NormKind kind) {
  const char* const norm = kind == NormKind::rms ? "rms_norm" : "layer_norm";
  switch (form) {
    case Form::plain:
      return fmt::format("y = {}(layerscale * dropout(rowscale * x0) + residual) * weight + bias",
                         norm);
    case Form::subset:
      return fmt::format("dropout_add_{} where some rows have no x0", norm);
    case Form::parallel:
      break;
  }
  return fmt::format("y and y1 of {}(dropout(x0) + dropout(x1) + residual)", norm);
}

NormForwardOp describe(const NormFunction& function, Form form) {
  NormForwardOp op =
      norm_forward_op(function, op_name_of(form, function.kind), summary_of(form, function.kind))
          .without({"zero_centered_weight", "is_rms_norm", "out_dtype"});
  if (form == Form::parallel)
    return std::move(op).without(
        {"rowscale", "layerscale", "x0_subset", "out_subset", "out_numrows", "rowscale_const"});
  NormForwardOp one = std::move(op).without({"x1", "weight1", "bias1", "y1", "mask1"});
  if (form == Form::subset) return std::move(one).without({"rowscale"});
  return std::move(one).without({"x0_subset", "out_subset", "out_numrows", "rowscale_const"});
}

}  // namespace

template <Form form, NormKind kind>
const NormForwardOp& dropout_add_op() {
  static const auto& op = lasting(describe(function<form, kind>, form));
  return op;
}
template const NormForwardOp& dropout_add_op<Form::plain, NormKind::rms>();
template const NormForwardOp& dropout_add_op<Form::plain, NormKind::layer>();
template const NormForwardOp& dropout_add_op<Form::subset, NormKind::rms>();
template const NormForwardOp& dropout_add_op<Form::subset, NormKind::layer>();
template const NormForwardOp& dropout_add_op<Form::parallel, NormKind::rms>();
template const NormForwardOp& dropout_add_op<Form::parallel, NormKind::layer>();

NormOut dropout_add_rms_norm(Stream& stream, const TensorRef& x0, const TensorRef& weight,
                             const DropoutAddNormOptions& options) {
  return dropout_add_op<Form::plain, NormKind::rms>()(stream, arguments_of(x0, weight, options));
}

NormOut dropout_add_layer_norm(Stream& stream, const TensorRef& x0, const TensorRef& weight,
                               const DropoutAddNormOptions& options) {
  return dropout_add_op<Form::plain, NormKind::layer>()(stream, arguments_of(x0, weight, options));
}

NormOut dropout_add_rms_norm_subset(Stream& stream, const TensorRef& x0, const TensorRef& weight,
                                    const DropoutAddNormSubsetOptions& options) {
  return dropout_add_op<Form::subset, NormKind::rms>()(stream, arguments_of(x0, weight, options));
}

NormOut dropout_add_layer_norm_subset(Stream& stream, const TensorRef& x0, const TensorRef& weight,
                                      const DropoutAddNormSubsetOptions& options) {
  return dropout_add_op<Form::subset, NormKind::layer>()(stream, arguments_of(x0, weight, options));
}

NormOut dropout_add_rms_norm_parallel_residual(Stream& stream, const TensorRef& x0,
                                               const TensorRef& weight0,
                                               const DropoutAddNormParallelOptions& options) {
  return dropout_add_op<Form::parallel, NormKind::rms>()(stream,
                                                         arguments_of(x0, weight0, options));
}

NormOut dropout_add_layer_norm_parallel_residual(Stream& stream, const TensorRef& x0,
                                                 const TensorRef& weight0,
                                                 const DropoutAddNormParallelOptions& options) {
  return dropout_add_op<Form::parallel, NormKind::layer>()(stream,
                                                           arguments_of(x0, weight0, options));
}

}  // namespace tegula::ops
