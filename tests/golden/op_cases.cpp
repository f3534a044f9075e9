// The library's ops, whole: what a GPU's approximations make of their results.
#include "tegula/ops.h"
#include "tests/golden/case.h"

namespace tegula::golden {
namespace {

using Tensors = std::vector<Tensor>;

void add(std::vector<Case>& cases, const std::string& op, DType dtype, std::int64_t n,
         std::vector<Host> inputs, std::vector<Host> outputs,
         std::function<void(Stream&, const Tensors&, const Tensors&)> run, bool exact = false) {
  cases.push_back(
      {.name = "op/" + op + "/" + std::string(dtype_name(dtype)) + "/" + std::to_string(n),
       .exact = exact,
       .inputs = std::move(inputs),
       .outputs = std::move(outputs),
       .run = std::move(run)});
}

void rows_of(std::vector<Case>& cases, DType dtype, std::int64_t n) {
  const Dims shape = {5, n};
  const Host x = normal_values(dtype, shape, 1), other = normal_values(dtype, shape, 2);
  const Host weight = normal_values(dtype, {n}, 3), blank = zeros_of(dtype, shape);
  const Host target = whole_values(i64, {5}, 4, n), column = zeros_of(f32, {5});
  add(cases, "rms_norm_fn", dtype, n, {x, weight, other}, {blank, blank},
      [](Stream& s, const Tensors& in, const Tensors& out) {
        ops::rms_norm_fn(s, in[0], in[1],
                         {.residual = in[2], .out = out[0], .residual_out = out[1]});
      });
  add(cases, "layer_norm_fn", dtype, n, {x, weight, other}, {blank, blank},
      [](Stream& s, const Tensors& in, const Tensors& out) {
        ops::layer_norm_fn(s, in[0], in[1],
                           {.x1 = in[2],
                            .dropout_p = 0.3F,
                            .out = out[0],
                            .residual_out = out[1],
                            .rng = ops::RngState{.seed = 1}});
      });
  // Not dweight: its sums depend on how many multiprocessors the device has.
  add(cases, "layer_norm_fn_bwd", dtype, n, {x, weight, other}, {blank, blank},
      [](Stream& s, const Tensors& in, const Tensors& out) {
        const ops::NormOut saved = ops::layer_norm_fn(s, in[0], in[1]);
        ops::layer_norm_fn_bwd(s, in[2], in[0], *saved.rstd, in[1],
                               {.mean = *saved.mean,
                                .dropout_p = 0.3F,
                                .rng = ops::RngState{.seed = 1},
                                .has_residual = true,
                                .dx = out[0],
                                .dresidual = out[1]});
      });
  add(cases, "softmax", dtype, n, {x}, {blank},
      [](Stream& s, const Tensors& in, const Tensors& out) {
        ops::softmax(s, in[0], {.out = out[0]});
      });
  add(
      cases, "softmax_bwd", dtype, n, {x, other}, {blank},
      [](Stream& s, const Tensors& in, const Tensors& out) {
        ops::softmax_bwd(s, in[0], in[1], {.out = out[0]});
      },
      true);
  add(cases, "log_softmax", dtype, n, {x}, {blank},
      [](Stream& s, const Tensors& in, const Tensors& out) {
        ops::log_softmax(s, in[0], {.out = out[0]});
      });
  add(cases, "cross_entropy", dtype, n, {x, target}, {column, column},
      [](Stream& s, const Tensors& in, const Tensors& out) {
        ops::cross_entropy(s, in[0], in[1],
                           {.label_smoothing = 0.1F, .loss = out[0], .lse = out[1]});
      });
  add(cases, "swiglu", dtype, n, {x, other}, {blank},
      [](Stream& s, const Tensors& in, const Tensors& out) {
        ops::swiglu(s, in[0], in[1], {.out = out[0]});
      });
  add(cases, "swiglu_bwd", dtype, n, {x, other, other}, {blank, blank},
      [](Stream& s, const Tensors& in, const Tensors& out) {
        ops::swiglu_bwd(s, in[0], in[1], in[2], {.da = out[0], .db = out[1]});
      });
  add(cases, "dropout", dtype, n, {x}, {blank},
      [](Stream& s, const Tensors& in, const Tensors& out) {
        ops::dropout(s, in[0], {.dropout_p = 0.3F, .rng = ops::RngState{.seed = 1}, .out = out[0]});
      });
}

}  // namespace

std::vector<Case> op_cases() {
  std::vector<Case> cases;
  for (const DType dtype : {bf16, f16, f32}) {
    for (const std::int64_t n : {77, 4096, 20000}) rows_of(cases, dtype, n);
    add(
        cases, "rotary", dtype, 128,
        {normal_values(dtype, {2, 9, 3, 128}, 1), normal_values(dtype, {9, 64}, 2),
         normal_values(dtype, {9, 64}, 3)},
        {zeros_of(dtype, {2, 9, 3, 128})},
        [](Stream& s, const Tensors& in, const Tensors& out) {
          ops::rotary(s, in[0], in[1], in[2], {.out = out[0]});
        },
        true);
  }
  return cases;
}

}  // namespace tegula::golden
