#include "tools/cli/ops/norm_arguments.h"

namespace tegula::cli {
namespace {

std::vector<Output> run(Stream& stream, const OpCall& call, Norm norm) {
  const ops::NormOptions forward = norm_options(call, norm);
  const ops::NormOut saved = norm_forward(stream, call, norm, forward);
  ops::NormBwdOptions options;
  options.bias = forward.bias;
  options.dy1 = call.ref("dy1");
  options.weight1 = forward.weight1;
  options.bias1 = forward.bias1;
  if (saved.mean) options.mean = *saved.mean;
  options.dresidual_out = call.ref("dresidual_out");
  options.rowscale = forward.rowscale;
  options.dropout_p = forward.dropout_p;
  options.rng = forward.rng;
  options.has_residual = forward.residual.present();
  options.has_x1 = forward.x1.present();
  options.zero_centered_weight = forward.zero_centered_weight;
  options.is_rms_norm = forward.is_rms_norm;
  options.x_dtype = call.ref("x").dtype;
  options.config = norm_config_of(call, "x", ops::choose_norm_bwd_config);

  const auto function = norm == Norm::rms ? ops::rms_norm_fn_bwd : ops::layer_norm_fn_bwd;
  const TensorRef s = saved.residual_out ? saved.residual_out->ref() : call.ref("x");
  const ops::NormGradients got =
      function(stream, call.ref("dy"), s, *saved.rstd, call.ref("weight"), options);
  std::vector<Output> outputs = {{"dx", got.dx}, {"dweight", got.dweight}};
  const auto give = [&](const char* name, const std::optional<Tensor>& tensor) {
    if (tensor) outputs.push_back({name, *tensor});
  };
  give("dbias", got.dbias);
  give("dresidual", got.dresidual);
  give("dx1", got.dx1);
  give("dweight1", got.dweight1);
  give("dbias1", got.dbias1);
  add_saved(outputs, stream, saved, s);
  return outputs;
}

std::vector<ExpectedOutput> expect(const OpCall& call, const std::vector<Output>& outputs,
                                   Norm norm) {
  const reference::NormProblem problem = norm_problem(call, norm);
  const reference::NormOutputGradients gradients = {values_of(call, "dy"),
                                                    values_of(call, "dy1"),
                                                    values_of(call, "dresidual_out"),
                                                    {},
                                                    saved_by_norm(outputs)};
  const auto results = evaluations([&](reference::Precision precision) {
    return reference::norm_bwd(problem, gradients, precision);
  });
  const std::map<std::string, std::vector<double> reference::NormInputGradients::*> members = {
      {"dx", &reference::NormInputGradients::dx},
      {"dweight", &reference::NormInputGradients::dweight},
      {"dbias", &reference::NormInputGradients::dbias},
      {"dresidual", &reference::NormInputGradients::dresidual},
      {"dx1", &reference::NormInputGradients::dx1},
      {"dweight1", &reference::NormInputGradients::dweight1},
      {"dbias1", &reference::NormInputGradients::dbias1}};
  std::vector<ExpectedOutput> expected;
  for (const Output& output : outputs) {
    if (!output.given) continue;
    expected.push_back(results.of(output.name, members.at(output.name), 3));
  }
  return expected;
}

OpEntry entry_of(Norm norm, const char* name, const char* summary) {
  OpEntry entry = {
      .name = name,
      .summary = summary,
      .tensors = norm_tensors(),
      .params = norm_params(norm),
      .outputs = {"dx", "dweight", "dbias", "dresidual", "dx1", "dweight1", "dbias1"},
      .config_fields = {"rows", "bn", "warps", "cluster"},
      .run = [norm](Stream& stream, const OpCall& call) { return run(stream, call, norm); },
      .expect = [norm](const OpCall& call,
                       const std::vector<Output>& outputs) { return expect(call, outputs, norm); },
  };
  const TensorSpec gradients[] = {
      {"dy", true, Spread::normal, "(..., N), gradient of y"},
      {"dy1", false, Spread::normal, "(..., N), gradient of y1; with weight1"},
      {"dresidual_out", false, Spread::normal, "(..., N), gradient of residual_out"}};
  entry.tensors.insert(entry.tensors.end(), std::begin(gradients), std::end(gradients));
  return entry;
}

}  // namespace

const OpEntry& rms_norm_bwd_op() {
  static const OpEntry entry =
      entry_of(Norm::rms, "rms_norm_fn_bwd", "the gradients of rms_norm_fn, which runs first");
  return entry;
}

const OpEntry& layer_norm_bwd_op() {
  static const OpEntry entry = entry_of(Norm::layer, "layer_norm_fn_bwd",
                                        "the gradients of layer_norm_fn, which runs first");
  return entry;
}

}  // namespace tegula::cli
