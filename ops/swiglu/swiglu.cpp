// swiglu and its gradient: what they take, give and launch.
#include "tegula/ops/swiglu.h"

#include "ops/core/row_ops.h"
#include "ops/lasting.h"
#include "ops/swiglu/swiglu_kernel.h"

namespace tegula::ops {
namespace {

struct SwigluArgs : SwigluOptions {
  TensorRef a, b;
};

const auto& swiglu_op() {
  static const auto& op = lasting(
      Op<SwigluArgs, Tensor>("swiglu", "y = a * sigmoid(a) * b")
          .input("a", &SwigluArgs::a)
          .input("b", &SwigluArgs::b, {.shape = op::like("a")})
          .output("y", {.shape = op::like("a"), .dtype = op::dtype_of("a")})
          .into_any_float("out", &SwigluArgs::out, {"a", "b"})
          .dtype_argument("out_dtype", &SwigluArgs::out_dtype)
          .config(&SwigluArgs::config, elementwise_config, check_config, row_config_fields())
          .plan(+[](Plan& plan, const SwigluArgs&) {
            launch_by_tiles(plan, swiglu_fwd_kernel, "a");
          }));
  return op;
}

struct SwigluBwdArgs : SwigluBwdOptions {
  TensorRef dy, a, b;
};

const auto& swiglu_bwd_op() {
  static const auto& op = lasting(
      Op<SwigluBwdArgs, SwigluGrads>("swiglu_bwd", "da and db of y = a * sigmoid(a) * b")
          .input("a", &SwigluBwdArgs::a)
          .input("b", &SwigluBwdArgs::b, {.shape = op::like("a")})
          .input("dy", &SwigluBwdArgs::dy, {.shape = op::like("a")})
          .output("da", &SwigluGrads::da, {.shape = op::like("a"), .dtype = op::dtype_of("a")})
          .into_any_float("da", &SwigluBwdArgs::da, {"a"})
          .output("db", &SwigluGrads::db, {.shape = op::like("a"), .dtype = op::dtype_of("b")})
          .into_any_float("db", &SwigluBwdArgs::db, {"b"})
          .config(&SwigluBwdArgs::config, elementwise_config, check_config, row_config_fields())
          .plan(+[](Plan& plan, const SwigluBwdArgs&) {
            launch_by_tiles(plan, swiglu_bwd_kernel, "a");
          }));
  return op;
}

}  // namespace

void describe_swiglu() {
  swiglu_op();
  swiglu_bwd_op();
}

Tensor swiglu(Stream& stream, const TensorRef& a, const TensorRef& b,
              const SwigluOptions& options) {
  return swiglu_op()(stream, {options, a, b});
}

SwigluGrads swiglu_bwd(Stream& stream, const TensorRef& dy, const TensorRef& a, const TensorRef& b,
                       const SwigluBwdOptions& options) {
  return swiglu_bwd_op()(stream, {options, dy, a, b});
}

}  // namespace tegula::ops
