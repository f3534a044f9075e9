// rms_norm_fn: checks, destinations, launch.
#include <bit>
#include <cmath>
#include <limits>
#include <vector>

#include <fmt/format.h>

#include "ops/common/argument_checks.h"
#include "ops/norm/rms_norm_kernel.h"
#include "runtime/tensor_checks.h"
#include "tegula/error.h"
#include "tegula/ops/norm.h"

namespace tegula::ops {
namespace {

constexpr std::string_view op_name = "rms_norm_fn";

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
  if (x.shape.back() > rms_norm_max_columns)
    throw Error(ErrorCode::unsupported,
                {.where = std::string(op_name),
                 .argument = "x",
                 .problem = "more columns than this version takes",
                 .got = fmt::format("N = {}", x.shape.back()),
                 .wanted = fmt::format("at most {}", rms_norm_max_columns)});
}

/// The dtype of y, and the checks of both destinations.
DType check_destinations(const ArgumentChecks& checks, const TensorRef& x,
                         const RmsNormOptions& options) {
  DType out_dtype = options.out_dtype.value_or(x.dtype);
  if (out_dtype != DType::f32 && out_dtype != DType::f16 && out_dtype != DType::bf16)
    checks.fail("out_dtype", "wrong dtype", std::string(dtype_name(out_dtype)), "f32, f16 or bf16");
  if (options.out.present()) {
    checks.float_tensor(options.out, "out");
    checks.shape(options.out, "out", x.shape, "the shape of x");
    if (options.out_dtype) checks.dtype(options.out, "out", out_dtype, "out_dtype");
    out_dtype = options.out.dtype;
  }
  if (options.residual_out.present()) {
    if (!options.residual.present())
      checks.fail("residual_out", "nothing is stored there without a residual",
                  runtime::describe(options.residual_out), "a residual, or no residual_out");
    checks.float_tensor(options.residual_out, "residual_out");
    checks.shape(options.residual_out, "residual_out", x.shape, "the shape of x");
    checks.dtype(options.residual_out, "residual_out", options.residual.dtype,
                 "the dtype of residual");
  }
  return out_dtype;
}

void check_config(const ArgumentChecks& checks, const RmsConfig& config, std::int64_t n) {
  const auto power_of_two = [&](std::string_view name, int value, int limit) {
    if (value < 1 || value > limit || !std::has_single_bit(static_cast<unsigned>(value)))
      checks.fail(name, "no such configuration", std::to_string(value),
                  fmt::format("a power of two from 1 to {}", limit));
  };
  power_of_two("config.rows", config.rows, 1024);
  power_of_two("config.bn", config.bn, static_cast<int>(rms_norm_max_columns));
  power_of_two("config.warps", config.warps, 32);
  if (config.bn < n)
    checks.fail("config.bn", "a row does not fit the tile", std::to_string(config.bn),
                fmt::format("at least N = {}", n));
}

/// Destinations of the caller's; those that the op allocates overlap nothing.
void check_overlaps(const ArgumentChecks& checks, const RmsNormTensors& t) {
  struct Named {
    const TensorRef& tensor;
    std::string_view name;
  };
  const Named outputs[] = {{t.y, "out"}, {t.residual_out, "residual_out"}};
  const Named inputs[] = {
      {t.x, "x"}, {t.weight, "weight"}, {t.bias, "bias"}, {t.residual, "residual"}};
  for (const Named& output : outputs)
    for (const Named& input : inputs)
      if (output.tensor.present() && input.tensor.present())
        checks.disjoint(output.tensor, output.name, input.tensor, input.name);
  if (t.y.present() && t.residual_out.present())
    checks.disjoint(t.residual_out, "residual_out", t.y, "out");
}

Tensor destination(Stream& stream, const TensorRef& given, DType dtype, const Dims& shape) {
  return given.present() ? Tensor::alias(given) : stream.empty(dtype, shape);
}

/// The mean of no elements is NaN, and so is its root.
void fill_with_nan(Tensor& rstd) {
  const std::vector<float> values(static_cast<std::size_t>(element_count(rstd.shape())),
                                  std::numeric_limits<float>::quiet_NaN());
  rstd.copy_from_host(values.data(), values.size() * sizeof(float));
}

}  // namespace

NormOut rms_norm_fn(Stream& stream, const TensorRef& x, const TensorRef& weight,
                    const RmsNormOptions& options) {
  const ArgumentChecks checks(op_name, *stream.device());
  check_inputs(checks, x, weight, options);
  const DType out_dtype = check_destinations(checks, x, options);
  const bool has_residual = options.residual.present();

  RmsNormTensors t;
  t.x = checks.rows(x, "x");
  t.weight = checks.vector(weight, "weight");
  if (options.bias.present()) t.bias = checks.vector(options.bias, "bias");
  if (has_residual) t.residual = checks.rows(options.residual, "residual");
  if (options.out.present()) t.y = checks.destination_rows(options.out, "out");
  if (options.residual_out.present())
    t.residual_out = checks.destination_rows(options.residual_out, "residual_out");
  const std::int64_t rows = t.x.shape[0], n = t.x.shape[1];
  if (options.config) check_config(checks, *options.config, n);
  check_overlaps(checks, t);

  NormOut result;
  result.y = destination(stream, options.out, out_dtype, x.shape);
  if (has_residual)
    result.residual_out =
        destination(stream, options.residual_out, options.residual.dtype, x.shape);
  else if (options.prenorm)
    result.residual_out = Tensor::alias(x);
  result.rstd = stream.empty(
      DType::f32, Dims(std::span<const std::int64_t>(x.shape.begin(), x.shape.size() - 1)));
  if (rows == 0) return result;
  if (n == 0) return fill_with_nan(*result.rstd), result;

  t.y = checks.rows(result.y, "out");
  if (has_residual) t.residual_out = checks.rows(*result.residual_out, "residual_out");
  t.rstd = contiguous(result.rstd->data(), DType::f32, {rows}, *stream.device());
  launch_rms_norm_fwd(stream, options.config.value_or(choose_rms_config(rows, n)), t, options.eps);
  return result;
}

}  // namespace tegula::ops
