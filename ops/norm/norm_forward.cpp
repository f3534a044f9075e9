// The norms forward: what all of their functions take, give and launch.
#include "ops/norm/norm_forward.h"

#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "ops/common/leading.h"
#include "ops/core/dropout_part.h"
#include "ops/norm/subset_values.h"
#include "runtime/tensor/checks.h"

namespace tegula::ops {
namespace {

using op::DTypes;
using op::Layout;
using op::Shape;

/// Of what is normalised, (..., N).
Shape::Wanted sum_shape(const NormArgs& a) {
  if (!a.x_subset.present()) return {a.x.shape, fmt::format("the shape of {}", a.function->x)};
  return {{a.x_subset.shape[0], a.x.shape.back()}, "a row for each element of x0_subset"};
}
Shape::Wanted statistics_shape(const NormArgs& a) {
  return {leading(sum_shape(a).shape),
          fmt::format("the shape of {} without its last extent", a.function->x)};
}
Shape::Wanted forward_y_shape(const NormArgs& a) {
  Dims shape = sum_shape(a).shape;
  if (a.out_subset.present()) shape = {a.out_rows, a.x.shape.back()};
  return {shape, fmt::format("the shape of {}", a.function->x)};
}

/// Of what the sum is stored as.
DTypes::Wanted sum_dtype(const NormArgs& a) {
  if (a.residual.present()) return {a.residual.dtype, "the dtype of residual"};
  const DType given = a.residual_out.dtype;
  const bool follows = a.residual_out.present() &&
                       (given == DType::f32 || given == DType::f16 || given == DType::bf16);
  const DType own = follows ? given : a.x.dtype;
  return {a.residual_in_fp32 ? DType::f32 : own, "as residual_in_fp32 says"};
}

/// Whether what is normalised is anything but x itself, or is wanted elsewhere.
bool stores_sum(const NormArgs& a, const Plan& plan) {
  return a.residual.present() || a.x1.present() || a.rowscale.present() ||
         plan.fact("may drop") != 0 || a.residual_out.present() || a.layerscale.present() ||
         a.x_subset.present() || plan.fact("scaled") != 0 || sum_dtype(a).dtype != a.x.dtype;
}

bool gives_sum(const NormArgs& a, const Plan& plan) { return a.prenorm || stores_sum(a, plan); }
bool gives_mask(const NormArgs& a, const Plan& plan) {
  return a.return_dropout_mask && (plan.fact("may drop") != 0 || a.function->gives_masks);
}
bool gives_mask1(const NormArgs& a, const Plan& plan) {
  return a.x1.present() && gives_mask(a, plan);
}

void check_bias1(const NormArgs& a, const Plan& plan) {
  if (a.bias1.present() && !a.weight1.present())
    plan.checks().fail("bias1", "there is no second result to add it to",
                       runtime::describe(a.bias1), "weight1 too, or no bias1");
}

void check_rowscale(const NormArgs& a, const Plan& plan) {
  if (a.rowscale.present() && a.x1.present())
    plan.checks().fail("rowscale", "not with x1", "both", "x1, or rowscale, or neither",
                       "scale the rows of x before the call");
}

void check_eps(float eps, std::string_view name, const OpChecks& checks) {
  if (!(eps > 0) || !std::isfinite(eps))
    checks.fail(name, "out of range", fmt::format("{}", eps), "a finite number above 0");
}

void get_forward_dropout(const NormArgs& a, const OpChecks& checks, std::uint64_t* bits) {
  Dropout dropout = check_dropout({checks.op(), checks.device()}, a.dropout_p, a.rng);
  dropout.scale *= a.rowscale_const;
  put_dropout(dropout, bits);
}

std::int64_t rows_of(const NormArgs& a) { return element_count(leading(sum_shape(a).shape)); }

NormRowConfig choose_forward(const NormArgs& a, const Plan& plan) {
  const std::int64_t rows = rows_of(a), n = plan.extent("N");
  NormRowConfig config = rows > 0 && n > 0
                             ? choose_norm_config(rows, n, has_clusters(plan.device()))
                             : NormRowConfig{};
  if (a.is_subset()) config.rows = 1;
  return config;
}

void check_forward(const NormRowConfig& config, const NormArgs& a, const Plan& plan) {
  check_pinned_norm_config(config, plan, plan.extent("N"), a.is_subset());
}

void plan_forward_norm(Plan& plan, const NormArgs& a) {
  const std::int64_t rows = rows_of(a), n = plan.extent("N");
  if (a.prenorm && !stores_sum(a, plan)) plan.same("residual_out", a.function->x);
  if (rows == 0) return;
  if (n == 0) {  // the statistics of no elements
    plan.fill("rstd", std::numeric_limits<double>::quiet_NaN());
    plan.fill("mean", std::numeric_limits<double>::quiet_NaN());
    return;
  }
  const auto c = plan.config<NormRowConfig>();
  const NormConfig config = {
      c.rows, c.bn, c.warps, c.cluster, plan.fact("drops") != 0, a.zero_centered_weight};
  const Plan::Binding names[] = {{"x", a.function->x},       {"weight", a.function->weight},
                                 {"bias", a.function->bias}, {"eps", a.function->eps},
                                 {"x_subset", "x0_subset"},  {"rng", "rng.memory"}};
  launch_norm_fwd(plan, a.norm_kind(), config, names);
}

}  // namespace

NormForwardOp norm_forward_op(const NormFunction& f, std::string name, std::string summary) {
  const std::string x(f.x), bias(f.bias);
  const auto sum = op::computed<NormArgs>(sum_shape, Layout::matrix, "(..., N)");
  const OutputRule statistics = {
      op::computed<NormArgs>(statistics_shape, Layout::flat, "(...), the rows of " + x),
      op::only(DType::f32, "as all statistics")};
  const auto y = op::computed<NormArgs>(forward_y_shape, Layout::matrix, "(..., N)");
  const op::DTypes masks = op::only(DType::i1, "as all masks");
  const auto vector = [](std::string meaning, op::Values values = {}) {
    return InputRule{.shape = op::vector("N"), .meaning = std::move(meaning), .values = values};
  };
  return with_dropout(
             NormForwardOp(std::move(name), std::move(summary))
                 .input(x, &NormArgs::x)
                 .optional("x0_subset", &NormArgs::x_subset,
                           {op::dims({"S"}, Layout::vector).because("a vector of row numbers"),
                            op::only(DType::i32, "row numbers"),
                            "which row of x0 a row has, from 1; 0: none"})
                 .optional("out_subset", &NormArgs::out_subset,
                           {op::computed<NormArgs>(
                                [](const NormArgs& a) -> Shape::Wanted {
                                  return {{rows_of(a)}, "an element for each row"};
                                },
                                Layout::vector, "(rows,)"),
                            op::only(DType::i32, "row numbers"),
                            "which row of y a row becomes, from 1; 0: none"})
                 .rule(check_out_rows)
                 .input(std::string(f.weight), &NormArgs::weight, vector("", op::weights()))
                 .optional(bias, &NormArgs::bias, vector("added last"))
                 .optional("weight1", &NormArgs::weight1, vector("of y1", op::weights()))
                 .optional("bias1", &NormArgs::bias1, vector("of y1"))
                 .optional("layerscale", &NormArgs::layerscale,
                           vector("times what dropout left of " + x, op::weights()))
                 .rule(check_bias1)
                 .optional("residual", &NormArgs::residual,
                           {.shape = sum, .meaning = "added to " + x})
                 .optional("x1", &NormArgs::x1,
                           {.shape = sum, .meaning = "added to " + x + "; drops out on its own"})
                 .optional("rowscale", &NormArgs::rowscale,
                           {.shape = op::elements("M").because("one for each row"),
                            .meaning = "times the rows of " + x,
                            .values = op::weights()})
                 .rule(check_rowscale)
                 .scalar(std::string(f.eps), &NormArgs::eps, "inside the square root", check_eps),
             &NormArgs::dropout_p, &NormArgs::rng, "the share of x, and of x1, that is dropped")
      .scalars(dropout_scalars(), get_forward_dropout)
      .fact(
          "scaled", +[](const NormArgs& a) { return a.rowscale_const != 1; })
      .value("rowscale_const", &NormArgs::rowscale_const, "times x0")
      .parameter("prenorm", &NormArgs::prenorm, "give residual_out in any case")
      .parameter("residual_in_fp32", &NormArgs::residual_in_fp32,
                 "without a residual, residual_out is f32")
      .parameter("zero_centered_weight", &NormArgs::zero_centered_weight, "weights are 1 + weight")
      .parameter("is_rms_norm", &NormArgs::is_rms_norm, "leave the mean in")
      .parameter("return_dropout_mask", &NormArgs::return_dropout_mask,
                 "give mask, and mask1 of x1")
      .parameter("out_numrows", &NormArgs::out_rows, "how many rows y has, with out_subset")
      .every_call(check_subsets)
      .config(&NormArgs::config, choose_forward, check_forward, norm_config_fields())
      .output("y", &NormOut::y, {y, op::dtype_of(x)})
      .into_any_float("out", &NormArgs::out)
      .dtype_argument("out_dtype", &NormArgs::out_dtype)
      .output("y1", &NormOut::y1, {y, op::dtype_of("y")},
              [](const NormArgs& a, const Plan&) { return a.weight1.present(); })
      .output("residual_out", &NormOut::residual_out,
              {sum,
               op::computed_dtype<NormArgs>(sum_dtype,
                                            "that of residual; without one as residual_in_fp32 "
                                            "says"),
               "what was normalised"},
              gives_sum)
      .into("residual_out", &NormArgs::residual_out)
      .output("mask", &NormOut::mask, {op::like(x), masks, "what was kept of " + x}, gives_mask)
      .output("mask1", &NormOut::mask1, {sum, masks, "what was kept of x1"}, gives_mask1)
      .output("rstd", &NormOut::rstd, statistics, [](const NormArgs&, const Plan&) { return true; })
      .into("rstd", &NormArgs::rstd)
      .output("mean", &NormOut::mean, statistics,
              [](const NormArgs& a, const Plan&) { return a.norm_kind() == NormKind::layer; },
              {.problem = "an rms norm has no mean"})
      .into("mean", &NormArgs::mean)
      .constant(&NormArgs::function, &f)
      .plan(plan_forward_norm);
}

}  // namespace tegula::ops
