#include "tegula/ops/swiglu.h"

#include "ops/reference/swiglu.h"
#include "tools/cli/ops/common.h"

namespace tegula::cli {
namespace {

using reference::Precision;

std::vector<Output> run_forward(Stream& stream, const OpCall& call) {
  return {{"y", ops::swiglu(stream, call.ref("a"), call.ref("b"),
                            {.out_dtype = out_dtype_of(call),
                             .out = call.ref("out"),
                             .config = row_config_of(call, "a", ops::choose_elementwise_config)})}};
}

std::vector<ExpectedOutput> expect_forward(const OpCall& call, const std::vector<Output>& outputs) {
  return {expected_output("y", 2, [&](Precision precision) {
    return reference::swiglu(values_of(call, "a"), values_of(call, "b"), outputs[0].tensor.dtype(),
                             precision);
  })};
}

std::vector<Output> run_backward(Stream& stream, const OpCall& call) {
  const ops::SwigluGrads grads =
      ops::swiglu_bwd(stream, call.ref("dy"), call.ref("a"), call.ref("b"),
                      {.da = call.ref("da"),
                       .db = call.ref("db"),
                       .config = row_config_of(call, "a", ops::choose_elementwise_config)});
  return {{"da", grads.da}, {"db", grads.db}};
}

std::vector<ExpectedOutput> expect_backward(const OpCall& call,
                                            const std::vector<Output>& outputs) {
  using Result = reference::SwigluGradients;
  const auto results = evaluations([&](Precision precision) {
    return reference::swiglu_bwd(values_of(call, "dy"), values_of(call, "a"), values_of(call, "b"),
                                 outputs[0].tensor.dtype(), outputs[1].tensor.dtype(), precision);
  });
  return {results.of("da", &Result::da, 3), results.of("db", &Result::db, 3)};
}

}  // namespace

const OpEntry& swiglu_op() {
  static const OpEntry entry = {
      .name = "swiglu",
      .summary = "y = a * sigmoid(a) * b",
      .tensors = {{"a", true, Spread::normal, "(..., N)"},
                  {"b", true, Spread::normal, "(..., N)"},
                  {"out", false, Spread::normal, "(..., N), destination of y"}},
      .params = {{"out_dtype", "", "of y; that of a unless given"}},
      .outputs = {"y"},
      .config_fields = {"rows", "bn", "warps"},
      .run = run_forward,
      .expect = expect_forward,
  };
  return entry;
}

const OpEntry& swiglu_bwd_op() {
  static const OpEntry entry = {
      .name = "swiglu_bwd",
      .summary = "da and db of y = a * sigmoid(a) * b",
      .tensors = {{"a", true, Spread::normal, "(..., N)"},
                  {"b", true, Spread::normal, "(..., N)"},
                  {"dy", true, Spread::normal, "(..., N)"},
                  {"da", false, Spread::normal, "(..., N), destination"},
                  {"db", false, Spread::normal, "(..., N), destination"}},
      .params = {},
      .outputs = {"da", "db"},
      .config_fields = {"rows", "bn", "warps"},
      .run = run_backward,
      .expect = expect_backward,
  };
  return entry;
}

}  // namespace tegula::cli
