// cross_entropy and its gradient: checks, destinations, launches.
#include "tegula/ops/cross_entropy.h"

#include <cmath>

#include <fmt/format.h>

#include "ops/common/argument_checks.h"
#include "ops/common/destination.h"
#include "ops/cross_entropy/cross_entropy_kernel.h"

namespace tegula::ops {
namespace {

void check_terms(const ArgumentChecks& checks, const CrossEntropyOptions& options) {
  const auto range = [&](std::string_view name, float value, bool good, std::string wanted) {
    if (!good || !std::isfinite(value))
      checks.fail(name, "out of range", fmt::format("{}", value), std::move(wanted));
  };
  range("label_smoothing", options.label_smoothing,
        options.label_smoothing >= 0 && options.label_smoothing <= 1, "a number from 0 to 1");
  range("logit_scale", options.logit_scale, options.logit_scale > 0, "a finite number above 0");
  range("lse_square_scale", options.lse_square_scale, true, "a finite number");
}

/// x and target, which both directions take.
CrossEntropyTensors check_inputs(const ArgumentChecks& checks, const TensorRef& x,
                                 const TensorRef& target, const CrossEntropyOptions& options) {
  checks.float_tensor(x, "x");
  CrossEntropyTensors t;
  t.x = checks.rows(x, "x");
  checks.tensor_of(target, "target", DType::i64, "class indices");
  checks.shape(target, "target", leading(x.shape), "the shape of x without its last dimension");
  t.target = checks.flat(target, "target");
  if (t.x.shape[1] == 0 && t.x.shape[0] > 0)
    checks.fail("x", "there are no classes", to_string(x.shape), "N of at least 1");
  check_terms(checks, options);
  if (options.config) checks.config(*options.config);
  return t;
}

/// A destination of cross_entropy, absent if the op is to allocate it.
TensorRef check_vector(const ArgumentChecks& checks, const TensorRef& given, std::string_view name,
                       const CrossEntropyTensors& t, const Dims& shape) {
  if (!given.present()) return {};
  checks.tensor_of(given, name, DType::f32, "whatever the dtype of x");
  checks.shape(given, name, shape, "the shape of target");
  const TensorRef vector = checks.destination_flat(given, name);
  checks.disjoint(vector, name, t.x, "x");
  checks.disjoint(vector, name, t.target, "target");
  return vector;
}

}  // namespace

CrossEntropyOut cross_entropy(Stream& stream, const TensorRef& x, const TensorRef& target,
                              const CrossEntropyOptions& options) {
  const ArgumentChecks checks("cross_entropy", *stream.device());
  CrossEntropyTensors t = check_inputs(checks, x, target, options);
  const TensorRef loss = check_vector(checks, options.loss, "loss", t, target.shape);
  const TensorRef lse = check_vector(checks, options.lse, "lse", t, target.shape);
  checks.disjoint(lse, "lse", loss, "loss");

  CrossEntropyOut result = {destination(stream, options.loss, DType::f32, target.shape),
                            destination(stream, options.lse, DType::f32, target.shape)};
  const std::int64_t rows = t.x.shape[0], n = t.x.shape[1];
  if (rows == 0) return result;
  t.loss = checks.flat(result.loss, "loss");
  t.lse = checks.flat(result.lse, "lse");
  launch_cross_entropy_fwd(stream, options.config.value_or(choose_row_config(rows, n)), t, options);
  return result;
}

Tensor cross_entropy_bwd(Stream& stream, const TensorRef& dloss, const TensorRef& x,
                         const TensorRef& lse, const TensorRef& target,
                         const CrossEntropyOptions& options) {
  const ArgumentChecks checks("cross_entropy_bwd", *stream.device());
  CrossEntropyTensors t = check_inputs(checks, x, target, options);
  checks.float_tensor(dloss, "dloss");
  checks.shape(dloss, "dloss", target.shape, "the shape of target");
  t.dloss = checks.flat(dloss, "dloss");
  checks.tensor_of(lse, "lse", DType::f32, "as cross_entropy gives it");
  checks.shape(lse, "lse", target.shape, "the shape of target");
  t.lse = checks.flat(lse, "lse");
  const DType dtype = checks.output_dtype(options.out, "out", options.out_dtype, x.dtype, x.shape,
                                          "the shape of x");
  if (options.out.present()) {
    const TensorRef out = checks.destination_rows(options.out, "out");
    checks.disjoint_or_in_place(out, "out", t.x, "x");
    checks.disjoint(out, "out", t.dloss, "dloss");
    checks.disjoint(out, "out", t.lse, "lse");
    checks.disjoint(out, "out", t.target, "target");
  }

  Tensor dx = destination(stream, options.out, dtype, x.shape);
  const std::int64_t rows = t.x.shape[0], n = t.x.shape[1];
  if (rows == 0) return dx;
  t.dx = checks.rows(dx, "out");
  launch_cross_entropy_bwd(stream, options.config.value_or(choose_row_config(rows, n)), t, options);
  return dx;
}

}  // namespace tegula::ops
