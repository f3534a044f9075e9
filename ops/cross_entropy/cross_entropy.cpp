// cross_entropy and its gradient: what they take, give and launch.
#include "tegula/ops/cross_entropy.h"

#include <cmath>

#include <fmt/format.h>

#include "ops/core/row_ops.h"
#include "ops/cross_entropy/cross_entropy_kernel.h"
#include "ops/lasting.h"

namespace tegula::ops {
namespace {

void in_range(bool good, float value, std::string_view name, const char* wanted,
              const OpChecks& checks) {
  if (!good || !std::isfinite(value))
    checks.fail(name, "out of range", fmt::format("{}", value), wanted);
}

struct CrossEntropyArgs : CrossEntropyOptions {
  TensorRef x, target;
  TensorRef dloss, saved_lse;  ///< of the backward pass
};

void has_classes(const CrossEntropyArgs& arguments, const Plan& plan) {
  if (plan.extent("N") == 0 && plan.extent("M") > 0)
    plan.checks().fail("x", "there are no classes", to_string(arguments.x.shape),
                       "N of at least 1");
}

/// x, target, and the terms, which both directions take.
template <class Result>
Op<CrossEntropyArgs, Result> describe_terms(const char* name, const char* summary) {
  return Op<CrossEntropyArgs, Result>(name, summary)
      .input("x", &CrossEntropyArgs::x)
      .input("target", &CrossEntropyArgs::target,
             {.shape = op::leading("x").because("the shape of x without its last dimension"),
              .dtype = op::only(DType::i64, "class indices"),
              .values = op::indices_into("x")})
      .rule(has_classes)
      .scalar(
          "label_smoothing", &CrossEntropyArgs::label_smoothing,
          "the share of the uniform distribution",
          +[](float value, std::string_view name, const OpChecks& checks) {
            in_range(value >= 0 && value <= 1, value, name, "a number from 0 to 1", checks);
          })
      .scalar(
          "logit_scale", &CrossEntropyArgs::logit_scale, "multiplies x",
          +[](float value, std::string_view name, const OpChecks& checks) {
            in_range(value > 0, value, name, "a finite number above 0", checks);
          })
      .scalar(
          "lse_square_scale", &CrossEntropyArgs::lse_square_scale, "of lse^2, which is added",
          +[](float value, std::string_view name, const OpChecks& checks) {
            in_range(true, value, name, "a finite number", checks);
          })
      .scalar("ignore_index", &CrossEntropyArgs::ignore_index,
              "the target of rows that do not count")
      .config(&CrossEntropyArgs::config, row_config, check_config, row_config_fields());
}

/// One value for each row.
op::Shape of_rows() { return op::like("target", op::Layout::flat); }
OutputRule of_each_row() {
  return {.shape = of_rows(), .dtype = op::only(DType::f32, "whatever the dtype of x")};
}

void plan_forward(Plan& plan, const CrossEntropyArgs&) {
  if (plan.empty()) return;
  const auto c = plan.config<RowConfig>();
  plan.launch(cross_entropy_fwd_kernel, {c.rows, c.bn, c.warps, plan.fact("smoothing") != 0});
}

const auto& cross_entropy_op() {
  static const auto& op = lasting(
      describe_terms<CrossEntropyOut>("cross_entropy", "loss and lse of each row's target class")
          .output("loss", &CrossEntropyOut::loss, of_each_row())
          .into("loss", &CrossEntropyArgs::loss)
          .output("lse", &CrossEntropyOut::lse, of_each_row())
          .into("lse", &CrossEntropyArgs::lse)
          .fact(
              "smoothing", +[](const CrossEntropyArgs& a) { return a.label_smoothing != 0; })
          .plan(plan_forward));
  return op;
}

const auto& cross_entropy_bwd_op() {
  static const auto& op = lasting(
      describe_terms<Tensor>("cross_entropy_bwd", "dx of cross_entropy's loss")
          .input("dloss", &CrossEntropyArgs::dloss, {.shape = of_rows()})
          .input("lse", &CrossEntropyArgs::saved_lse,
                 {.shape = of_rows(), .dtype = op::only(DType::f32, "as cross_entropy gives it")})
          .backward_of(
              cross_entropy_op(), {"lse"},
              +[](CrossEntropyArgs& a, const CrossEntropyArgs&, const CrossEntropyOut& out) {
                a.saved_lse = out.lse;
              })
          .output("dx", {.shape = op::like("x"), .dtype = op::dtype_of("x")})
          .into_any_float("out", &CrossEntropyArgs::out, {"x"})
          .dtype_argument("out_dtype", &CrossEntropyArgs::out_dtype)
          .launches(cross_entropy_bwd_kernel));
  return op;
}

}  // namespace

void describe_cross_entropy() { cross_entropy_bwd_op(); }

CrossEntropyOut cross_entropy(Stream& stream, const TensorRef& x, const TensorRef& target,
                              const CrossEntropyOptions& options) {
  return cross_entropy_op()(stream, {options, x, target, {}, {}});
}

Tensor cross_entropy_bwd(Stream& stream, const TensorRef& dloss, const TensorRef& x,
                         const TensorRef& lse, const TensorRef& target,
                         const CrossEntropyOptions& options) {
  return cross_entropy_bwd_op()(stream, {options, x, target, dloss, lse});
}

}  // namespace tegula::ops
