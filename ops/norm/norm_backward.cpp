// The norms backward: what all of their functions take, give and launch.
#include "ops/norm/norm_backward.h"

#include <algorithm>

#include <fmt/format.h>

#include "ops/common/leading.h"
#include "ops/core/dropout_part.h"
#include "ops/norm/subset_values.h"
#include "runtime/tensor/checks.h"

namespace tegula::ops {
namespace {

using op::Layout;
using op::Shape;

Shape::Wanted backward_y_shape(const NormBwdArgs& a) {
  if (a.s.rank() == 0) return {a.dy.shape, ""};  // an error of s, whose turn comes
  if (a.out_subset.present()) return {{a.out_rows, a.s.shape.back()}, "the shape of y"};
  return {a.s.shape, "the shape of y"};
}

Shape::Wanted x0_shape(const NormBwdArgs& a) {
  if (!a.x_subset.present() || a.x0.rank() == 0) return {a.s.shape, "the shape of s"};
  Dims shape = a.x0.shape;
  shape[shape.size() - 1] = a.s.shape.back();
  return {shape, "as wide as s"};
}

Shape::Wanted dx_shape(const NormBwdArgs& a) {
  return {a.x0.present() ? a.x0.shape : a.s.shape, "the shape of x"};
}
op::DTypes::Wanted dx_dtype(const NormBwdArgs& a) {
  return {a.x0.present() ? a.x0.dtype : a.s.dtype, ""};
}

void check_second(const NormBwdArgs& a, const Plan& plan) {
  const OpChecks& checks = plan.checks();
  if (a.dy1.present() != a.weight1.present())
    checks.fail(a.dy1.present() ? "weight1" : "dy1", "the two come together",
                a.dy1.present() ? "dy1 alone" : "weight1 alone", "dy1 and weight1, or neither");
  if (a.bias1.present() && !a.weight1.present())
    checks.fail("bias1", "there is no second result it was added to", runtime::describe(a.bias1),
                "weight1 too, or no bias1");
}

void check_mean(const NormBwdArgs& a, const Plan& plan) {
  const bool wanted = a.norm_kind() == NormKind::layer;
  if (wanted && !a.mean.present())
    plan.checks().fail("mean", "the tensor is absent", "no tensor",
                       fmt::format("{}:f32, what the forward gave", to_string(leading(a.s.shape))));
  if (!wanted && a.mean.present())
    plan.checks().fail("mean", "an rms norm has no mean", runtime::describe(a.mean), "no tensor");
}

void check_x0(const NormBwdArgs& a, const Plan& plan) {
  if (!a.x0.present() && (a.layerscale.present() || a.is_subset()))
    plan.checks().fail("x0", "the tensor is absent", "no tensor", "a tensor on a device");
}

void check_no_x1(const NormBwdArgs& a, const Plan& plan) {
  if (a.rowscale.present() && a.has_x1)
    plan.checks().fail("rowscale", "not with x1", "both", "x1, or rowscale, or neither");
}

void get_backward_dropout(const NormBwdArgs& a, const OpChecks& checks, std::uint64_t* bits) {
  Dropout dropout = check_dropout({checks.op(), checks.device()}, a.dropout_p, a.rng);
  dropout.scale *= a.rowscale_const;
  put_dropout(dropout, bits);
}

NormRowConfig choose_backward(const NormBwdArgs& a, const Plan& plan) {
  const std::int64_t rows = plan.extent("M"), n = plan.extent("N");
  NormRowConfig config;
  if (rows > 0 && n > 0) config = choose_norm_bwd_config(rows, n, has_clusters(plan.device()));
  // A second result brings a weight and two sums more for each element that a thread has.
  constexpr int elements = 16;
  if (a.weight1.present() && config.rows * config.bn == 32 * config.warps * elements)
    config.warps = std::min(2 * config.warps, 32);
  if (a.is_subset()) config.rows = 1;
  return config;
}

void check_backward(const NormRowConfig& config, const NormBwdArgs& a, const Plan& plan) {
  check_pinned_norm_config(config, plan, plan.extent("N"), a.is_subset());
}

/// Threads of a multiprocessor that blocks of the backward kernels fill: as many as may have 128
/// registers each.
constexpr int resident_threads = 512;

/// How many blocks share the groups of rows, and so how many parts each sum has.
std::int64_t blocks_for(const Device& device, const NormConfig& c, std::int64_t rows,
                        std::int64_t n) {
  const std::int64_t groups = (rows + c.rows - 1) / c.rows, tiles = (n + c.bn - 1) / c.bn;
  const std::int64_t resident =
      std::int64_t{device.multiprocessors()} * std::max(resident_threads / (32 * c.warps), 1);
  return std::clamp<std::int64_t>(resident / tiles, 1, groups);
}

/// A vector's gradient, and the vector.
struct VectorGradient {
  const char* gradient;
  const char* parts;
  TensorRef NormBwdArgs::*vector;
};
constexpr VectorGradient vector_gradients[] = {
    {"dweight", "dweight_parts", &NormBwdArgs::weight},
    {"dbias", "dbias_parts", &NormBwdArgs::bias},
    {"dweight1", "dweight1_parts", &NormBwdArgs::weight1},
    {"dbias1", "dbias1_parts", &NormBwdArgs::bias1},
    {"dlayerscale", "dlayerscale_parts", &NormBwdArgs::layerscale}};

/// A gradient of x that is the sum's gradient itself has no memory of its own.
void share_outputs(Plan& plan, const NormBwdArgs& a) {
  const std::string_view dx = a.function->dx;
  const bool same = plan.fact("drops") == 0 && !a.rowscale.present() && !a.layerscale.present() &&
                    !a.x_subset.present() && plan.fact("scaled") == 0;
  if (!same) return;
  if (plan.dtype(dx) == a.s.dtype && !a.dresidual.present()) plan.same("dresidual", dx);
  if (!a.dx1.present()) plan.same("dx1", dx);
}

void plan_backward(Plan& plan, const NormBwdArgs& a) {
  const std::int64_t rows = plan.extent("M"), n = plan.extent("N");
  share_outputs(plan, a);
  if (rows == 0 || n == 0) {
    for (const VectorGradient& vector : vector_gradients) plan.fill(vector.gradient, 0);
    return;
  }
  const auto c = plan.config<NormRowConfig>();
  const NormConfig config = {
      c.rows, c.bn, c.warps, c.cluster, plan.fact("drops") != 0, a.zero_centered_weight};
  const std::int64_t blocks = blocks_for(plan.device(), config, rows, n);
  for (const VectorGradient& vector : vector_gradients)
    if ((a.*vector.vector).present()) plan.workspace(vector.parts, DType::f32, {blocks, n});

  const Plan::Binding names[] = {{"weight", a.function->weight},
                                 {"x", a.layerscale.present() ? "x0" : ""},
                                 {"dx", a.function->dx},
                                 {"x_subset", "x0_subset"},
                                 {"rng", "rng.memory"}};
  if (std::int64_t{config.bn} * config.cluster < n) {
    plan.workspace("mean_gh", DType::f32, {rows});
    if (a.norm_kind() == NormKind::layer) plan.workspace("mean_g", DType::f32, {rows});
    launch_norm_bwd_rows(plan, a.norm_kind(), config, names);
  }
  launch_norm_bwd(plan, a.norm_kind(), config, names);
  launch_column_sums(plan);
}

}  // namespace

NormBackwardOp norm_backward_op(const NormFunction& f, std::string name, std::string summary) {
  using Args = NormBwdArgs;
  const auto y = op::computed<Args>(backward_y_shape, Layout::matrix);
  const InputRule statistic = {op::leading("s"), op::only(DType::f32, "as all statistics")};
  const InputRule map = {op::dims({"M"}, Layout::vector).because("a vector of row numbers"),
                         op::only(DType::i32, "row numbers")};
  const std::string weight(f.weight), bias(f.bias), dx(f.dx);
  return with_dropout(NormBackwardOp(std::move(name), std::move(summary))
                          .input("dy", &Args::dy, {y})
                          .input("s", &Args::s)
                          .optional("x0_subset", &Args::x_subset, map)
                          .optional("out_subset", &Args::out_subset, map)
                          .optional("dy1", &Args::dy1, {y})
                          .optional("dresidual_out", &Args::dresidual_out, {op::like("s")})
                          .rule(check_second)
                          .input(weight, &Args::weight, {op::vector("N")})
                          .optional(bias, &Args::bias, {op::vector("N")})
                          .optional("weight1", &Args::weight1, {op::vector("N")})
                          .optional("bias1", &Args::bias1, {op::vector("N")})
                          .optional("layerscale", &Args::layerscale, {op::vector("N")})
                          .input("rstd", &Args::rstd, statistic)
                          .optional("mean", &Args::mean, statistic)
                          .rule(check_mean)
                          .optional("rowscale", &Args::rowscale,
                                    {op::elements("M").because("one for each row")})
                          .rule(check_no_x1)
                          .optional("x0", &Args::x0, {op::computed<Args>(x0_shape, Layout::matrix)})
                          .rule(check_x0),
                      &Args::dropout_p, &Args::rng, "that of the forward")
      .scalars(dropout_scalars(), get_backward_dropout)
      .fact(
          "scaled", +[](const Args& a) { return a.rowscale_const != 1; })
      .value("rowscale_const", &Args::rowscale_const, "times x")
      .parameter("has_residual", &Args::has_residual, "1: give dresidual")
      .parameter("has_x1", &Args::has_x1, "1: give dx1")
      .parameter("zero_centered_weight", &Args::zero_centered_weight, "1: weights are 1 + weight")
      .parameter("is_rms_norm", &Args::is_rms_norm, "1: leave the mean in")
      .parameter("out_numrows", &Args::out_rows, "how many rows y has")
      .every_call(check_bwd_subsets)
      .config(&Args::config, choose_backward, check_backward, norm_config_fields())
      .output(
          "dresidual", &NormBwdOut::dresidual, {op::like("s"), op::dtype_of("s")},
          [](const Args& a, const Plan&) { return a.has_residual; },
          {"the forward had nothing that it is the gradient of", "no destination, or has_residual"})
      .into("dresidual", &Args::dresidual)
      .output(dx, &NormBwdOut::dx,
              {op::computed<Args>(dx_shape, Layout::matrix), op::computed_dtype<Args>(dx_dtype)})
      .into_any_float(dx, &Args::dx)
      .dtype_argument("x_dtype", &Args::x_dtype)
      .output("dx1", &NormBwdOut::dx1, {op::like("s"), op::dtype_of(dx)},
              [](const Args& a, const Plan&) { return a.has_x1; },
              {"the forward had nothing that it is the gradient of", "no destination, or has_x1"})
      .into("dx1", &Args::dx1)
      .output("dweight", &NormBwdOut::dweight, {op::vector("N"), op::dtype_of(weight)})
      .output("dbias", &NormBwdOut::dbias, {op::vector("N"), op::dtype_of(bias)},
              [](const Args& a, const Plan&) { return a.bias.present(); })
      .output("dweight1", &NormBwdOut::dweight1, {op::vector("N"), op::dtype_of("weight1")},
              [](const Args& a, const Plan&) { return a.weight1.present(); })
      .output("dbias1", &NormBwdOut::dbias1, {op::vector("N"), op::dtype_of("bias1")},
              [](const Args& a, const Plan&) { return a.bias1.present(); })
      .output("dlayerscale", &NormBwdOut::dlayerscale,
              {op::vector("N"), op::dtype_of("layerscale")},
              [](const Args& a, const Plan&) { return a.layerscale.present(); })
      .constant(&Args::function)
      .plan(plan_backward);
}

}  // namespace tegula::ops
