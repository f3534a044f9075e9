// swiglu and its gradient: the kernels, and what the ops take, give and launch.
#include "tegula/ops/swiglu.h"

#include "ops/common/row_checks.h"
#include "ops/common/tile_grid.h"
#include "ops/core/row_ops.h"
#include "ops/lasting.h"
#include "tegula/dsl.h"

namespace tegula::ops {
namespace {

void swiglu_fwd(const RowConfig& c, In a, In b, Out y) {
  check_row_config("swiglu_fwd", "", c);
  auto [rows, n] = dims2(a);
  require(b, {rows, n}), require(y, {rows, n});
  auto [i, j] = tile_grid(cdiv(rows, c.rows), a.static_dim(1), c.bn);
  Tile gate = a.tiles({c.rows, c.bn}).load({i, j}).to(f32);
  Tile value = b.tiles({c.rows, c.bn}).load({i, j}).to(f32);
  y.tiles({c.rows, c.bn}).store((gate * sigmoid(gate) * value).to(y.dtype()), {i, j});
}

void swiglu_bwd(const RowConfig& c, In dy, In a, In b, Out da, Out db) {
  check_row_config("swiglu_bwd", "", c);
  auto [rows, n] = dims2(a);
  require(b, {rows, n}), require(dy, {rows, n}), require(da, {rows, n}), require(db, {rows, n});
  auto [i, j] = tile_grid(cdiv(rows, c.rows), a.static_dim(1), c.bn);
  Tile g = dy.tiles({c.rows, c.bn}).load({i, j}).to(f32);
  Tile gate = a.tiles({c.rows, c.bn}).load({i, j}).to(f32);
  Tile value = b.tiles({c.rows, c.bn}).load({i, j}).to(f32);
  Tile s = sigmoid(gate);
  da.tiles({c.rows, c.bn}).store((g * value * s * (1 + gate * (1 - s))).to(da.dtype()), {i, j});
  db.tiles({c.rows, c.bn}).store((g * gate * s).to(db.dtype()), {i, j});
}

template <class K>
auto with_swiglu_config(K kernel) {
  return std::move(kernel)
      .specialise_dim("a", 1)  // n is a constant: vectors even where tiles are masked
      .sweep("rows", &RowConfig::rows, {1, 2, 4, 8})
      .sweep("bn", &RowConfig::bn, {512, 1024, 2048, 4096})
      .sweep("warps", &RowConfig::warps, {1, 2, 4, 8});
}

const auto& swiglu_fwd_kernel =
    lasting(with_swiglu_config(kernel("swiglu_fwd", swiglu_fwd, {"a", "b", "y"})));
const auto& swiglu_bwd_kernel =
    lasting(with_swiglu_config(kernel("swiglu_bwd", swiglu_bwd, {"dy", "a", "b", "da", "db"})));

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
