#include "tools/cli/ops/dropout_add_norm.h"
#include "tools/cli/ops/norm_arguments.h"

namespace tegula::cli {
namespace {

std::vector<Output> run(Stream& stream, const OpCall& call, const DropoutAddNorm& norm) {
  const ops::NormOut out =
      forward(stream, call, norm, norm_config_of(call, "x0", ops::choose_norm_config));
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
                                   const DropoutAddNorm& norm) {
  auto [problem, subset] = problem_of(call, norm);
  const auto results = evaluations([&, &problem = problem, &subset = subset](auto precision) {
    return reference::norm(problem, subset, precision);
  });
  // With nothing dropped the masks are all true.
  if (problem.mask.empty()) problem.mask.assign(problem.x.data.size(), 1);
  if (problem.mask1.empty()) problem.mask1.assign(problem.x1.data.size(), 1);
  return expected_of_norm(outputs, problem, results);
}

OpEntry entry_of(const DropoutAddNorm& norm) {
  const char* const summaries[] = {
      "y = norm(layerscale * dropout(rowscale * x0) + residual) * weight + bias",
      "the same of a part of the rows", "y, y1 of norm(dropout(x0) + dropout(x1) + residual)"};
  OpEntry entry = {
      .name = norm.name(),
      .summary = summaries[static_cast<int>(norm.form)],
      .tensors = tensors_of(norm),
      .params = params_of(norm),
      .outputs = {"y", "residual_out", "mask", "rstd"},
      .config_fields = {"rows", "bn", "warps", "cluster"},
      .run = [norm](Stream& stream, const OpCall& call) { return run(stream, call, norm); },
      .expect = [norm](const OpCall& call,
                       const std::vector<Output>& outputs) { return expect(call, outputs, norm); },
  };
  if (norm.parallel()) entry.outputs.insert(entry.outputs.end(), {"y1", "mask1"});
  if (!norm.is_rms_norm) entry.outputs.push_back("mean");
  return entry;
}

}  // namespace

std::span<const OpEntry> dropout_add_norm_ops() {
  static const std::vector<OpEntry> entries = [] {
    std::vector<OpEntry> all;
    for (const DropoutAddNorm& norm : dropout_add_norms()) all.push_back(entry_of(norm));
    return all;
  }();
  return entries;
}

}  // namespace tegula::cli
