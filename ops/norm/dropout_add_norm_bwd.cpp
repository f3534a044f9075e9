// The gradients of the dropout_add_* functions: arguments of the norms' own calls.
#include <fmt/format.h>

#include "ops/norm/argument_names.h"
#include "ops/norm/norm_call.h"
#include "ops/norm/subset_values.h"
#include "runtime/tensor_checks.h"
#include "tegula/ops/dropout_add_norm.h"

namespace tegula::ops {
namespace {

constexpr ArgumentName names[] = {{"x", "x0"}, {"dx", "dx0"}};
constexpr ArgumentName parallel_names[] = {{"weight", "weight0"}, {"bias", "bias0"}};

NormBwdOptions norm_options(const DropoutAddNormBwdOptions& o) {
  NormBwdOptions result;
  result.bias = o.bias;
  result.mean = o.mean;
  result.dresidual_out = o.dresidual_out;
  result.rowscale = o.rowscale;
  result.dropout_p = o.dropout_p;
  result.rng = o.rng;
  result.has_residual = o.has_residual;
  result.x_dtype = o.x_dtype;
  if (!o.x_dtype && !o.dx0.present() && o.x0.present()) result.x_dtype = o.x0.dtype;
  result.dx = o.dx0;
  result.dresidual = o.dresidual;
  result.config = o.config;
  return result;
}

DropoutAddNormGradients gradients(Stream& stream, const NormBwdCall& call) {
  NormBwdOut out = with_names(names, [&] { return norm_backward(stream, call); });
  return {out.gradients.dx, out.gradients.dweight, out.gradients.dbias, out.gradients.dresidual,
          out.dlayerscale};
}

DropoutAddNormGradients plain(Stream& stream, std::string_view op, NormKind kind,
                              const TensorRef& dy, const TensorRef& s, const TensorRef& rstd,
                              const TensorRef& weight, const DropoutAddNormBwdOptions& o) {
  const ArgumentChecks checks(op, *stream.device());
  if (o.layerscale.present() || o.x0.present()) {
    checks.float_tensor(o.x0, "x0");
    checks.shape(o.x0, "x0", s.shape, "the shape of s");
  }
  const NormBwdOptions options = norm_options(o);
  return gradients(stream,
                   {op, kind, dy, s, rstd, weight, options, {.layerscale = o.layerscale}, o.x0});
}

DropoutAddNormGradients subset(Stream& stream, std::string_view op, NormKind kind,
                               const TensorRef& dy, const TensorRef& s, const TensorRef& rstd,
                               const TensorRef& weight, const NormSubset& of,
                               const DropoutAddNormBwdOptions& o) {
  const ArgumentChecks checks(op, *stream.device());
  if (o.rowscale.present())
    checks.fail("rowscale", "a subset has no rowscale", runtime::describe(o.rowscale),
                "rowscale_const, or no rowscale");
  checks.float_tensor(o.x0, "x0");
  checks.float_tensor(dy, "dy");
  checks.float_tensor(s, "s");
  const auto rows_of = [&](const TensorRef& tensor, std::string_view name) {
    return checks.rows(tensor, name).shape;
  };
  const Dims x0 = rows_of(o.x0, "x0"), of_s = rows_of(s, "s");
  if (!of.x0_subset.present()) checks.shape(o.x0, "x0", s.shape, "the shape of s");
  if (x0[1] != of_s[1])
    checks.fail("x0", "wrong shape", to_string(o.x0.shape),
                fmt::format("rows of {}, as wide as s", of_s[1]));
  const std::int64_t y_rows = rows_of(dy, "dy")[0];
  const NormExtras extras = {o.layerscale, of.x0_subset, of.out_subset, y_rows, of.rowscale_const};
  check_subset_values(checks, stream, extras, of_s[0], x0[0], of.subsets_are_valid);
  const NormBwdOptions options = norm_options(o);
  return gradients(stream, {op, kind, dy, s, rstd, weight, options, extras, o.x0});
}

NormGradients parallel(Stream& stream, std::string_view op, NormKind kind, const TensorRef& dy,
                       const TensorRef& s, const TensorRef& rstd, const TensorRef& weight0,
                       const NormBwdOptions& options) {
  const ArgumentChecks checks(op, *stream.device());
  if (options.rowscale.present())
    checks.fail("rowscale", "the parallel forward has none", runtime::describe(options.rowscale),
                "no rowscale");
  if (options.zero_centered_weight)
    checks.fail("zero_centered_weight", "the parallel forward has none", "true", "false");
  const NormBwdCall call = {op, kind, dy, s, rstd, weight0, options, {}, {}};
  return with_names(parallel_names, [&] { return norm_backward(stream, call).gradients; });
}

}  // namespace

DropoutAddNormGradients dropout_add_rms_norm_bwd(Stream& stream, const TensorRef& dy,
                                                 const TensorRef& s, const TensorRef& rstd,
                                                 const TensorRef& weight,
                                                 const DropoutAddNormBwdOptions& options) {
  return plain(stream, "dropout_add_rms_norm_bwd", NormKind::rms, dy, s, rstd, weight, options);
}

DropoutAddNormGradients dropout_add_layer_norm_bwd(Stream& stream, const TensorRef& dy,
                                                   const TensorRef& s, const TensorRef& rstd,
                                                   const TensorRef& weight,
                                                   const DropoutAddNormBwdOptions& options) {
  return plain(stream, "dropout_add_layer_norm_bwd", NormKind::layer, dy, s, rstd, weight, options);
}

DropoutAddNormGradients dropout_add_rms_norm_subset_bwd(Stream& stream, const TensorRef& dy,
                                                        const TensorRef& s, const TensorRef& rstd,
                                                        const TensorRef& weight,
                                                        const NormSubset& of,
                                                        const DropoutAddNormBwdOptions& options) {
  return subset(stream, "dropout_add_rms_norm_subset_bwd", NormKind::rms, dy, s, rstd, weight, of,
                options);
}

DropoutAddNormGradients dropout_add_layer_norm_subset_bwd(Stream& stream, const TensorRef& dy,
                                                          const TensorRef& s, const TensorRef& rstd,
                                                          const TensorRef& weight,
                                                          const NormSubset& of,
                                                          const DropoutAddNormBwdOptions& options) {
  return subset(stream, "dropout_add_layer_norm_subset_bwd", NormKind::layer, dy, s, rstd, weight,
                of, options);
}

NormGradients dropout_add_rms_norm_parallel_residual_bwd(Stream& stream, const TensorRef& dy,
                                                         const TensorRef& s, const TensorRef& rstd,
                                                         const TensorRef& weight0,
                                                         const NormBwdOptions& options) {
  return parallel(stream, "dropout_add_rms_norm_parallel_residual_bwd", NormKind::rms, dy, s, rstd,
                  weight0, options);
}

NormGradients dropout_add_layer_norm_parallel_residual_bwd(Stream& stream, const TensorRef& dy,
                                                           const TensorRef& s,
                                                           const TensorRef& rstd,
                                                           const TensorRef& weight0,
                                                           const NormBwdOptions& options) {
  return parallel(stream, "dropout_add_layer_norm_parallel_residual_bwd", NormKind::layer, dy, s,
                  rstd, weight0, options);
}

}  // namespace tegula::ops
