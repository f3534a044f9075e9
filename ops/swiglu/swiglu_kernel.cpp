#include "ops/swiglu/swiglu_kernel.h"
#include "ops/lasting.h"

#include "ops/common/row_checks.h"
#include "ops/common/tile_grid.h"
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
auto with_elementwise_config(K kernel) {
  return std::move(kernel)
      .specialise_dim("a", 1)  // n is a constant: vectors even where tiles are masked
      .sweep("rows", &RowConfig::rows, {1, 2, 4, 8})
      .sweep("bn", &RowConfig::bn, {512, 1024, 2048, 4096})
      .sweep("warps", &RowConfig::warps, {1, 2, 4, 8});
}

}  // namespace

const Kernel<RowConfig, In, In, Out>& swiglu_fwd_kernel =
    lasting(with_elementwise_config(kernel("swiglu_fwd", swiglu_fwd, {"a", "b", "y"})));
const Kernel<RowConfig, In, In, In, Out, Out>& swiglu_bwd_kernel = lasting(
    with_elementwise_config(kernel("swiglu_bwd", swiglu_bwd, {"dy", "a", "b", "da", "db"})));

}  // namespace tegula::ops
