// The norms backward: what all of their functions take, give and launch.
#include "ops/norm/norm_backward.h"

#include <algorithm>
#include <array>

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

void check_bias1_of_gradient(const NormBwdArgs& a, const Plan& plan) {
  if (a.bias1.present() && !a.weight1.present())
    plan.checks().fail("bias1", "there is no second result it was added to",
                       runtime::describe(a.bias1), "weight1 too, or no bias1");
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

/// What the functions call the gradients of what their signatures call differently.
struct GradientNames {
  std::string x, weight, bias;
  explicit GradientNames(const NormFunction& f)
      : x("d" + std::string(f.x)),
        weight("d" + std::string(f.weight)),
        bias("d" + std::string(f.bias)) {}
};

/// A vector, its gradient, and the parts of that.
struct VectorGradient {
  const TensorRef& vector;
  std::string gradient;
  const char* parts;
};
std::array<VectorGradient, 5> vector_gradients(const NormBwdArgs& a) {
  const GradientNames names(*a.function);
  return {{{a.weight, names.weight, "dweight_parts"},
           {a.bias, names.bias, "dbias_parts"},
           {a.weight1, "dweight1", "dweight1_parts"},
           {a.bias1, "dbias1", "dbias1_parts"},
           {a.layerscale, "dlayerscale", "dlayerscale_parts"}}};
}

/// A gradient of x that is the sum's gradient itself has no memory of its own.
void share_outputs(Plan& plan, const NormBwdArgs& a) {
  const std::string dx = GradientNames(*a.function).x;
  const bool same = plan.fact("drops") == 0 && !a.rowscale.present() && !a.layerscale.present() &&
                    !a.x_subset.present() && plan.fact("scaled") == 0;
  if (!same) return;
  if (plan.dtype(dx) == a.s.dtype && !a.dresidual.present()) plan.same("dresidual", dx);
  if (a.has_x1 && !a.dx1.present()) plan.same("dx1", dx);
}

void plan_backward(Plan& plan, const NormBwdArgs& a) {
  const std::int64_t rows = plan.extent("M"), n = plan.extent("N");
  share_outputs(plan, a);
  if (rows == 0 || n == 0) {
    for (const VectorGradient& v : vector_gradients(a))
      if (v.vector.present()) plan.fill(v.gradient, 0);
    return;
  }
  const auto c = plan.config<NormRowConfig>();
  const NormConfig config = {
      c.rows, c.bn, c.warps, c.cluster, plan.fact("drops") != 0, a.zero_centered_weight};
  const std::int64_t blocks = blocks_for(plan.device(), config, rows, n);
  for (const VectorGradient& v : vector_gradients(a))
    if (v.vector.present()) plan.workspace(v.parts, DType::f32, {blocks, n});

  const GradientNames gradients(*a.function);
  const Plan::Binding names[] = {{"weight", a.function->weight},
                                 {"x", a.layerscale.present() ? "x0" : ""},
                                 {"dx", gradients.x},
                                 {"dweight", gradients.weight},
                                 {"dbias", gradients.bias},
                                 {"x_subset", "x0_subset"},
                                 {"rng", "rng.memory"}};
  if (std::int64_t{config.bn} * config.cluster < n) {
    plan.workspace("mean_gh", DType::f32, {rows});
    if (a.norm_kind() == NormKind::layer) plan.workspace("mean_g", DType::f32, {rows});
    launch_norm_bwd_rows(plan, a.norm_kind(), config, names);
  }
  launch_norm_bwd(plan, a.norm_kind(), config, names);
  launch_column_sums(plan, names);
}

/// What the backward takes of the forward's call: what that normalised, and which gradients it
/// calls for.
void fill_from_forward(NormBwdArgs& a, const NormArgs& forward, const NormOut& saved) {
  a.s = saved.residual_out ? saved.residual_out->ref() : forward.x;
  a.rstd = *saved.rstd;
  a.mean = saved.mean ? saved.mean->ref() : TensorRef{};
  a.has_residual = forward.residual.present();
  a.has_x1 = forward.x1.present();
  a.x_dtype = forward.x.dtype;
}

}  // namespace

