#include "tegula/ops/rotary.h"

#include "ops/reference/rotary.h"
#include "tools/cli/ops/common.h"

namespace tegula::cli {
namespace {

const std::vector<ParamSpec> params = {
    {"interleaved", "0", "1: pairs are neighbours, not halves"},
    {"inverse", "0", "1: rotate by the opposite angle"},
    {"seqlen_offset", "0", "the position of the first element"},
    {"out_dtype", "", "of the result; that of the input unless given"}};
const std::vector<std::string> fields = {"bs", "bh", "turns", "warps"};

ops::RotaryOptions options_of(const OpCall& call, const char* x_name) {
  ops::RotaryOptions options;
  options.interleaved = flag_of(call, "interleaved");
  options.inverse = flag_of(call, "inverse");
  options.seqlen_offset = integer_of(call, "seqlen_offset");
  options.seqlen_offsets = call.ref("seqlen_offsets");
  options.out_dtype = out_dtype_of(call);
  options.out = call.ref("out");
  const Dims& x = call.ref(x_name).shape;
  if (call.config.empty() || x.size() != 4) return options;
  const Dims& cos = call.ref("cos").shape;
  options.config = ops::choose_rotary_config(x[1], x[2], cos.empty() ? 1 : cos.back());
  for (const auto& [name, value] : call.config) {
    if (name == "bs") options.config->bs = field_value(name, value);
    if (name == "bh") options.config->bh = field_value(name, value);
    if (name == "turns") options.config->turns = field_value(name, value);
    if (name == "warps") options.config->warps = field_value(name, value);
  }
  return options;
}

std::vector<double> expected(const OpCall& call, const char* x_name, bool backward, DType dtype,
                             reference::Precision precision) {
  const ops::RotaryOptions options = options_of(call, x_name);
  const Dims &x = call.ref(x_name).shape, &cos = call.ref("cos").shape;
  reference::RotaryProblem problem = {x[0],
                                      x[1],
                                      x[2],
                                      x[3],
                                      cos[0],
                                      cos[1],
                                      values_of(call, x_name),
                                      values_of(call, "cos"),
                                      values_of(call, "sin"),
                                      options.interleaved,
                                      options.inverse != backward,
                                      {},
                                      dtype};
  problem.offsets.assign(static_cast<std::size_t>(x[0]), options.seqlen_offset);
  const std::vector<double> given = values_of(call, "seqlen_offsets").data;
  for (std::size_t entry = 0; entry < given.size(); ++entry)
    problem.offsets[entry] += static_cast<std::int64_t>(given[entry]);
  return rotary(problem, precision);
}

using Op = Tensor (*)(Stream&, const TensorRef&, const TensorRef&, const TensorRef&,
                      const ops::RotaryOptions&);

OpEntry entry_of(const char* name, const char* summary, const char* x_name, const char* y_name,
                 Op op, bool backward) {
  return {
      .name = name,
      .summary = summary,
      .tensors = {{x_name, true, Spread::normal, "(b, s, h, d)"},
                  {"cos", true, Spread::normal, "(t, r)"},
                  {"sin", true, Spread::normal, "(t, r)"},
                  {"seqlen_offsets", false, Spread::normal, "(b,), int32"},
                  {"out", false, Spread::normal, "(b, s, h, d), destination"}},
      .params = params,
      .outputs = {y_name},
      .config_fields = fields,
      .run =
          [=](Stream& stream, const OpCall& call) {
            return std::vector<Output>{{y_name, op(stream, call.ref(x_name), call.ref("cos"),
                                                   call.ref("sin"), options_of(call, x_name))}};
          },
      .expect =
          [=](const OpCall& call, const std::vector<Output>& outputs) {
            const DType dtype = outputs[0].tensor.dtype();
            return std::vector<ExpectedOutput>{
                expected_output(y_name, backward ? 3 : 2, [&](reference::Precision precision) {
                  return expected(call, x_name, backward, dtype, precision);
                })};
          },
  };
}

}  // namespace

const OpEntry& rotary_op() {
  static const OpEntry entry = entry_of("rotary", "pairs of x rotated by the angles of cos and sin",
                                        "x", "y", ops::rotary, false);
  return entry;
}

const OpEntry& rotary_bwd_op() {
  static const OpEntry entry =
      entry_of("rotary_bwd", "pairs of dy rotated by the opposite angles, which is dx", "dy", "dx",
               ops::rotary_bwd, true);
  return entry;
}

}  // namespace tegula::cli
