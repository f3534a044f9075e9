#include "tegula/ops/softmax.h"

#include "ops/reference/softmax.h"
#include "tools/cli/ops/common.h"

namespace tegula::cli {
namespace {

using Forward = Tensor (*)(Stream&, const TensorRef&, const ops::SoftmaxOptions&);
using Backward = Tensor (*)(Stream&, const TensorRef&, const TensorRef&,
                            const ops::SoftmaxOptions&);

ops::SoftmaxOptions options_of(const OpCall& call) {
  ops::SoftmaxOptions options;
  options.out = call.ref("out");
  options.out_dtype = out_dtype_of(call);
  options.config = row_config_of(call, "x", ops::choose_row_config);
  return options;
}

reference::SoftmaxProblem problem_of(const OpCall& call, DType out_dtype, bool logarithm) {
  const MatrixShape shape = matrix_shape(call.ref("x").shape);
  return {shape.rows, shape.n, values_of(call, "x"), out_dtype, logarithm};
}

OpEntry forward_entry(const char* name, const char* summary, Forward op, bool logarithm) {
  return {
      .name = name,
      .summary = summary,
      .tensors = {{"x", true, Spread::normal, "(..., N)"},
                  {"out", false, Spread::normal, "(..., N), destination of y"}},
      .params = {{"out_dtype", "", "of y; that of x unless given"}},
      .outputs = {"y"},
      .config_fields = {"rows", "bn", "warps"},
      .run =
          [op](Stream& stream, const OpCall& call) {
            return std::vector<Output>{{"y", op(stream, call.ref("x"), options_of(call))}};
          },
      .expect =
          [logarithm](const OpCall& call, const std::vector<Output>& outputs) {
            const auto problem = problem_of(call, outputs[0].tensor.dtype(), logarithm);
            return std::vector<ExpectedOutput>{expected_output(
                "y", 2,
                [&](reference::Precision precision) { return softmax(problem, precision); })};
          },
  };
}

OpEntry backward_entry(const char* name, const char* summary, Forward forward, Backward backward,
                       bool logarithm) {
  return {
      .name = name,
      .summary = summary,
      .tensors = {{"x", true, Spread::normal, "(..., N)"},
                  {"dy", true, Spread::normal, "(..., N)"},
                  {"out", false, Spread::normal, "(..., N), destination of dx"}},
      .params = {{"out_dtype", "", "of dx; that of x unless given"}},
      .outputs = {"dx"},
      .config_fields = {"rows", "bn", "warps"},
      .run =
          [forward, backward](Stream& stream, const OpCall& call) {
            const ops::SoftmaxOptions options = options_of(call);
            const Tensor y = forward(stream, call.ref("x"), {.config = options.config});
            return std::vector<Output>{{"dx", backward(stream, call.ref("dy"), y, options)},
                                       {"y", y, false}};
          },
      .expect =
          [logarithm](const OpCall& call, const std::vector<Output>& outputs) {
            const MatrixShape shape = matrix_shape(call.ref("x").shape);
            const reference::SoftmaxBwdProblem problem = {
                shape.rows,
                shape.n,
                values_of(call, "dy"),
                {call.ref("x").dtype, values_of(outputs, "y")},
                outputs[0].tensor.dtype(),
                logarithm};
            return std::vector<ExpectedOutput>{expected_output(
                "dx", 3,
                [&](reference::Precision precision) { return softmax_bwd(problem, precision); })};
          },
  };
}

}  // namespace

const OpEntry& softmax_op() {
  static const OpEntry entry = forward_entry(
      "softmax", "y = exp(x) / sum(exp(x)), over the last dimension", ops::softmax, false);
  return entry;
}

const OpEntry& softmax_bwd_op() {
  static const OpEntry entry =
      backward_entry("softmax_bwd", "dx = y * (dy - sum(dy * y)), y the softmax of x", ops::softmax,
                     ops::softmax_bwd, false);
  return entry;
}

const OpEntry& log_softmax_op() {
  static const OpEntry entry = forward_entry(
      "log_softmax", "y = x - log(sum(exp(x))), over the last dimension", ops::log_softmax, true);
  return entry;
}

const OpEntry& log_softmax_bwd_op() {
  static const OpEntry entry =
      backward_entry("log_softmax_bwd", "dx = dy - exp(y) * sum(dy), y the log_softmax of x",
                     ops::log_softmax, ops::log_softmax_bwd, true);
  return entry;
}

}  // namespace tegula::cli
