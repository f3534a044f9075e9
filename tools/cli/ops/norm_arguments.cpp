#include "tools/cli/ops/norm_arguments.h"

#include <fmt/format.h>

namespace tegula::cli {
namespace {

std::uint64_t state_of(const OpCall& call, std::string_view name) {
  return parse_unsigned(call.params.find(name)->second, fmt::format("--param {}", name));
}

bool is_rms_norm(const OpCall& call, Norm norm) {
  return norm == Norm::rms || flag_of(call, "is_rms_norm");
}

}  // namespace

std::vector<TensorSpec> norm_tensors() {
  return {{"x", true, Spread::normal, "(..., N)"},
          {"weight", true, Spread::around_one, "(N,)"},
          {"bias", false, Spread::normal, "(N,), added last"},
          {"residual", false, Spread::normal, "(..., N), added to x"},
          {"x1", false, Spread::normal, "(..., N), added to x; drops out on its own"},
          {"weight1", false, Spread::around_one, "(N,), of y1"},
          {"bias1", false, Spread::normal, "(N,), of y1"},
          {"rowscale", false, Spread::around_one, "(...), times the rows of x; not with x1"},
          {"out", false, Spread::normal, "(..., N), destination of y"},
          {"residual_out", false, Spread::normal, "(..., N), destination of the sum"}};
}

std::vector<ParamSpec> norm_params(Norm norm) {
  std::vector<ParamSpec> params = {
      {"eps", "1e-6", "inside the square root"},
      {"dropout_p", "0", "the share of x, and of x1, that is dropped"},
      {"prenorm", "0", "1: give residual_out in any case"},
      {"residual_in_fp32", "0", "1: without a residual, residual_out is f32"},
      {"zero_centered_weight", "0", "1: weights are 1 + weight"},
      {"return_dropout_mask", "0", "1: give mask, and mask1 of x1"},
      {"out_dtype", "", "of y and y1; that of x unless given"},
      {"seed", "0", "of dropout"},
      {"offset", "0", "of dropout"}};
  if (norm == Norm::layer) params.push_back({"is_rms_norm", "0", "1: leave the mean in"});
  return params;
}

ops::NormOptions norm_options(const OpCall& call, Norm norm) {
  ops::NormOptions options;
  options.bias = call.ref("bias");
  options.residual = call.ref("residual");
  options.x1 = call.ref("x1");
  options.weight1 = call.ref("weight1");
  options.bias1 = call.ref("bias1");
  options.rowscale = call.ref("rowscale");
  options.out = call.ref("out");
  options.residual_out = call.ref("residual_out");
  options.eps = float_of(call, "eps");
  options.dropout_p = float_of(call, "dropout_p");
  options.prenorm = flag_of(call, "prenorm");
  options.residual_in_fp32 = flag_of(call, "residual_in_fp32");
  options.zero_centered_weight = flag_of(call, "zero_centered_weight");
  options.is_rms_norm = is_rms_norm(call, norm);
  options.return_dropout_mask = flag_of(call, "return_dropout_mask");
  options.out_dtype = out_dtype_of(call);
  options.rng = ops::RngState{.seed = state_of(call, "seed"), .offset = state_of(call, "offset")};
  return options;
}

ops::NormOut norm_forward(Stream& stream, const OpCall& call, Norm norm,
                          const ops::NormOptions& options) {
  const auto function = norm == Norm::rms ? ops::rms_norm_fn : ops::layer_norm_fn;
  return function(stream, call.ref("x"), call.ref("weight"), options);
}

reference::NormProblem norm_problem(const OpCall& call, Norm norm) {
  const ops::NormOptions options = norm_options(call, norm);
  const MatrixShape shape = matrix_shape(call.ref("x").shape);
  reference::NormProblem problem = {
      .rows = shape.rows,
      .n = shape.n,
      .x = values_of(call, "x"),
      .weight = values_of(call, "weight"),
      .bias = values_of(call, "bias"),
      .residual = values_of(call, "residual"),
      .x1 = values_of(call, "x1"),
      .weight1 = values_of(call, "weight1"),
      .bias1 = values_of(call, "bias1"),
      .rowscale = values_of(call, "rowscale"),
      // The op takes eps as a float; the reference must start from the same number.
      .eps = options.eps,
      .is_rms_norm = options.is_rms_norm,
      .residual_in_fp32 = options.residual_in_fp32,
      .zero_centered_weight = options.zero_centered_weight};
  problem.drop_out({options.dropout_p, options.rng->seed, options.rng->offset});
  return problem;
}

void add_saved(std::vector<Output>& outputs, const Stream& stream, const ops::NormOut& forward,
               const TensorRef& s) {
  outputs.push_back({"s", forward.residual_out.value_or(Tensor::alias(stream, s)), false});
  outputs.push_back({"rstd", *forward.rstd, false});
  if (forward.mean) outputs.push_back({"mean", *forward.mean, false});
}

reference::NormSaved saved_by_norm(const std::vector<Output>& outputs) {
  return {values_of(outputs, "s"), values_of(outputs, "rstd"), values_of(outputs, "mean")};
}

std::vector<ExpectedOutput> expected_of_norm(const std::vector<Output>& outputs,
                                             const reference::NormProblem& problem,
                                             const Evaluations<reference::NormResult>& results) {
  using Result = reference::NormResult;
  const std::map<std::string, std::vector<double> Result::*> members = {
      {"y", &Result::y},
      {"y1", &Result::y1},
      {"residual_out", &Result::residual_out},
      {"rstd", &Result::rstd},
      {"mean", &Result::mean}};
  std::vector<ExpectedOutput> expected;
  for (const auto& [name, tensor, given] : outputs) {
    if (name == "mask" || name == "mask1")
      expected.push_back(expected_mask(name, name == "mask" ? problem.mask : problem.mask1));
    else
      expected.push_back(results.of(name, members.at(name), 2));
  }
  return expected;
}

std::optional<ops::NormRowConfig> norm_config_of(const OpCall& call, std::string_view x,
                                                 ops::NormRowConfig (*choose)(std::int64_t,
                                                                              std::int64_t, bool)) {
  if (call.config.empty()) return std::nullopt;
  const MatrixShape shape = matrix_shape(call.ref(x).shape);
  ops::NormRowConfig config = choose(shape.rows, shape.n, false);
  for (const auto& [name, value] : call.config) {
    if (name == "rows") config.rows = field_value(name, value);
    if (name == "bn") config.bn = field_value(name, value);
    if (name == "warps") config.warps = field_value(name, value);
    if (name == "cluster") config.cluster = field_value(name, value);
  }
  return config;
}

}  // namespace tegula::cli
