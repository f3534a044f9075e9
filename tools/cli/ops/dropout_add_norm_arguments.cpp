#include <fmt/format.h>

#include "tools/cli/ops/dropout_add_norm.h"

namespace tegula::cli {
namespace {

template <class Options>
void set_common(const OpCall& call, const std::optional<ops::NormRowConfig>& config,
                Options& options) {
  options.prenorm = flag_of(call, "prenorm");
  options.residual_in_fp32 = flag_of(call, "residual_in_fp32");
  options.return_dropout_mask = flag_of(call, "return_dropout_mask");
  options.rng = rng_of(call);
  options.config = config;
}

}  // namespace

std::string DropoutAddNorm::name() const {
  const char* const suffixes[] = {"", "_subset", "_parallel_residual"};
  return fmt::format("dropout_add_{}_norm{}", is_rms_norm ? "rms" : "layer",
                     suffixes[static_cast<int>(form)]);
}

std::span<const DropoutAddNorm> dropout_add_norms() {
  using Form = DropoutAddNorm::Form;
  static constexpr DropoutAddNorm all[] = {{Form::plain, true},    {Form::plain, false},
                                           {Form::subset, true},   {Form::subset, false},
                                           {Form::parallel, true}, {Form::parallel, false}};
  return all;
}

std::vector<TensorSpec> tensors_of(const DropoutAddNorm& norm) {
  std::vector<TensorSpec> specs = {{"x0", true, Spread::normal, "(..., N)"},
                                   {"residual", false, Spread::normal, "(..., N), added to x0"},
                                   {norm.weight(), true, Spread::around_one, "(N,)"},
                                   {norm.bias(), false, Spread::normal, "(N,), added last"}};
  const auto add = [&](const char* name, Spread spread, const char* meaning) {
    specs.push_back({name, false, spread, meaning});
  };
  if (norm.parallel()) {
    add("x1", Spread::normal, "(..., N), added to x0; drops out on its own");
    add("weight1", Spread::around_one, "(N,), of y1");
    add("bias1", Spread::normal, "(N,), of y1");
  } else {
    add("layerscale", Spread::around_one, "(N,), times what dropout left of x0");
  }
  if (norm.form == DropoutAddNorm::Form::plain)
    add("rowscale", Spread::around_one, "(...), times the rows of x0");
  if (norm.subset()) {
    add("x0_subset", Spread::normal, "(M,), int32: which row of x0 a row has, from 1; 0: none");
    add("out_subset", Spread::normal, "(M,), int32: which row of y a row becomes, from 1; 0: none");
  }
  return specs;
}

std::vector<ParamSpec> params_of(const DropoutAddNorm& norm) {
  std::vector<ParamSpec> params = {
      {"dropout_p", "0", "the share that is dropped"},
      {"epsilon", "1e-6", "inside the square root"},
      {"prenorm", "0", "1: give residual_out in any case"},
      {"residual_in_fp32", "0", "1: without a residual, residual_out is f32"},
      {"return_dropout_mask", "0", "1: give the masks"},
      {"seed", "0", "of dropout"},
      {"offset", "0", "of dropout"}};
  if (norm.subset()) {
    params.push_back({"rowscale_const", "1", "times x0"});
    params.push_back({"out_numrows", "0", "how many rows y has, with out_subset"});
  }
  return params;
}

ops::NormSubset subset_of(const OpCall& call) {
  return {call.ref("x0_subset"), call.ref("out_subset"), float_of(call, "rowscale_const")};
}

ops::NormOut forward(Stream& stream, const OpCall& call, const DropoutAddNorm& norm,
                     const std::optional<ops::NormRowConfig>& config) {
  const TensorRef x0 = call.ref("x0"), residual = call.ref("residual");
  const TensorRef weight = call.ref(norm.weight()), bias = call.ref(norm.bias());
  const float p = float_of(call, "dropout_p"), epsilon = float_of(call, "epsilon");
  if (norm.parallel()) {
    ops::DropoutAddNormParallelOptions options;
    set_common(call, config, options);
    const auto function = norm.is_rms_norm ? ops::dropout_add_rms_norm_parallel_residual
                                           : ops::dropout_add_layer_norm_parallel_residual;
    return function(stream, x0, call.ref("x1"), residual, weight, bias, call.ref("weight1"),
                    call.ref("bias1"), p, epsilon, options);
  }
  if (norm.subset()) {
    ops::DropoutAddNormSubsetOptions options;
    set_common(call, config, options);
    const ops::NormSubset subset = subset_of(call);
    options.layerscale = call.ref("layerscale");
    options.x0_subset = subset.x0_subset;
    options.out_subset = subset.out_subset;
    options.rowscale_const = subset.rowscale_const;
    options.out_numrows = integer_of(call, "out_numrows");
    const auto function =
        norm.is_rms_norm ? ops::dropout_add_rms_norm_subset : ops::dropout_add_layer_norm_subset;
    return function(stream, x0, residual, weight, bias, p, epsilon, options);
  }
  ops::DropoutAddNormOptions options;
  set_common(call, config, options);
  options.rowscale = call.ref("rowscale");
  options.layerscale = call.ref("layerscale");
  const auto function = norm.is_rms_norm ? ops::dropout_add_rms_norm : ops::dropout_add_layer_norm;
  return function(stream, x0, residual, weight, bias, p, epsilon, options);
}

DropoutAddNormProblem problem_of(const OpCall& call, const DropoutAddNorm& norm) {
  const MatrixShape x = matrix_shape(call.ref("x0").shape);
  reference::NormProblem p;
  p.rows = x.rows;
  p.n = x.n;
  p.x = values_of(call, "x0");
  p.weight = values_of(call, norm.weight());
  p.bias = values_of(call, norm.bias());
  p.residual = values_of(call, "residual");
  p.x1 = values_of(call, "x1");
  p.weight1 = values_of(call, "weight1");
  p.bias1 = values_of(call, "bias1");
  p.rowscale = values_of(call, "rowscale");
  p.layerscale = values_of(call, "layerscale");
  p.eps = float_of(call, "epsilon");
  p.is_rms_norm = norm.is_rms_norm;
  p.residual_in_fp32 = flag_of(call, "residual_in_fp32");
  p.out_dtype = p.x.dtype;
  p.drop_out(dropout_of(call));

  reference::NormSubset subset;
  if (norm.subset()) {
    subset = {values_of(call, "x0_subset").data, values_of(call, "out_subset").data,
              integer_of(call, "out_numrows"), float_of(call, "rowscale_const")};
    if (!subset.x_subset.empty()) p.rows = static_cast<std::int64_t>(subset.x_subset.size());
  }
  return {p, subset};
}

}  // namespace tegula::cli
