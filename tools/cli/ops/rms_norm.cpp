#include "ops/reference/rms_norm.h"

#include "tegula/ops/norm.h"
#include "tools/cli/command.h"
#include "tools/cli/ops/op.h"

namespace tegula::cli {
namespace {

ops::RmsConfig pinned_config(const OpCall& call) {
  const TensorRef x = call.ref("x");
  const std::int64_t n = x.rank() == 0 ? 0 : x.shape.back();
  ops::RmsConfig config = ops::choose_rms_config(n == 0 ? 0 : element_count(x.shape) / n, n);
  for (const auto& [name, value] : call.config) {
    // The op itself says which values it takes; here they must only survive the narrowing.
    const int field = value < -1 || value > 1 << 20 ? -1 : static_cast<int>(value);
    if (name == "rows") config.rows = field;
    if (name == "bn") config.bn = field;
    if (name == "warps") config.warps = field;
  }
  return config;
}

std::vector<Output> run(Stream& stream, const OpCall& call) {
  ops::RmsNormOptions options;
  options.bias = call.ref("bias");
  options.residual = call.ref("residual");
  options.out = call.ref("out");
  options.residual_out = call.ref("residual_out");
  options.eps = static_cast<float>(parse_number(call.params.at("eps"), "--param eps"));
  options.prenorm = parse_flag(call.params.at("prenorm"), "--param prenorm");
  if (const std::string& dtype = call.params.at("out_dtype"); !dtype.empty())
    options.out_dtype = parse_dtype_value(dtype, "--param out_dtype");
  if (!call.config.empty()) options.config = pinned_config(call);

  ops::NormOut out = ops::rms_norm_fn(stream, call.ref("x"), call.ref("weight"), options);
  std::vector<Output> outputs = {{"y", out.y}};
  if (out.residual_out) outputs.push_back({"residual_out", *out.residual_out});
  outputs.push_back({"rstd", *out.rstd});
  return outputs;
}

reference::Values values_of(const OpCall& call, std::string_view name) {
  const InputTensor* input = call.find(name);
  if (input == nullptr) return {};
  return {input->tensor.dtype(), input->values};
}

std::vector<ExpectedOutput> expect(const OpCall& call, const std::vector<Output>& outputs) {
  const Dims& shape = call.ref("x").shape;
  reference::RmsNormProblem problem;
  problem.n = shape.back();
  problem.rows = 1;
  for (std::size_t d = 0; d + 1 < shape.size(); ++d) problem.rows *= shape[d];
  problem.x = values_of(call, "x");
  problem.weight = values_of(call, "weight");
  problem.bias = values_of(call, "bias");
  problem.residual = values_of(call, "residual");
  // The op takes eps as a float; the reference must start from the same number.
  problem.eps = static_cast<float>(parse_number(call.params.at("eps"), "--param eps"));
  problem.out_dtype = outputs.front().tensor.dtype();

  reference::RmsNormResult ref64 = reference::rms_norm_fp64(problem);
  reference::RmsNormResult plain = reference::rms_norm_plain(problem);
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
