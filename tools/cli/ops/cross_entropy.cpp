#include "tegula/ops/cross_entropy.h"

#include "ops/reference/cross_entropy.h"
#include "tools/cli/ops/common.h"

namespace tegula::cli {
namespace {

using reference::Precision;

const std::vector<ParamSpec> terms = {
    {"label_smoothing", "0", "the share of the uniform distribution"},
    {"logit_scale", "1", "multiplies x"},
    {"lse_square_scale", "0", "of lse^2 in the loss"},
    {"ignore_index", "-100", "rows with this target have loss 0"}};

ops::CrossEntropyOptions options_of(const OpCall& call) {
  ops::CrossEntropyOptions options;
  options.label_smoothing = float_of(call, "label_smoothing");
  options.logit_scale = float_of(call, "logit_scale");
  options.lse_square_scale = float_of(call, "lse_square_scale");
  options.ignore_index = integer_of(call, "ignore_index");
  return options;
}

reference::CrossEntropyProblem problem_of(const OpCall& call) {
  const MatrixShape shape = matrix_shape(call.ref("x").shape);
  const ops::CrossEntropyOptions options = options_of(call);
  return {.rows = shape.rows,
          .n = shape.n,
          .x = values_of(call, "x"),
          .target = values_of(call, "target").data,
          .label_smoothing = options.label_smoothing,
          .logit_scale = options.logit_scale,
          .lse_square_scale = options.lse_square_scale,
          .ignore_index = options.ignore_index};
}

std::vector<Output> run_forward(Stream& stream, const OpCall& call) {
  ops::CrossEntropyOptions options = options_of(call);
  options.loss = call.ref("loss");
  options.lse = call.ref("lse");
  options.config = row_config_of(call, "x", ops::choose_row_config);
  const ops::CrossEntropyOut out =
      ops::cross_entropy(stream, call.ref("x"), call.ref("target"), options);
  return {{"loss", out.loss}, {"lse", out.lse}};
}

std::vector<ExpectedOutput> expect_forward(const OpCall& call, const std::vector<Output>&) {
  const auto problem = problem_of(call);
  using Result = reference::CrossEntropyResult;
  const auto results = evaluations(
      [&](Precision precision) { return reference::cross_entropy(problem, precision); });
  return {results.of("loss", &Result::loss, 2), results.of("lse", &Result::lse, 2)};
}

std::vector<Output> run_backward(Stream& stream, const OpCall& call) {
  ops::CrossEntropyOptions options = options_of(call);
  const Tensor lse = ops::cross_entropy(stream, call.ref("x"), call.ref("target"), options).lse;
  options.out = call.ref("out");
  options.out_dtype = out_dtype_of(call);
  options.config = row_config_of(call, "x", ops::choose_row_config);
  return {{"dx", ops::cross_entropy_bwd(stream, call.ref("dloss"), call.ref("x"), lse,
                                        call.ref("target"), options)},
          {"lse", lse, false}};
}

std::vector<ExpectedOutput> expect_backward(const OpCall& call,
                                            const std::vector<Output>& outputs) {
  const auto problem = problem_of(call);
  const std::vector<double> lse = values_of(outputs, "lse");
  return {expected_output("dx", 3, [&](Precision precision) {
    return cross_entropy_bwd(problem, values_of(call, "dloss"), lse, outputs[0].tensor.dtype(),
                             precision);
  })};
}

}  // namespace

const OpEntry& cross_entropy_op() {
  static const OpEntry entry = {
      .name = "cross_entropy",
      .summary = "loss = log(sum(exp(x))) - x[target], over the last dimension",
      .tensors = {{"x", true, Spread::normal, "(..., N)"},
                  {"target", true, Spread::normal, "(...), int64", "x"},
                  {"loss", false, Spread::normal, "(...), destination, f32"},
                  {"lse", false, Spread::normal, "(...), destination, f32"}},
      .params = terms,
      .outputs = {"loss", "lse"},
      .config_fields = {"rows", "bn", "warps"},
      .run = run_forward,
      .expect = expect_forward,
  };
  return entry;
}

const OpEntry& cross_entropy_bwd_op() {
  static const OpEntry entry = [] {
    OpEntry e = {
        .name = "cross_entropy_bwd",
        .summary = "dx = dloss * (softmax(x) - onehot(target)), with the terms of cross_entropy",
        .tensors = {{"x", true, Spread::normal, "(..., N)"},
                    {"target", true, Spread::normal, "(...), int64", "x"},
                    {"dloss", true, Spread::normal, "(...)"},
                    {"out", false, Spread::normal, "(..., N), destination of dx"}},
        .params = terms,
        .outputs = {"dx"},
        .config_fields = {"rows", "bn", "warps"},
        .run = run_backward,
        .expect = expect_backward,
    };
    e.params.push_back({"out_dtype", "", "of dx; that of x unless given"});
    return e;
  }();
  return entry;
}

}  // namespace tegula::cli
