#include "ops/reference/norm.h"

#include "tegula/ops/norm.h"
#include "tools/cli/ops/common.h"

namespace tegula::cli {
namespace {

std::vector<Output> run(Stream& stream, const OpCall& call) {
  ops::RmsNormOptions options;
  options.bias = call.ref("bias");
  options.residual = call.ref("residual");
  options.out = call.ref("out");
  options.residual_out = call.ref("residual_out");
  options.eps = float_of(call, "eps");
  options.prenorm = flag_of(call, "prenorm");
  options.out_dtype = out_dtype_of(call);
  options.config = row_config_of(call, "x", ops::choose_row_config);

  ops::NormOut out = ops::rms_norm_fn(stream, call.ref("x"), call.ref("weight"), options);
  std::vector<Output> outputs = {{"y", out.y}};
  if (out.residual_out) outputs.push_back({"residual_out", *out.residual_out});
  outputs.push_back({"rstd", *out.rstd});
  return outputs;
}

std::vector<ExpectedOutput> expect(const OpCall& call, const std::vector<Output>& outputs) {
  const MatrixShape shape = matrix_shape(call.ref("x").shape);
  reference::NormProblem problem;
  problem.rows = shape.rows;
  problem.n = shape.n;
  problem.x = values_of(call, "x");
  problem.weight = values_of(call, "weight");
  problem.bias = values_of(call, "bias");
  problem.residual = values_of(call, "residual");
  // The op takes eps as a float; the reference must start from the same number.
  problem.eps = float_of(call, "eps");
  problem.out_dtype = outputs.front().tensor.dtype();

  const reference::NormResult ref64 = norm(problem, reference::Precision::fp64);
  const reference::NormResult plain = norm(problem, reference::Precision::plain);
  std::vector<ExpectedOutput> expected;
  for (const Output& output : outputs) {
    if (output.name == "y")
      expected.push_back({output.name, ref64.y, plain.y});
    else if (output.name == "rstd")
      expected.push_back({output.name, ref64.rstd, plain.rstd});
    else if (call.find("residual") != nullptr)
      expected.push_back({output.name, ref64.residual_out, plain.residual_out});
    else  // an alias of x
      expected.push_back({output.name, problem.x.data, problem.x.data});
  }
  return expected;
}

}  // namespace

const OpEntry& rms_norm_op() {
  static const OpEntry entry = {
      .name = "rms_norm_fn",
      .summary = "y = (x + residual) / rms(x + residual) * weight + bias, over the last dimension",
      .tensors = {{"x", true, Spread::normal, "(..., N)"},
                  {"weight", true, Spread::around_one, "(N,)"},
                  {"bias", false, Spread::normal, "(N,)"},
                  {"residual", false, Spread::normal, "(..., N)"},
                  {"out", false, Spread::normal, "(..., N), destination of y"},
                  {"residual_out", false, Spread::normal, "(..., N), destination of x + residual"}},
      .params = {{"eps", "1e-6", "inside the square root"},
                 {"prenorm", "0", "1: give residual_out too"},
                 {"out_dtype", "", "of y; that of x unless given"}},
      .outputs = {"y", "residual_out", "rstd"},
      .config_fields = {"rows", "bn", "warps"},
      .run = run,
      .expect = expect,
  };
  return entry;
}

}  // namespace tegula::cli