NormBackwardOp norm_backward_op(const NormFunction& f, const NormForwardOp& forward,
                                std::string name, std::string summary) {
  using Args = NormBwdArgs;
  const std::string weight(f.weight), bias(f.bias);
  const GradientNames gradients(f);
  const InputRule dy = {.shape = op::computed<Args>(backward_y_shape, Layout::matrix, "(..., N)"),
                        .meaning = "gradient of y"};
  InputRule dy1 = dy;
  dy1.meaning = "gradient of y1";
  const InputRule statistic = {op::leading("s"), op::only(DType::f32, "as all statistics")};
  const InputRule map = {op::dims({"M"}, Layout::vector).because("a vector of row numbers"),
                         op::only(DType::i32, "row numbers"), "that of the forward"};
  const auto vector = [](op::Values values = {}) {
    return InputRule{
        .shape = op::vector("N"), .meaning = "that of the forward", .values = std::move(values)};
  };
  const auto gradient = [](const std::string& of) {
    return OutputRule{op::vector("N"), op::dtype_of(of), "gradient of " + of};
  };
  return with_dropout(
             NormBackwardOp(std::move(name), std::move(summary))
                 .input("dy", &Args::dy, dy)
                 .input("s", &Args::s, {.meaning = "what the forward normalised"})
                 .optional("x0_subset", &Args::x_subset, map)
                 .optional("out_subset", &Args::out_subset, map)
                 .optional("dy1", &Args::dy1, dy1)
                 .optional("dresidual_out", &Args::dresidual_out,
                           {.shape = op::like("s"), .meaning = "gradient of residual_out"})
                 .together("dy1", "weight1")
                 .rule(check_bias1_of_gradient)
                 .input(weight, &Args::weight, vector(op::weights()))
                 .optional(bias, &Args::bias, vector())
                 .optional("weight1", &Args::weight1, vector(op::weights()))
                 .optional("bias1", &Args::bias1, vector())
                 .optional("layerscale", &Args::layerscale, vector(op::weights()))
                 .input("rstd", &Args::rstd, statistic)
                 .optional("mean", &Args::mean, statistic)
                 .rule(check_mean)
                 .optional("rowscale", &Args::rowscale,
                           {.shape = op::elements("M").because("one for each row"),
                            .meaning = "that of the forward",
                            .values = op::weights()})
                 .rule(check_no_x1)
                 .optional("x0", &Args::x0,
                           {.shape = op::computed<Args>(x0_shape, Layout::matrix, "(..., N)"),
                            .meaning = "that of the forward"})
                 .rule(check_x0),
             &Args::dropout_p, &Args::rng, "that of the forward")
      .scalars(dropout_scalars(), get_backward_dropout)
      .fact(
          "scaled", +[](const Args& a) { return a.rowscale_const != 1; })
      .value("rowscale_const", &Args::rowscale_const, "times x0")
      .parameter("has_residual", &Args::has_residual, "give dresidual")
      .parameter("has_x1", &Args::has_x1, "give dx1")
      .parameter("zero_centered_weight", &Args::zero_centered_weight, "weights are 1 + weight")
      .parameter("is_rms_norm", &Args::is_rms_norm, "leave the mean in")
      .parameter("out_numrows", &Args::out_rows, "how many rows y has")
      .every_call(check_bwd_subsets)
      .backward_of(forward, {"s", "rstd", "mean", "has_residual", "has_x1", "x_dtype"},
                   fill_from_forward)
      .config(&Args::config, choose_backward, check_backward, norm_config_fields())
      .output(
          "dresidual", &NormBwdOut::dresidual,
          {op::like("s"), op::dtype_of("s"), "gradient of residual"},
          [](const Args& a, const Plan&) { return a.has_residual; },
          {"the forward had nothing that it is the gradient of", "no destination, or has_residual"})
      .into("dresidual", &Args::dresidual)
      .output(gradients.x, &NormBwdOut::dx,
              {op::computed<Args>(dx_shape, Layout::matrix, "(..., N)"),
               op::computed_dtype<Args>(dx_dtype, "that of x0, or s"), "gradient of the input"})
      .into_any_float(std::string(f.dx), &Args::dx)
      .dtype_argument("x_dtype", &Args::x_dtype)
      .output("dx1", &NormBwdOut::dx1, {op::like("s"), op::dtype_of(gradients.x), "gradient of x1"},
              [](const Args& a, const Plan&) { return a.has_x1; },
              {"the forward had nothing that it is the gradient of", "no destination, or has_x1"})
      .into("dx1", &Args::dx1)
      .output(gradients.weight, &NormBwdOut::dweight, gradient(weight))
      .output(gradients.bias, &NormBwdOut::dbias, gradient(bias),
              [](const Args& a, const Plan&) { return a.bias.present(); })
      .output("dweight1", &NormBwdOut::dweight1, gradient("weight1"),
              [](const Args& a, const Plan&) { return a.weight1.present(); })
      .output("dbias1", &NormBwdOut::dbias1, gradient("bias1"),
              [](const Args& a, const Plan&) { return a.bias1.present(); })
      .output("dlayerscale", &NormBwdOut::dlayerscale, gradient("layerscale"),
              [](const Args& a, const Plan&) { return a.layerscale.present(); })
      .constant(&Args::function, &f)
      .plan(plan_backward);
}

}  // namespace tegula::ops
