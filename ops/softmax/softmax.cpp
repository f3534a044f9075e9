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

using SoftmaxOp = Op<SoftmaxArgs, Tensor>;

SoftmaxOp describe_forward(const char* name, const char* summary,
                           const SoftmaxForwardKernel& kernel) {
  return SoftmaxOp(name, summary)
      .input("x", &SoftmaxArgs::x)
      .output("y", {.shape = op::like("x"), .dtype = op::dtype_of("x")})
      .into_any_float("out", &SoftmaxArgs::out)
      .dtype_argument("out_dtype", &SoftmaxArgs::out_dtype)
      .config(&SoftmaxArgs::config, row_config, check_config, row_config_fields())
      .launches(kernel);
}

const SoftmaxOp& softmax_op() {
  static const auto& op =
      lasting(describe_forward("softmax", "y = exp(x) / sum(exp(x))", softmax_fwd_kernel));
  return op;
}
const SoftmaxOp& log_softmax_op() {
  static const auto& op =
      lasting(describe_forward("log_softmax", "y = x - log(sum(exp(x)))", log_softmax_fwd_kernel));
  return op;
}

struct SoftmaxBwdArgs : SoftmaxOptions {
  TensorRef dy, y;
};
using SoftmaxBwdOp = Op<SoftmaxBwdArgs, Tensor>;

SoftmaxBwdOp describe_backward(const char* name, const char* summary, const SoftmaxOp& forward,
                               const SoftmaxBackwardKernel& kernel) {
  return SoftmaxBwdOp(name, summary)
      .input("dy", &SoftmaxBwdArgs::dy)
      .input("y", &SoftmaxBwdArgs::y, {.shape = op::like("dy"), .meaning = "what the forward gave"})
      .backward_of(
          forward, {"y"}, +[](SoftmaxBwdArgs& a, const SoftmaxArgs&, const Tensor& y) { a.y = y; })
      .output("dx", {.shape = op::like("dy"), .dtype = op::dtype_of("y")})
      .into_any_float("out", &SoftmaxBwdArgs::out)
      .dtype_argument("out_dtype", &SoftmaxBwdArgs::out_dtype)
      .config(&SoftmaxBwdArgs::config, row_config, check_config, row_config_fields())
      .launches(kernel);
}

const SoftmaxBwdOp& softmax_bwd_op() {
  static const auto& op = lasting(describe_backward("softmax_bwd", "dx = y * (dy - sum(dy * y))",
                                                    softmax_op(), softmax_bwd_kernel));
  return op;
}
const SoftmaxBwdOp& log_softmax_bwd_op() {
  static const auto& op = lasting(describe_backward("log_softmax_bwd", "dx = dy - exp(y) * sum(dy)",
                                                    log_softmax_op(), log_softmax_bwd_kernel));
  return op;
}

}  // namespace

void describe_softmax() {
  softmax_bwd_op();  // and, with them, their forwards
  log_softmax_bwd_op();
}

Tensor softmax(Stream& stream, const TensorRef& x, const SoftmaxOptions& options) {
  return softmax_op()(stream, {options, x});
}
Tensor log_softmax(Stream& stream, const TensorRef& x, const SoftmaxOptions& options) {
  return log_softmax_op()(stream, {options, x});
}
Tensor softmax_bwd(Stream& stream, const TensorRef& dy, const TensorRef& y,
                   const SoftmaxOptions& options) {
  return softmax_bwd_op()(stream, {options, dy, y});
}
Tensor log_softmax_bwd(Stream& stream, const TensorRef& dy, const TensorRef& y,
                       const SoftmaxOptions& options) {
  return log_softmax_bwd_op()(stream, {options, dy, y});
}

}  // namespace tegula::ops
