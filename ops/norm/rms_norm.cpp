// rms_norm_fn: checks, destinations, launch.
#include <cmath>
#include <limits>
#include <vector>

#include <fmt/format.h>

#include "ops/common/argument_checks.h"
#include "ops/common/destination.h"
#include "ops/norm/rms_norm_kernel.h"
#include "runtime/tensor_checks.h"
#include "tegula/ops/norm.h"

namespace tegula::ops {
namespace {

constexpr std::string_view op_name = "rms_norm_fn";

void check_supported(const ArgumentChecks& checks, const NormOptions& o) {
  const auto unsupported = [&](std::string_view argument) {
    checks.fail(argument, "not supported by this build", "given", "left out");
  };
  if (o.x1.present()) unsupported("x1");
  if (o.weight1.present()) unsupported("weight1");
  if (o.bias1.present()) unsupported("bias1");
  if (o.dropout_p != 0) unsupported("dropout_p");
  if (o.rowscale.present()) unsupported("rowscale");
  if (o.residual_in_fp32) unsupported("residual_in_fp32");
  if (o.zero_centered_weight) unsupported("zero_centered_weight");
  if (o.return_dropout_mask) unsupported("return_dropout_mask");
}

void check_inputs(const ArgumentChecks& checks, const TensorRef& x, const TensorRef& weight,
                  const RmsNormOptions& options) {
  checks.float_tensor(x, "x");
  if (x.rank() == 0) checks.fail("x", "wrong rank", "a scalar", "a tensor of shape (..., N)");
  const Dims columns = {x.shape.back()};
  checks.float_tensor(weight, "weight");
  checks.shape(weight, "weight", columns, "the last extent of x");
  if (options.bias.present()) {
    checks.float_tensor(options.bias, "bias");
    checks.shape(options.bias, "bias", columns, "the last extent of x");
  }
  if (options.residual.present()) {
    checks.float_tensor(options.residual, "residual");
    checks.shape(options.residual, "residual", x.shape, "the shape of x");
  }
  if (!(options.eps > 0) || !std::isfinite(options.eps))
    checks.fail("eps", "out of range", fmt::format("{}", options.eps), "a finite number above 0");
}

/// The dtype of y, and the checks of the destinations.
DType check_destinations(const ArgumentChecks& checks, const TensorRef& x,
                         const RmsNormOptions& options) {
  const DType out_dtype = checks.output_dtype(options.out, "out", options.out_dtype, x.dtype,
                                              x.shape, "the shape of x");
  if (options.residual_out.present()) {
    if (!options.residual.present())
      checks.fail("residual_out", "nothing is stored there without a residual",
                  runtime::describe(options.residual_out), "a residual, or no residual_out");
    checks.float_tensor(options.residual_out, "residual_out");
    checks.shape(options.residual_out, "residual_out", x.shape, "the shape of x");
    checks.dtype(options.residual_out, "residual_out", options.residual.dtype,
                 "the dtype of residual");
  }
  if (options.rstd.present()) {
    checks.tensor_of(options.rstd, "rstd", DType::f32, "as all statistics");
    checks.shape(options.rstd, "rstd", leading(x.shape), "the shape of x without its last extent");
  }
  return out_dtype;
}

/// As the kernel takes them; what the caller does not give is absent.
RmsNormTensors tensors_of(const ArgumentChecks& checks, const TensorRef& x, const TensorRef& weight,
                          const RmsNormOptions& o) {
  return {
      .x = checks.rows(x, "x"),
      .weight = checks.vector(weight, "weight"),
      .bias = o.bias.present() ? checks.vector(o.bias, "bias") : TensorRef{},
      .residual = o.residual.present() ? checks.rows(o.residual, "residual") : TensorRef{},
      .y = o.out.present() ? checks.destination_rows(o.out, "out") : TensorRef{},
      .residual_out = o.residual_out.present()
                          ? checks.destination_rows(o.residual_out, "residual_out")
                          : TensorRef{},
      .rstd = o.rstd.present() ? checks.destination_flat(o.rstd, "rstd") : TensorRef{},
  };
}

/// Destinations of the caller's; those that the op allocates overlap nothing.
void check_overlaps(const ArgumentChecks& checks, const RmsNormTensors& t) {
  const NamedTensor outputs[] = {{t.residual_out, "residual_out"}, {t.rstd, "rstd"}, {t.y, "out"}};
  const NamedTensor inputs[] = {
      {t.x, "x"}, {t.weight, "weight"}, {t.bias, "bias"}, {t.residual, "residual"}};
  checks.disjoint(outputs, inputs);
}

/// The mean of no elements is NaN, and so is its root.
void fill_with_nan(const TensorRef& rstd) {
  const std::int64_t rows = rstd.shape[0], stride = rstd.strides[0];
  const std::int64_t at_once = stride == 1 ? rows : 1;
  const std::vector<float> values(static_cast<std::size_t>(at_once),
                                  std::numeric_limits<float>::quiet_NaN());
  for (std::int64_t row = 0; row < rows; row += at_once)
    rstd.device->copy_to_device(static_cast<float*>(rstd.data) + row * stride, values.data(),
                                values.size() * sizeof(float));
}

}  // namespace

NormOut rms_norm_fn(Stream& stream, const TensorRef& x, const TensorRef& weight,
                    const RmsNormOptions& options) {
  const ArgumentChecks checks(op_name, *stream.device());
  check_supported(checks, options);
  check_inputs(checks, x, weight, options);
  const DType out_dtype = check_destinations(checks, x, options);
  const bool has_residual = options.residual.present();

  RmsNormTensors t = tensors_of(checks, x, weight, options);
  const std::int64_t rows = t.x.shape[0], n = t.x.shape[1];
  if (options.config) checks.config(*options.config);
  check_overlaps(checks, t);

  NormOut result;
  result.y = destination(stream, options.out, out_dtype, x.shape);
  if (has_residual)
    result.residual_out =
        destination(stream, options.residual_out, options.residual.dtype, x.shape);
  else if (options.prenorm)
    result.residual_out = Tensor::alias(stream, x);
  result.rstd = destination(stream, options.rstd, DType::f32, leading(x.shape));
  if (rows == 0) return result;
  if (!t.rstd.present()) t.rstd = checks.flat(*result.rstd, "rstd");
  if (n == 0) return fill_with_nan(t.rstd), result;

  if (!t.y.present()) t.y = checks.rows(result.y, "out");
  if (has_residual && !t.residual_out.present())
    t.residual_out = checks.rows(*result.residual_out, "residual_out");
  launch_rms_norm_fwd(stream, options.config.value_or(choose_row_config(rows, n)), t, options.eps);
  return result;
}

}  // namespace tegula::ops
