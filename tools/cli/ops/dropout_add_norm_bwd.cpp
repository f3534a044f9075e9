#include "tools/cli/ops/dropout_add_norm.h"
#include "tools/cli/ops/norm_arguments.h"

namespace tegula::cli {
namespace {

using Outputs = std::vector<Output>;

void give(Outputs& outputs, const char* name, const std::optional<Tensor>& tensor) {
  if (tensor) outputs.push_back({name, *tensor});
}

Outputs run_parallel(Stream& stream, const OpCall& call, const DropoutAddNorm& norm,
                     const ops::NormOut& saved, const TensorRef& s) {
  ops::NormBwdOptions options;
  options.bias = call.ref("bias0");
  options.dy1 = call.ref("dy1");
  options.weight1 = call.ref("weight1");
  options.bias1 = call.ref("bias1");
  if (saved.mean) options.mean = *saved.mean;
  options.dresidual_out = call.ref("dresidual_out");
  options.dropout_p = float_of(call, "dropout_p");
  options.rng = rng_of(call);
  options.has_residual = call.ref("residual").present();
  options.has_x1 = call.ref("x1").present();
  options.x_dtype = call.ref("x0").dtype;
  options.config = norm_config_of(call, "x0", ops::choose_norm_bwd_config);
  const auto function = norm.is_rms_norm ? ops::dropout_add_rms_norm_parallel_residual_bwd
                                         : ops::dropout_add_layer_norm_parallel_residual_bwd;
  const ops::NormGradients got =
      function(stream, call.ref("dy"), s, *saved.rstd, call.ref("weight0"), options);
  Outputs outputs = {{"dx0", got.dx}, {"dweight0", got.dweight}};
  give(outputs, "dbias0", got.dbias);
  give(outputs, "dresidual", got.dresidual);
  give(outputs, "dx1", got.dx1);
  give(outputs, "dweight1", got.dweight1);
  give(outputs, "dbias1", got.dbias1);
  add_saved(outputs, stream, saved, s);
  return outputs;
}

Outputs run(Stream& stream, const OpCall& call, const DropoutAddNorm& norm) {
  const ops::NormOut saved = forward(stream, call, norm, std::nullopt);
  const TensorRef s = saved.residual_out ? saved.residual_out->ref() : call.ref("x0");
  if (norm.parallel()) return run_parallel(stream, call, norm, saved, s);
  ops::DropoutAddNormBwdOptions options;
  options.bias = call.ref("bias");
  if (saved.mean) options.mean = *saved.mean;
  options.dresidual_out = call.ref("dresidual_out");
  options.rowscale = call.ref("rowscale");
  options.layerscale = call.ref("layerscale");
  options.x0 = call.ref("x0");
  options.dropout_p = float_of(call, "dropout_p");
  options.rng = rng_of(call);
  options.has_residual = call.ref("residual").present();
  options.config = norm_config_of(call, "x0", ops::choose_norm_bwd_config);
  const TensorRef dy = call.ref("dy"), weight = call.ref("weight");
  ops::DropoutAddNormGradients got;
  if (norm.subset()) {
    const auto function = norm.is_rms_norm ? ops::dropout_add_rms_norm_subset_bwd
                                           : ops::dropout_add_layer_norm_subset_bwd;
    got = function(stream, dy, s, *saved.rstd, weight, subset_of(call), options);
  } else {
    const auto function =
        norm.is_rms_norm ? ops::dropout_add_rms_norm_bwd : ops::dropout_add_layer_norm_bwd;
    got = function(stream, dy, s, *saved.rstd, weight, options);
  }
  Outputs outputs = {{"dx0", got.dx0}, {"dweight", got.dweight}};
  give(outputs, "dbias", got.dbias);
  give(outputs, "dresidual", got.dresidual);
  give(outputs, "dlayerscale", got.dlayerscale);
  add_saved(outputs, stream, saved, s);
  return outputs;
}

std::vector<ExpectedOutput> expect(const OpCall& call, const Outputs& outputs,
                                   const DropoutAddNorm& norm) {
  const auto [problem, subset] = problem_of(call, norm);
  const reference::NormOutputGradients gradients = {values_of(call, "dy"),
                                                    values_of(call, "dy1"),
                                                    values_of(call, "dresidual_out"),
                                                    {},
                                                    saved_by_norm(outputs)};
  const auto results = evaluations([&, &problem = problem, &subset = subset](auto precision) {
    return reference::norm_bwd(problem, subset, gradients, precision);
  });
  using Gradients = reference::NormInputGradients;
  const std::map<std::string, std::vector<double> Gradients::*> members = {
      {"dx0", &Gradients::dx},
      {"dx1", &Gradients::dx1},
      {"dweight", &Gradients::dweight},
      {"dweight0", &Gradients::dweight},
      {"dbias", &Gradients::dbias},
      {"dbias0", &Gradients::dbias},
      {"dweight1", &Gradients::dweight1},
      {"dbias1", &Gradients::dbias1},
      {"dresidual", &Gradients::dresidual},
      {"dlayerscale", &Gradients::dlayerscale}};
  std::vector<ExpectedOutput> expected;
  for (const Output& output : outputs) {
    if (!output.given) continue;
    expected.push_back(results.of(output.name, members.at(output.name), 3));
  }
  return expected;
}

OpEntry entry_of(const DropoutAddNorm& norm) {
  OpEntry entry = {
      .name = norm.name() + "_bwd",
      .summary = "the gradients of " + norm.name() + ", which runs first",
      .tensors = tensors_of(norm),
      .params = params_of(norm),
      .outputs = {"dx0", "dresidual"},
      .config_fields = {"rows", "bn", "warps", "cluster"},
      .run = [norm](Stream& stream, const OpCall& call) { return run(stream, call, norm); },
      .expect = [norm](const OpCall& call,
                       const Outputs& outputs) { return expect(call, outputs, norm); },
  };
  const auto give = [&](std::initializer_list<const char*> names) {
    entry.outputs.insert(entry.outputs.end(), names.begin(), names.end());
  };
  const auto take = [&](const char* name, bool required, const char* meaning) {
    entry.tensors.push_back({name, required, Spread::normal, meaning});
  };
  take("dy", true, "gradient of y");
  take("dresidual_out", false, "gradient of residual_out");
  if (norm.parallel()) {
    take("dy1", false, "gradient of y1; with weight1");
    give({"dx1", "dweight0", "dbias0", "dweight1", "dbias1"});
  } else {
    give({"dweight", "dbias", "dlayerscale"});
  }
  return entry;
}

}  // namespace

std::span<const OpEntry> dropout_add_norm_bwd_ops() {
  static const std::vector<OpEntry> entries = [] {
    std::vector<OpEntry> all;
    for (const DropoutAddNorm& norm : dropout_add_norms()) all.push_back(entry_of(norm));
    return all;
  }();
  return entries;
}

}  // namespace tegula::cli
