// softmax, log_softmax and their gradients: checks, destinations, launches.
#include "tegula/ops/softmax.h"

#include "ops/common/argument_checks.h"
#include "ops/common/destination.h"
#include "ops/softmax/softmax_kernel.h"

namespace tegula::ops {
namespace {

Tensor forward(Stream& stream, SoftmaxKind kind, const TensorRef& x,
               const SoftmaxOptions& options) {
  const ArgumentChecks checks(kind == SoftmaxKind::softmax ? "softmax" : "log_softmax",
                              *stream.device());
  checks.float_tensor(x, "x");
  const TensorRef x_rows = checks.rows(x, "x");
  const DType dtype = checks.output_dtype(options.out, "out", options.out_dtype, x.dtype, x.shape,
                                          "the shape of x");
  if (options.out.present())
    checks.disjoint(checks.destination_rows(options.out, "out"), "out", x_rows, "x");
  if (options.config) checks.config(*options.config);

  Tensor y = destination(stream, options.out, dtype, x.shape);
  const std::int64_t rows = x_rows.shape[0], n = x_rows.shape[1];
  if (rows == 0 || n == 0) return y;
  launch_softmax_fwd(stream, kind, options.config.value_or(choose_row_config(rows, n)), x_rows,
                     checks.rows(y, "out"));
  return y;
}

Tensor backward(Stream& stream, SoftmaxKind kind, const TensorRef& dy, const TensorRef& y,
                const SoftmaxOptions& options) {
  const ArgumentChecks checks(kind == SoftmaxKind::softmax ? "softmax_bwd" : "log_softmax_bwd",
                              *stream.device());
  checks.float_tensor(dy, "dy");
  checks.float_tensor(y, "y");
  checks.shape(y, "y", dy.shape, "the shape of dy");
  const TensorRef dy_rows = checks.rows(dy, "dy"), y_rows = checks.rows(y, "y");
  const DType dtype = checks.output_dtype(options.out, "out", options.out_dtype, y.dtype, dy.shape,
                                          "the shape of dy");
  if (options.out.present()) {
    const TensorRef out = checks.destination_rows(options.out, "out");
    checks.disjoint(out, "out", dy_rows, "dy");
    checks.disjoint(out, "out", y_rows, "y");
  }
  if (options.config) checks.config(*options.config);

  Tensor dx = destination(stream, options.out, dtype, dy.shape);
  const std::int64_t rows = dy_rows.shape[0], n = dy_rows.shape[1];
  if (rows == 0 || n == 0) return dx;
  launch_softmax_bwd(stream, kind, options.config.value_or(choose_row_config(rows, n)), dy_rows,
                     y_rows, checks.rows(dx, "out"));
  return dx;
}

}  // namespace

Tensor softmax(Stream& stream, const TensorRef& x, const SoftmaxOptions& options) {
  return forward(stream, SoftmaxKind::softmax, x, options);
}
Tensor log_softmax(Stream& stream, const TensorRef& x, const SoftmaxOptions& options) {
  return forward(stream, SoftmaxKind::log_softmax, x, options);
}
Tensor softmax_bwd(Stream& stream, const TensorRef& dy, const TensorRef& y,
                   const SoftmaxOptions& options) {
  return backward(stream, SoftmaxKind::softmax, dy, y, options);
}
Tensor log_softmax_bwd(Stream& stream, const TensorRef& dy, const TensorRef& y,
                       const SoftmaxOptions& options) {
  return backward(stream, SoftmaxKind::log_softmax, dy, y, options);
}

}  // namespace tegula::ops
