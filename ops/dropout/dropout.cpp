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

Op<DropoutArgs, DropoutOut> dropout_op(const DropoutNames& names, const char* name,
                                       const char* summary) {
  return with_dropout(Op<DropoutArgs, DropoutOut>(name, summary).input(names.x, &DropoutArgs::x),
                      &DropoutArgs::dropout_p, &DropoutArgs::rng, "the share that is dropped")
      .scalars(dropout_scalars(), get_dropout<DropoutArgs>)
      .parameter("return_mask", &DropoutArgs::return_mask, "1: give mask")
      .config(&DropoutArgs::config, elementwise_config, check_config, row_config_fields())
      .output(names.y, &DropoutOut::y, {op::like(names.x), op::dtype_of(names.x)})
      .into_any_float("out", &DropoutArgs::out, {names.x})
      .dtype_argument("out_dtype", &DropoutArgs::out_dtype)
      .output("mask", &DropoutOut::mask, {op::like(names.x), op::only(DType::i1, "as all masks")},
              [](const DropoutArgs& a, const Plan&) { return a.return_mask; })
      .constant(&DropoutArgs::names)
      .plan(plan_dropout);
}

struct DropoutMaskArgs : DropoutMaskOptions {
  std::int64_t rows = 0, columns = 0;
};

op::Shape::Wanted mask_shape(const DropoutMaskArgs& a) {
  return {{a.rows, a.columns}, "rows and columns"};
}

void check_size(const DropoutMaskArgs& a, const Plan& plan) {
  for (const auto& [name, size] : {std::pair("rows", a.rows), {"columns", a.columns}})
    if (size < 0) plan.checks().fail(name, "out of range", std::to_string(size), "at least 0");
}

void plan_mask(Plan& plan, const DropoutMaskArgs& a) {
  if (a.rows == 0 || a.columns == 0) return;
  const auto c = plan.config<RowConfig>();
  check_blocks(plan, "rows", {a.rows, a.columns}, {c.rows, c.bn});
  launch_dropout_mask(plan, c, plan.fact("drops") != 0,
                      a.of_x1 ? DropoutStream::x1 : DropoutStream::x);
}

RowConfig mask_config(const DropoutMaskArgs& a, const Plan&) {
  return choose_elementwise_config(a.rows, a.columns);
}

Op<DropoutMaskArgs, Tensor> dropout_mask_op() {
  using Args = DropoutMaskArgs;
  return with_dropout(Op<Args, Tensor>("dropout_mask", "which elements of a matrix dropout keeps")
                          .rule(check_size),
                      &Args::dropout_p, &Args::rng, "the share that is dropped")
      .scalars(dropout_scalars(), get_dropout<Args>)
      .parameter("rows", &Args::rows, "of the mask")
      .parameter("columns", &Args::columns, "of the mask")
      .parameter("of_x1", &Args::of_x1, "1: the mask of an x1 that drops out on its own")
      .config(&Args::config, mask_config, check_config, row_config_fields())
      .output("mask", {op::computed<Args>(mask_shape, op::Layout::matrix),
                       op::only(DType::i1, "as all masks")})
      .into("out", &Args::out)
      .plan(plan_mask);
}

}  // namespace

DropoutOut dropout(Stream& stream, const TensorRef& x, const DropoutOptions& options) {
  static const auto& op =
      lasting(dropout_op(forward_names, "dropout", "y = x / (1 - p) where x is kept"));
  return op(stream, {options, x, &forward_names});
}

Tensor dropout_bwd(Stream& stream, const TensorRef& dy, const DropoutOptions& options) {
  static const auto& op =
      lasting(dropout_op(backward_names, "dropout_bwd", "dx = dy / (1 - p) where x was kept")
                  .without({"return_mask"}));
  DropoutArgs arguments = {options, dy, &backward_names};
  arguments.return_mask = false;
  return op(stream, arguments).y;
}

Tensor dropout_mask(Stream& stream, std::int64_t rows, std::int64_t columns,
                    const DropoutMaskOptions& options) {
  static const auto& op = lasting(dropout_mask_op());
  return op(stream, {options, rows, columns});
}

}  // namespace tegula::ops
