// The norms' functions, by their names: rms_norm_fn, layer_norm_fn, dropout_add_*, and the
// gradients of all of them.
#include "ops/reference/norm_subset.h"

#include "tegula/reference.h"

namespace tegula::reference {
namespace {

/// What a signature calls one thing and another one another.
std::string one_of(const Call& call, const char* name, const char* other) {
  return call.shape(name).empty() ? other : name;
}

bool flag_of(const Call& call, const char* name) { return call.has(name) && call.flag(name); }

NormProblem norm_problem(const Call& call, std::string_view op) {
  const std::string x = one_of(call, "x0", "x");
  NormProblem p;
  p.rows = call.rows(x);
  p.n = call.columns(x);
  p.x = call.values(x);
  p.weight = call.values(one_of(call, "weight0", "weight"));
  p.bias = call.values(one_of(call, "bias0", "bias"));
  p.residual = call.values("residual");
  p.x1 = call.values("x1");
  p.weight1 = call.values("weight1");
  p.bias1 = call.values("bias1");
  p.rowscale = call.values("rowscale");
  p.layerscale = call.values("layerscale");
  // The op takes eps as a float, and so does the reference.
  p.eps = call.number(call.has("eps") ? "eps" : "epsilon");
  p.is_rms_norm = op.find("rms_norm") != op.npos || flag_of(call, "is_rms_norm");
  p.residual_in_fp32 = flag_of(call, "residual_in_fp32");
  p.zero_centered_weight = flag_of(call, "zero_centered_weight");
  const ops::RngState rng = call.rng();
  p.drop_out({static_cast<float>(call.number("dropout_p")), rng.seed, rng.offset});
  return p;
}

NormSubset subset_of(const Call& call, NormProblem& problem) {
  NormSubset subset;
  if (!call.has("rowscale_const")) return subset;
  subset = {call.values("x0_subset").data, call.values("out_subset").data,
            call.integer("out_numrows"), call.number("rowscale_const")};
  if (!subset.x_subset.empty()) problem.rows = static_cast<std::int64_t>(subset.x_subset.size());
  return subset;
}

}  // namespace

Outputs norm(const Call& call, Precision precision) {
  NormProblem problem = norm_problem(call, call.op());
  const NormSubset subset = subset_of(call, problem);
  problem.out_dtype = call.dtype("y");
  NormResult result = norm(problem, subset, precision);
  // With nothing dropped the masks are all true.
  if (problem.mask.empty()) problem.mask.assign(problem.x.data.size(), 1);
  if (problem.mask1.empty()) problem.mask1.assign(problem.x1.data.size(), 1);
  return {{"y", std::move(result.y)},
          {"y1", std::move(result.y1)},
          {"residual_out", std::move(result.residual_out)},
          {"rstd", std::move(result.rstd)},
          {"mean", std::move(result.mean)},
          {"mask", std::move(problem.mask)},
          {"mask1", std::move(problem.mask1)}};
}

Outputs norm_bwd(const Call& call, Precision precision) {
  NormProblem problem = norm_problem(call, call.op());
  const NormSubset subset = subset_of(call, problem);
  problem.out_dtype = problem.x.dtype;
  const NormOutputGradients gradients = {
      call.values("dy"),
      call.values("dy1"),
      call.values("dresidual_out"),
      {},
      NormSaved{call.values("s").data, call.values("rstd").data, call.values("mean").data}};
  const NormInputGradients result = norm_bwd(problem, subset, gradients, precision);
  return {{"dx", result.dx},
          {"dx0", result.dx},
          {"dx1", result.dx1},
          {"dresidual", result.dresidual},
          {"dweight", result.dweight},
          {"dweight0", result.dweight},
          {"dbias", result.dbias},
          {"dbias0", result.dbias},
          {"dweight1", result.dweight1},
          {"dbias1", result.dbias1},
          {"dlayerscale", result.dlayerscale}};
}

}  // namespace tegula::reference
