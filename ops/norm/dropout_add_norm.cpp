// The dropout_add_* functions forward: arguments of the norms' own calls.
#include "tegula/ops/dropout_add_norm.h"

#include <fmt/format.h>

#include "ops/common/destination.h"
#include "ops/norm/argument_names.h"
#include "ops/norm/norm_call.h"
#include "ops/norm/subset_values.h"

namespace tegula::ops {
namespace {

/// What the signatures here call the arguments of norm_forward.
constexpr ArgumentName names[] = {{"x", "x0"}, {"eps", "epsilon"}};
constexpr ArgumentName parallel_names[] = {
    {"x", "x0"}, {"eps", "epsilon"}, {"weight", "weight0"}, {"bias", "bias0"}};

/// The options that all of these functions have.
template <class Options>
NormOptions common_options(const Options& o, float dropout_p, float epsilon) {
  NormOptions result;
  result.eps = epsilon;
  result.dropout_p = dropout_p;
  result.prenorm = o.prenorm;
  result.residual_in_fp32 = o.residual_in_fp32;
  result.return_dropout_mask = o.return_dropout_mask;
  result.out = o.out;
  result.residual_out = o.residual_out;
  result.rng = o.rng;
  result.config = o.config;
  return result;
}

NormOut forward(Stream& stream, std::span<const ArgumentName> argument_names,
                const NormCall& call) {
  return with_names(argument_names, [&] { return norm_forward(stream, call); });
}

NormOut plain(Stream& stream, std::string_view op, NormKind kind, const TensorRef& x0,
              const TensorRef& residual, const TensorRef& weight, const TensorRef& bias,
              float dropout_p, float epsilon, const DropoutAddNormOptions& o) {
  NormOptions options = common_options(o, dropout_p, epsilon);
  options.residual = residual;
  options.bias = bias;
  options.rowscale = o.rowscale;
  return forward(
      stream, names,
      {op, kind, x0, weight, options, {.layerscale = o.layerscale, .masks_of_all = true}});
}

NormOut subset(Stream& stream, std::string_view op, NormKind kind, const TensorRef& x0,
               const TensorRef& residual, const TensorRef& weight, const TensorRef& bias,
               float dropout_p, float epsilon, const DropoutAddNormSubsetOptions& o) {
  NormOptions options = common_options(o, dropout_p, epsilon);
  options.residual = residual;
  options.bias = bias;
  const NormExtras extras = {o.layerscale,  o.x0_subset,      o.out_subset,
                             o.out_numrows, o.rowscale_const, true};
  const ArgumentChecks checks(op, *stream.device());
  if (x0.rank() > 0) {
    const std::int64_t rows = element_count(leading(x0.shape));
    const bool mapped = o.x0_subset.present() && o.x0_subset.rank() == 1;
    const std::int64_t sums = mapped ? o.x0_subset.shape[0] : rows;
    if (!o.out_subset.present() && o.out_numrows != 0 && o.out_numrows != sums)
      checks.fail("out_numrows", "without out_subset y has a row for each of the sum",
                  std::to_string(o.out_numrows), fmt::format("0 or {}, or out_subset too", sums));
    check_subset_values(checks, stream, extras, rows, rows, o.subsets_are_valid);
  }
  return forward(stream, names, {op, kind, x0, weight, options, extras});
}

NormOut parallel(Stream& stream, std::string_view op, NormKind kind, const TensorRef& x0,
                 const TensorRef& x1, const TensorRef& residual, const TensorRef& weight0,
                 const TensorRef& bias0, const TensorRef& weight1, const TensorRef& bias1,
                 float dropout_p, float epsilon, const DropoutAddNormParallelOptions& o) {
  NormOptions options = common_options(o, dropout_p, epsilon);
  options.x1 = x1;
  options.residual = residual;
  options.bias = bias0;
  options.weight1 = weight1;
  options.bias1 = bias1;
  return forward(stream, parallel_names, {op, kind, x0, weight0, options, {.masks_of_all = true}});
}

}  // namespace

NormOut dropout_add_rms_norm(Stream& stream, const TensorRef& x0, const TensorRef& residual,
                             const TensorRef& weight, const TensorRef& bias, float dropout_p,
                             float epsilon, const DropoutAddNormOptions& options) {
  return plain(stream, "dropout_add_rms_norm", NormKind::rms, x0, residual, weight, bias, dropout_p,
               epsilon, options);
}

NormOut dropout_add_layer_norm(Stream& stream, const TensorRef& x0, const TensorRef& residual,
                               const TensorRef& weight, const TensorRef& bias, float dropout_p,
                               float epsilon, const DropoutAddNormOptions& options) {
  return plain(stream, "dropout_add_layer_norm", NormKind::layer, x0, residual, weight, bias,
               dropout_p, epsilon, options);
}

NormOut dropout_add_rms_norm_subset(Stream& stream, const TensorRef& x0, const TensorRef& residual,
                                    const TensorRef& weight, const TensorRef& bias, float dropout_p,
                                    float epsilon, const DropoutAddNormSubsetOptions& options) {
  return subset(stream, "dropout_add_rms_norm_subset", NormKind::rms, x0, residual, weight, bias,
                dropout_p, epsilon, options);
}

NormOut dropout_add_layer_norm_subset(Stream& stream, const TensorRef& x0,
                                      const TensorRef& residual, const TensorRef& weight,
                                      const TensorRef& bias, float dropout_p, float epsilon,
                                      const DropoutAddNormSubsetOptions& options) {
  return subset(stream, "dropout_add_layer_norm_subset", NormKind::layer, x0, residual, weight,
                bias, dropout_p, epsilon, options);
}

NormOut dropout_add_rms_norm_parallel_residual(Stream& stream, const TensorRef& x0,
                                               const TensorRef& x1, const TensorRef& residual,
                                               const TensorRef& weight0, const TensorRef& bias0,
                                               const TensorRef& weight1, const TensorRef& bias1,
                                               float dropout_p, float epsilon,
                                               const DropoutAddNormParallelOptions& options) {
  return parallel(stream, "dropout_add_rms_norm_parallel_residual", NormKind::rms, x0, x1, residual,
                  weight0, bias0, weight1, bias1, dropout_p, epsilon, options);
}

NormOut dropout_add_layer_norm_parallel_residual(Stream& stream, const TensorRef& x0,
                                                 const TensorRef& x1, const TensorRef& residual,
                                                 const TensorRef& weight0, const TensorRef& bias0,
                                                 const TensorRef& weight1, const TensorRef& bias1,
                                                 float dropout_p, float epsilon,
                                                 const DropoutAddNormParallelOptions& options) {
  return parallel(stream, "dropout_add_layer_norm_parallel_residual", NormKind::layer, x0, x1,
                  residual, weight0, bias0, weight1, bias1, dropout_p, epsilon, options);
}

}  // namespace tegula::ops
