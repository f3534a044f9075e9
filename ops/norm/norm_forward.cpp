// The norms forward: checks, destinations, launch.
#include <cmath>
#include <limits>
#include <vector>

#include <fmt/format.h>

#include "ops/common/destination.h"
#include "ops/norm/norm_call.h"
#include "ops/norm/norm_plan.h"
#include "runtime/tensor_checks.h"

namespace tegula::ops {
namespace {

/// How large everything is.
struct Shapes {
  Dims sum;  ///< of what is normalised, (..., N)
  Dims y;
  std::string_view sum_reason = "the shape of x";
  std::int64_t rows() const { return element_count(leading(sum)); }
};

Shapes shapes_of(const NormCall& call) {
  const NormExtras& extras = call.extras;
  Shapes shapes{call.x.shape, call.x.shape};
  if (extras.x_subset.present()) {
    shapes.sum = {extras.x_subset.shape[0], call.x.shape.back()};
    shapes.sum_reason = "a row for each element of x0_subset";
    shapes.y = shapes.sum;
  }
  if (extras.out_subset.present()) shapes.y = {extras.out_rows, call.x.shape.back()};
  return shapes;
}

void check_inputs(const ArgumentChecks& checks, const NormCall& call) {
  const NormOptions& o = call.options;
  checks.float_tensor(call.x, "x");
  if (call.x.rank() == 0) checks.fail("x", "wrong rank", "a scalar", "a tensor of shape (..., N)");
  check_subsets(checks, call.extras, element_count(leading(call.x.shape)));
  const Shapes shapes = shapes_of(call);
  const std::int64_t n = call.x.shape.back();
  const auto vector = [&](const TensorRef& tensor, std::string_view name) {
    check_norm_vector(checks, tensor, name, n, "the last extent of x");
  };
  check_norm_weight(checks, call.weight, n, "the last extent of x");
  vector(o.bias, "bias");
  vector(o.weight1, "weight1");
  vector(o.bias1, "bias1");
  vector(call.extras.layerscale, "layerscale");
  if (o.bias1.present() && !o.weight1.present())
    checks.fail("bias1", "there is no second result to add it to", runtime::describe(o.bias1),
                "weight1 too, or no bias1");
  check_norm_rows(checks, o.residual, "residual", shapes.sum, shapes.sum_reason);
  check_norm_rows(checks, o.x1, "x1", shapes.sum, shapes.sum_reason);
  check_rowscale(checks, o.rowscale, shapes.rows());
  if (o.rowscale.present() && o.x1.present())
    checks.fail("rowscale", "not with x1", "both", "x1, or rowscale, or neither",
                "scale the rows of x before the call");
}

void check_eps(const ArgumentChecks& checks, float eps) {
  if (!(eps > 0) || !std::isfinite(eps))
    checks.fail("eps", "out of range", fmt::format("{}", eps), "a finite number above 0");
}

/// Of what the sum is stored as.
DType sum_dtype(const NormCall& call) {
  const NormOptions& o = call.options;
  if (o.residual.present()) return o.residual.dtype;
  if (o.residual_in_fp32) return DType::f32;
  return o.residual_out.present() ? o.residual_out.dtype : call.x.dtype;
}

/// Whether what is normalised is anything but x itself, or is wanted elsewhere.
bool stores_sum(const NormCall& call) {
  const NormOptions& o = call.options;
  const NormExtras& extras = call.extras;
  return o.residual.present() || o.x1.present() || o.rowscale.present() || o.dropout_p > 0 ||
         o.residual_out.present() || extras.layerscale.present() || extras.x_subset.present() ||
         extras.rowscale_const != 1 || sum_dtype(call) != call.x.dtype;
}

/// The dtype of y, and the checks of the destinations.
DType check_destinations(const ArgumentChecks& checks, const NormCall& call, const Shapes& shapes) {
  const NormOptions& o = call.options;
  const DType out_dtype =
      checks.output_dtype(o.out, "out", o.out_dtype, call.x.dtype, shapes.y, "the shape of x");
  if (o.residual_out.present()) {
    checks.float_tensor(o.residual_out, "residual_out");
    checks.shape(o.residual_out, "residual_out", shapes.sum, shapes.sum_reason);
    checks.dtype(o.residual_out, "residual_out", sum_dtype(call),
                 o.residual.present() ? "the dtype of residual" : "as residual_in_fp32 says");
  }
  const auto statistic = [&](const TensorRef& given, std::string_view name) {
    if (!given.present()) return;
    checks.tensor_of(given, name, DType::f32, "as all statistics");
    checks.shape(given, name, leading(shapes.sum), "the shape of x without its last extent");
  };
  statistic(o.rstd, "rstd");
  statistic(o.mean, "mean");
  if (o.mean.present() && call.kind == NormKind::rms)
    checks.fail("mean", "an rms norm has no mean", runtime::describe(o.mean), "no destination");
  return out_dtype;
}

/// As the kernel takes them; what the caller does not give is absent.
NormTensors tensors_of(const ArgumentChecks& checks, const NormCall& call) {
  const NormOptions& o = call.options;
  const NormExtras& extras = call.extras;
  return {
      .x = checks.rows(call.x, "x"),
      .residual = rows_if(checks, o.residual, "residual"),
      .x1 = rows_if(checks, o.x1, "x1"),
      .weight = checks.vector(call.weight, "weight"),
      .bias = vector_if(checks, o.bias, "bias"),
      .weight1 = vector_if(checks, o.weight1, "weight1"),
      .bias1 = vector_if(checks, o.bias1, "bias1"),
      .rowscale = flat_if(checks, o.rowscale, "rowscale"),
      .layerscale = vector_if(checks, extras.layerscale, "layerscale"),
      .x_subset = flat_if(checks, extras.x_subset, "x0_subset"),
      .out_subset = flat_if(checks, extras.out_subset, "out_subset"),
      .y = o.out.present() ? checks.destination_rows(o.out, "out") : TensorRef{},
      .residual_out = o.residual_out.present()
                          ? checks.destination_rows(o.residual_out, "residual_out")
                          : TensorRef{},
      .mean = o.mean.present() ? checks.destination_flat(o.mean, "mean") : TensorRef{},
      .rstd = o.rstd.present() ? checks.destination_flat(o.rstd, "rstd") : TensorRef{},
  };
}

/// Destinations of the caller's; those that the op allocates overlap nothing.
void check_overlaps(const ArgumentChecks& checks, const NormTensors& t, const Dropout& dropout) {
  if (!t.y.present() && !t.residual_out.present() && !t.rstd.present() && !t.mean.present()) return;
  const NamedTensor outputs[] = {
      {t.residual_out, "residual_out"}, {t.rstd, "rstd"}, {t.mean, "mean"}, {t.y, "out"}};
  const NamedTensor inputs[] = {
      {t.x, "x"},
      {t.weight, "weight"},
      {t.bias, "bias"},
      {t.residual, "residual"},
      {t.x1, "x1"},
      {t.weight1, "weight1"},
      {t.bias1, "bias1"},
      {t.rowscale, "rowscale"},
      {t.layerscale, "layerscale"},
      {t.x_subset, "x0_subset"},
      {t.out_subset, "out_subset"},
      {dropout.memory, "rng.memory"},
  };
  checks.disjoint(outputs, inputs);
}

/// The statistics of no elements are NaN.
void fill_with_nan(const Stream& stream, const TensorRef& statistic) {
  const std::int64_t rows = statistic.shape[0], stride = statistic.strides[0];
  const std::int64_t at_once = stride == 1 ? rows : 1;
  const std::vector<float> values(static_cast<std::size_t>(at_once),
                                  std::numeric_limits<float>::quiet_NaN());
  for (std::int64_t row = 0; row < rows; row += at_once)
    statistic.device->copy_to_device(static_cast<float*>(statistic.data) + row * stride,
                                     values.data(), values.size() * sizeof(float), stream.native());
}

/// The destinations that the call allocated, as the kernel takes them.
void add_destinations(const ArgumentChecks& checks, const NormOut& result, bool stored,
                      NormTensors& t) {
  if (!t.y.present()) t.y = checks.rows(result.y, "out");
  if (result.y1) t.y1 = checks.rows(*result.y1, "y1");
  if (stored && !t.residual_out.present())
    t.residual_out = checks.rows(*result.residual_out, "residual_out");
  if (result.mask) t.mask = checks.rows(*result.mask, "mask");
  if (result.mask1) t.mask1 = checks.rows(*result.mask1, "mask1");
}

}  // namespace

NormOut norm_forward(Stream& stream, const NormCall& call) {
  const ArgumentChecks checks(call.op, *stream.device());
  const NormOptions& options = call.options;
  const NormPlanPlace plan(call);
  const bool fits = plan->fits(stream, call);
  if (!fits) check_inputs(checks, call);
  check_eps(checks, options.eps);
  Dropout dropout = check_dropout(checks, options.dropout_p, options.rng);
  dropout.scale *= call.extras.rowscale_const;
  if (fits && dropout.drops() == (options.dropout_p > 0)) return plan->run(stream, call, dropout);

  const Shapes shapes = shapes_of(call);
  const NormOutputs outputs = {
      .sum = shapes.sum,
      .y = shapes.y,
      .out_dtype = check_destinations(checks, call, shapes),
      .sum_dtype = sum_dtype(call),
      .stores_sum = stores_sum(call),
      .masks = options.return_dropout_mask && (options.dropout_p > 0 || call.extras.masks_of_all)};
  NormTensors t = tensors_of(checks, call);
  const std::int64_t rows = shapes.rows(), n = shapes.sum.back();
  const bool single = call.extras.x_subset.present() || call.extras.out_subset.present();
  const bool clusters = has_clusters(*stream.device());
  const NormConfig config =
      norm_config(checks,
                  {.pinned = options.config,
                   .n = n,
                   .single_rows = single,
                   .draws = dropout.drops(),
                   .zero_centered = options.zero_centered_weight,
                   .has_clusters = clusters,
                   .arch = stream.device()->target().arch},
                  rows > 0 && n > 0 ? choose_norm_config(rows, n, clusters) : NormRowConfig{});
  check_overlaps(checks, t, dropout);

  NormOut result = allocate(stream, call, outputs);
  if (rows == 0) return result;
  if (!t.rstd.present()) t.rstd = checks.flat(*result.rstd, "rstd");
  if (result.mean && !t.mean.present()) t.mean = checks.flat(*result.mean, "mean");
  if (n == 0) {
    fill_with_nan(stream, t.rstd);
    if (t.mean.present()) fill_with_nan(stream, t.mean);
    return result;
  }
  add_destinations(checks, result, outputs.stores_sum, t);
  plan->launch(stream, call, outputs, config, t, dropout);
  return result;
}

NormOut rms_norm_fn(Stream& stream, const TensorRef& x, const TensorRef& weight,
                    const NormOptions& options) {
  return norm_forward(stream, {"rms_norm_fn", NormKind::rms, x, weight, options, {}});
}

NormOut layer_norm_fn(Stream& stream, const TensorRef& x, const TensorRef& weight,
                      const NormOptions& options) {
  const NormKind kind = options.is_rms_norm ? NormKind::rms : NormKind::layer;
  return norm_forward(stream, {"layer_norm_fn", kind, x, weight, options, {}});
}

}  // namespace tegula::ops
