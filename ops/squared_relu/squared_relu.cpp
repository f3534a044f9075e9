// squared_relu and its gradient: the kernels, and what the ops take, give and launch.
#include "tegula/ops/squared_relu.h"

#include "ops/common/row_checks.h"
#include "ops/common/tile_grid.h"
#include "ops/core/row_ops.h"
#include "ops/lasting.h"
#include "tegula/dsl.h"

namespace tegula::ops {
namespace {

void squared_relu_fwd(const RowConfig& c, In x, Out y) {
  check_row_config("squared_relu_fwd", "", c);
  auto [rows, n] = dims2(x);
  require(y, {rows, n});
  auto [i, j] = tile_grid(cdiv(rows, c.rows), x.static_dim(1), c.bn);
  Tile positive = max(x.tiles({c.rows, c.bn}).load({i, j}).to(f32), 0.f);
  y.tiles({c.rows, c.bn}).store((positive * positive).to(y.dtype()), {i, j});
}

void squared_relu_bwd(const RowConfig& c, In dy, In x, Out dx) {
  check_row_config("squared_relu_bwd", "", c);
  auto [rows, n] = dims2(x);
  require(dy, {rows, n}), require(dx, {rows, n});
  auto [i, j] = tile_grid(cdiv(rows, c.rows), x.static_dim(1), c.bn);
  Tile positive = max(x.tiles({c.rows, c.bn}).load({i, j}).to(f32), 0.f);
  Tile g = dy.tiles({c.rows, c.bn}).load({i, j}).to(f32);
  dx.tiles({c.rows, c.bn}).store((2 * positive * g).to(dx.dtype()), {i, j});
}

template <class K>
auto with_squared_relu_config(K kernel) {
  return std::move(kernel)
      .specialise_dim("x", 1)  // n is a constant: vectors even where tiles are masked
      .sweep("rows", &RowConfig::rows, {1, 2, 4, 8})
      .sweep("bn", &RowConfig::bn, {512, 1024, 2048, 4096})
      .sweep("warps", &RowConfig::warps, {1, 2, 4, 8});
}

const auto& squared_relu_fwd_kernel =
    lasting(with_squared_relu_config(kernel("squared_relu_fwd", squared_relu_fwd, {"x", "y"})));
const auto& squared_relu_bwd_kernel = lasting(
    with_squared_relu_config(kernel("squared_relu_bwd", squared_relu_bwd, {"dy", "x", "dx"})));

struct SquaredReluArgs : SquaredReluOptions {
  TensorRef x, dy;  ///< dy: of the gradient
};
using SquaredReluOp = Op<SquaredReluArgs, Tensor>;

const auto& squared_relu_op() {
  static const auto& op = lasting(
      SquaredReluOp("squared_relu", "y = max(x, 0)^2")
          .input("x", &SquaredReluArgs::x)
          .output("y", {.shape = op::like("x"), .dtype = op::dtype_of("x")})
          .into_any_float("out", &SquaredReluArgs::out, {"x"})
          .dtype_argument("out_dtype", &SquaredReluArgs::out_dtype)
          .config(&SquaredReluArgs::config, elementwise_config, check_config, row_config_fields())
          .plan(+[](Plan& plan, const SquaredReluArgs&) {
            launch_by_tiles(plan, squared_relu_fwd_kernel, "x");
          }));
  return op;
}

const auto& squared_relu_bwd_op() {
  static const auto& op = lasting(
      SquaredReluOp("squared_relu_bwd", "dx = 2 * max(x, 0) * dy")
          .input("x", &SquaredReluArgs::x)
          .input("dy", &SquaredReluArgs::dy, {.shape = op::like("x")})
          .output("dx", {.shape = op::like("x"), .dtype = op::dtype_of("x")})
          .into_any_float("out", &SquaredReluArgs::out, {"x", "dy"})
          .dtype_argument("out_dtype", &SquaredReluArgs::out_dtype)
          .config(&SquaredReluArgs::config, elementwise_config, check_config, row_config_fields())
          .plan(+[](Plan& plan, const SquaredReluArgs&) {
            launch_by_tiles(plan, squared_relu_bwd_kernel, "x");
          }));
  return op;
}

}  // namespace

void describe_squared_relu() {
  squared_relu_op();
  squared_relu_bwd_op();
}

Tensor squared_relu(Stream& stream, const TensorRef& x, const SquaredReluOptions& options) {
  return squared_relu_op()(stream, {options, x, {}});
}

Tensor squared_relu_bwd(Stream& stream, const TensorRef& dy, const TensorRef& x,
                        const SquaredReluOptions& options) {
  return squared_relu_bwd_op()(stream, {options, x, dy});
}

}  // namespace tegula::ops
