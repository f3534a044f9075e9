// dropout, its gradient and its mask: what they take, give and launch.
#include "tegula/ops/dropout.h"

#include "ops/core/dropout_part.h"
#include "ops/core/row_ops.h"
#include "ops/dropout/dropout_kernel.h"
#include "ops/lasting.h"

namespace tegula::ops {
namespace {

/// How the two passes, which do the same to another tensor, call what they take and give.
struct DropoutNames {
  const char* x;
  const char* y;
};
const DropoutNames forward_names = {"x", "y"}, backward_names = {"dy", "dx"};

struct DropoutArgs : DropoutOptions {
  TensorRef x;
  const DropoutNames* names = nullptr;
};

template <class Args>
void get_dropout(const Args& a, const OpChecks& checks, std::uint64_t* bits) {
  put_dropout(check_dropout({checks.op(), checks.device()}, a.dropout_p, a.rng), bits);
}

void plan_dropout(Plan& plan, const DropoutArgs& a) {
  if (plan.empty()) return;
  const auto c = plan.config<RowConfig>();
  check_blocks(plan, a.names->x, {plan.extent("M"), plan.extent("N")}, {c.rows, c.bn});
  launch_dropout(plan, c, plan.fact("drops") != 0, a.names->x, a.names->y);
}

Op<DropoutArgs, DropoutOut> describe_pass(const DropoutNames& names, const char* name,
                                          const char* summary) {
  return with_dropout(Op<DropoutArgs, DropoutOut>(name, summary).input(names.x, &DropoutArgs::x),
                      &DropoutArgs::dropout_p, &DropoutArgs::rng, "the share that is dropped")
      .scalars(dropout_scalars(), get_dropout<DropoutArgs>)
      .parameter("return_mask", &DropoutArgs::return_mask, "give mask")
      .config(&DropoutArgs::config, elementwise_config, check_config, row_config_fields())
      .output(names.y, &DropoutOut::y, {op::like(names.x), op::dtype_of(names.x)})
      .into_any_float("out", &DropoutArgs::out, {names.x})
      .dtype_argument("out_dtype", &DropoutArgs::out_dtype)
      .output("mask", &DropoutOut::mask, {op::like(names.x), op::only(DType::i1, "as all masks")},
              [](const DropoutArgs& a, const Plan&) { return a.return_mask; })
      .constant(&DropoutArgs::names, &names)
      .usual("dropout_p", 0.5)
      .usual("return_mask", 1)
      .plan(plan_dropout);
}

const auto& dropout_op() {
  static const auto& op =
      lasting(describe_pass(forward_names, "dropout", "y = x / (1 - p) where x is kept"));
  return op;
}
const auto& dropout_bwd_op() {
  static const auto& op =
      lasting(describe_pass(backward_names, "dropout_bwd", "dx = dy / (1 - p) where x was kept")
                  .without({"return_mask"}));
  return op;
}

struct DropoutMaskArgs : DropoutMaskOptions {
  std::int64_t m = 0, n = 0;
};

op::Shape::Wanted mask_shape(const DropoutMaskArgs& a) { return {{a.m, a.n}, "m and n"}; }

void check_size(const DropoutMaskArgs& a, const Plan& plan) {
  for (const auto& [name, size] : {std::pair("m", a.m), {"n", a.n}})
    if (size < 0) plan.checks().fail(name, "out of range", std::to_string(size), "at least 0");
}

void plan_mask(Plan& plan, const DropoutMaskArgs& a) {
  if (a.m == 0 || a.n == 0) return;
  const auto c = plan.config<RowConfig>();
  check_blocks(plan, "m", {a.m, a.n}, {c.rows, c.bn});
  launch_dropout_mask(plan, c, plan.fact("drops") != 0,
                      a.of_x1 ? DropoutStream::x1 : DropoutStream::x);
}

RowConfig mask_config(const DropoutMaskArgs& a, const Plan&) {
  return choose_elementwise_config(a.m, a.n);
}

Op<DropoutMaskArgs, Tensor> describe_mask() {
  using Args = DropoutMaskArgs;
  return with_dropout(
             Op<Args, Tensor>("dropout_mask", "which elements of an (m, n) matrix dropout keeps")
                 .rule(check_size),
             &Args::dropout_p, &Args::rng, "the share that is dropped")
      .scalars(dropout_scalars(), get_dropout<Args>)
      .parameter("m", &Args::m, "rows of the mask")
      .parameter("n", &Args::n, "columns of the mask")
      .parameter("of_x1", &Args::of_x1, "the mask of an x1 that drops out on its own")
      .config(&Args::config, mask_config, check_config, row_config_fields())
      .output("mask", {op::computed<Args>(mask_shape, op::Layout::matrix, "(m, n)"),
                       op::only(DType::i1, "as all masks")})
      .into("out", &Args::out)
      .usual("dropout_p", 0.5)
      .usual("m", 64)
      .usual("n", 4096)
      .plan(plan_mask);
}

const auto& dropout_mask_op() {
  static const auto& op = lasting(describe_mask());
  return op;
}

}  // namespace

void describe_dropout() {
  dropout_op();
  dropout_bwd_op();
  dropout_mask_op();
}

DropoutOut dropout(Stream& stream, const TensorRef& x, const DropoutOptions& options) {
  return dropout_op()(stream, {options, x});
}

Tensor dropout_bwd(Stream& stream, const TensorRef& dy, const DropoutOptions& options) {
  DropoutArgs arguments = {options, dy};
  arguments.return_mask = false;
  return dropout_bwd_op()(stream, arguments).y;
}

Tensor dropout_mask(Stream& stream, std::int64_t m, std::int64_t n,
                    const DropoutMaskOptions& options) {
  return dropout_mask_op()(stream, {options, m, n});
}

}  // namespace tegula::ops
