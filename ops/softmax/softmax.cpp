// softmax, log_softmax and their gradients: what they take, give and launch.
#include "tegula/ops/softmax.h"

#include "ops/core/row_ops.h"
#include "ops/lasting.h"
#include "ops/softmax/softmax_kernel.h"

namespace tegula::ops {
namespace {

struct SoftmaxArgs : SoftmaxOptions {
  TensorRef x;
};

Op<SoftmaxArgs, Tensor> softmax_op(const char* name, const char* summary,
                                   const SoftmaxForwardKernel& kernel) {
  return Op<SoftmaxArgs, Tensor>(name, summary)
      .input("x", &SoftmaxArgs::x)
      .output("y", {.shape = op::like("x"), .dtype = op::dtype_of("x")})
      .into_any_float("out", &SoftmaxArgs::out)
      .dtype_argument("out_dtype", &SoftmaxArgs::out_dtype)
      .config(&SoftmaxArgs::config, row_config, check_config, row_config_fields())
      .launches(kernel);
}

struct SoftmaxBwdArgs : SoftmaxOptions {
  TensorRef dy, y;
};

Op<SoftmaxBwdArgs, Tensor> softmax_bwd_op(const char* name, const char* summary,
                                          const SoftmaxBackwardKernel& kernel) {
  return Op<SoftmaxBwdArgs, Tensor>(name, summary)
      .input("dy", &SoftmaxBwdArgs::dy)
      .input("y", &SoftmaxBwdArgs::y, {.shape = op::like("dy")})
      .output("dx", {.shape = op::like("dy"), .dtype = op::dtype_of("y")})
      .into_any_float("out", &SoftmaxBwdArgs::out)
      .dtype_argument("out_dtype", &SoftmaxBwdArgs::out_dtype)
      .config(&SoftmaxBwdArgs::config, row_config, check_config, row_config_fields())
      .launches(kernel);
}

}  // namespace

Tensor softmax(Stream& stream, const TensorRef& x, const SoftmaxOptions& options) {
  static const auto& op =
      lasting(softmax_op("softmax", "y = exp(x) / sum(exp(x))", softmax_fwd_kernel));
  return op(stream, {options, x});
}
Tensor log_softmax(Stream& stream, const TensorRef& x, const SoftmaxOptions& options) {
  static const auto& op =
      lasting(softmax_op("log_softmax", "y = x - log(sum(exp(x)))", log_softmax_fwd_kernel));
  return op(stream, {options, x});
}
Tensor softmax_bwd(Stream& stream, const TensorRef& dy, const TensorRef& y,
                   const SoftmaxOptions& options) {
  static const auto& op =
      lasting(softmax_bwd_op("softmax_bwd", "dx = y * (dy - sum(dy * y))", softmax_bwd_kernel));
  return op(stream, {options, dy, y});
}
Tensor log_softmax_bwd(Stream& stream, const TensorRef& dy, const TensorRef& y,
                       const SoftmaxOptions& options) {
  static const auto& op = lasting(
      softmax_bwd_op("log_softmax_bwd", "dx = dy - exp(y) * sum(dy)", log_softmax_bwd_kernel));
  return op(stream, {options, dy, y});
}

}  // namespace tegula::ops
