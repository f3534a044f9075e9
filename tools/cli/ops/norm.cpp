#include "tools/cli/ops/norm_arguments.h"

namespace tegula::cli {
namespace {

std::vector<Output> run(Stream& stream, const OpCall& call, Norm norm) {
  ops::NormOptions options = norm_options(call, norm);
  options.config = norm_config_of(call, "x", ops::choose_norm_config);
  const ops::NormOut out = norm_forward(stream, call, norm, options);
  std::vector<Output> outputs = {{"y", out.y}};
  const auto give = [&](const char* name, const std::optional<Tensor>& tensor) {
    if (tensor) outputs.push_back({name, *tensor});
  };
  give("y1", out.y1);
  give("residual_out", out.residual_out);
  give("mask", out.mask);
  give("mask1", out.mask1);
  give("rstd", out.rstd);
  give("mean", out.mean);
  return outputs;
}

std::vector<ExpectedOutput> expect(const OpCall& call, const std::vector<Output>& outputs,
                                   Norm norm) {
  reference::NormProblem problem = norm_problem(call, norm);
  problem.out_dtype = outputs.front().tensor.dtype();
  return expected_of_norm(outputs, problem, evaluations([&](reference::Precision precision) {
                            return reference::norm(problem, precision);
                          }));
}

OpEntry entry_of(Norm norm, const char* name, const char* summary) {
  OpEntry entry = {
      .name = name,
      .summary = summary,
      .tensors = norm_tensors(),
      .params = norm_params(norm),
      .outputs = {"y", "y1", "residual_out", "mask", "mask1", "rstd"},
      .config_fields = {"rows", "bn", "warps", "cluster"},
      .run = [norm](Stream& stream, const OpCall& call) { return run(stream, call, norm); },
      .expect = [norm](const OpCall& call,
                       const std::vector<Output>& outputs) { return expect(call, outputs, norm); },
  };
  if (norm == Norm::layer) entry.outputs.push_back("mean");
  return entry;
}

}  // namespace

const OpEntry& rms_norm_op() {
  static const OpEntry entry = entry_of(
      Norm::rms, "rms_norm_fn",
      "y = s / rms(s) * weight + bias, s = dropout(rowscale * x) + dropout(x1) + residual");
  return entry;
}

const OpEntry& layer_norm_op() {
  static const OpEntry entry =
      entry_of(Norm::layer, "layer_norm_fn",
               "y = (s - mean(s)) / std(s) * weight + bias, s as that of rms_norm_fn");
  return entry;
}

}  // namespace tegula::cli
