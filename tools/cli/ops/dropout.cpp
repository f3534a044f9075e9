#include "tegula/ops/dropout.h"

#include "ops/reference/dropout.h"
#include "tools/cli/command.h"
#include "tools/cli/ops/common.h"

namespace tegula::cli {
namespace {

using reference::Precision;

const std::vector<ParamSpec> random_params = {
    {"dropout_p", "0.5", "the share that is dropped, in [0, 1)"},
    {"seed", "0", "of the mask"},
    {"offset", "0", "of the mask: every call uses up two"}};

std::vector<ParamSpec> with_random_params(std::vector<ParamSpec> params) {
  params.insert(params.end(), random_params.begin(), random_params.end());
  return params;
}

ops::DropoutOptions options_of(const OpCall& call, const char* x_name) {
  return {.dropout_p = float_of(call, "dropout_p"),
          .rng = rng_of(call),
          .return_mask = true,
          .out_dtype = out_dtype_of(call),
          .out = call.ref("out"),
          .config = row_config_of(call, x_name, ops::choose_elementwise_config)};
}

/// Of both passes: "y" of "x", "dx" of "dy".
ExpectedOutput expected(const OpCall& call, const char* x_name, const char* y_name, double factor,
                        const std::vector<Output>& outputs) {
  return expected_output(y_name, factor, [&](Precision precision) {
    return reference::dropout(matrix_shape(call.ref(x_name).shape).n, values_of(call, x_name),
                              dropout_of(call), outputs[0].tensor.dtype(), precision);
  });
}

std::vector<Output> run_forward(Stream& stream, const OpCall& call) {
  ops::DropoutOut out = ops::dropout(stream, call.ref("x"), options_of(call, "x"));
  return {{"y", out.y}, {"mask", *out.mask}};
}

std::vector<ExpectedOutput> expect_forward(const OpCall& call, const std::vector<Output>& outputs) {
  const MatrixShape shape = matrix_shape(call.ref("x").shape);
  return {expected(call, "x", "y", 2, outputs),
          expected_mask("mask", reference::dropout_mask(shape.rows, shape.n, dropout_of(call)))};
}

std::vector<Output> run_backward(Stream& stream, const OpCall& call) {
  return {{"dx", ops::dropout_bwd(stream, call.ref("dy"), options_of(call, "dy"))}};
}

std::vector<ExpectedOutput> expect_backward(const OpCall& call,
                                            const std::vector<Output>& outputs) {
  return {expected(call, "dy", "dx", 3, outputs)};
}

/// A parameter that is a size.
std::int64_t extent_of(const OpCall& call, const char* name) {
  if (call.params.find(name)->second.empty())
    usage_error(std::string("--param ") + name, "it is missing", "nothing",
                std::string("--param ") + name + "=EXTENT");
  const std::int64_t extent = integer_of(call, name);
  if (extent < 0)
    usage_error(std::string("--param ") + name, "out of range", std::to_string(extent),
                "at least 0");
  return extent;
}

std::vector<Output> run_mask(Stream& stream, const OpCall& call) {
  const std::int64_t m = extent_of(call, "m"), n = extent_of(call, "n");
  ops::DropoutMaskOptions options = {.dropout_p = float_of(call, "dropout_p"),
                                     .rng = rng_of(call),
                                     .of_x1 = flag_of(call, "of_x1")};
  if (!call.config.empty() && m > 0 && n > 0)
    options.config = row_config_of(call, {m, n}, ops::choose_elementwise_config);
  return {{"mask", ops::dropout_mask(stream, m, n, options)}};
}

std::vector<ExpectedOutput> expect_mask(const OpCall& call, const std::vector<Output>&) {
  return {expected_mask(
      "mask", reference::dropout_mask(extent_of(call, "m"), extent_of(call, "n"), dropout_of(call),
                                      flag_of(call, "of_x1") ? 1 : 0))};
}

}  // namespace

const OpEntry& dropout_op() {
  static const OpEntry entry = {
      .name = "dropout",
      .summary = "y = x / (1 - p) where x is kept, else 0",
      .tensors = {{"x", true, Spread::normal, "(..., N)"},
                  {"out", false, Spread::normal, "(..., N), destination of y"}},
      .params = with_random_params({{"out_dtype", "", "of y; that of x unless given"}}),
      .outputs = {"y", "mask"},
      .config_fields = {"rows", "bn", "warps"},
      .run = run_forward,
      .expect = expect_forward,
  };
  return entry;
}

const OpEntry& dropout_bwd_op() {
  static const OpEntry entry = {
      .name = "dropout_bwd",
      .summary = "dx = dy / (1 - p) where x was kept, else 0",
      .tensors = {{"dy", true, Spread::normal, "(..., N)"},
                  {"out", false, Spread::normal, "(..., N), destination of dx"}},
      .params = with_random_params({{"out_dtype", "", "of dx; that of dy unless given"}}),
      .outputs = {"dx"},
      .config_fields = {"rows", "bn", "warps"},
      .run = run_backward,
      .expect = expect_backward,
  };
  return entry;
}

const OpEntry& dropout_mask_op() {
  static const OpEntry entry = {
      .name = "dropout_mask",
      .summary = "which elements of an (m, n) matrix dropout keeps",
      .tensors = {},
      .params = with_random_params(
          {{"m", "", "rows"}, {"n", "", "columns"}, {"of_x1", "0", "1: the mask of a norm's x1"}}),
      .outputs = {"mask"},
      .config_fields = {"rows", "bn", "warps"},
      .run = run_mask,
      .expect = expect_mask,
  };
  return entry;
}

}  // namespace tegula::cli
