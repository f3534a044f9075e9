#include "ops/norm/rms_norm_kernel.h"

#include "ops/common/row_checks.h"
#include "ops/common/row_loop.h"
#include "tegula/dsl.h"

namespace tegula::ops {
namespace {

/// A tile of x, or of x + residual, as f32.
Tile load_sum(const RowConfig& c, In x, OptIn residual, const Tile& block, const Tile& j) {
  Tile s = x.tiles({c.rows, c.bn}).load({block, j}).to(f32);
  if (residual) s += residual.tiles({c.rows, c.bn}).load({block, j}).to(f32);
  return s;
}

/// A block takes c.rows whole rows. A row that fits a tile of c.bn columns is read once, for the
/// statistics and for the result alike; a longer one is read a second time for the result. Columns
/// beyond N load as 0, which adds nothing to the sum of squares, and are not stored.
void rms_norm_fwd(const RowConfig& c, In x, In weight, OptIn bias, OptIn residual, Out y,
                  OptOut residual_out, Out rstd, F32 eps) {
  check_row_config("rms_norm_fwd", "", c);
  auto [rows, n] = dims2(x);
  require(weight, {n});
  require(y, {rows, n});
  require(rstd, {rows});
  if (bias) require(bias, {n});
  if (residual) {
    require(residual, {rows, n});
    require(residual_out, {rows, n});
  }
  auto [block] = grid({cdiv(rows, c.rows)});

  const auto store_sum = [&](const Tile& s, const Tile& j) {
    if (residual) residual_out.tiles({c.rows, c.bn}).store(s.to(residual_out.dtype()), {block, j});
  };
  // From the unrounded sum: what is stored as residual_out has lost bits.
  const auto finish = [&](const Tile& squares) {
    Tile inverse = rsqrt(sum(squares, 1) / n.to(f32) + eps);
    rstd.tiles({c.rows}).store(inverse.reshape({c.rows}), {block});
    return inverse;
  };
  const auto store_result = [&](const Tile& s, const Tile& inverse, const Tile& j) {
    Tile result = s * inverse * weight.tiles({c.bn}).load({j}).to(f32);
    if (bias) result += bias.tiles({c.bn}).load({j}).to(f32);
    y.tiles({c.rows, c.bn}).store(result.to(y.dtype()), {block, j});
  };

  if (x.static_dim(1) <= c.bn) {
    Tile only = full(i32, {}, 0);
    Tile s = load_sum(c, x, residual, block, only);
    store_sum(s, only);
    store_result(s, finish(s * s), only);
  } else {
    Tile squares = zeros(f32, {c.rows, c.bn});
    for_each_tile(x.static_dim(1), c.bn, [&](const Tile& j) {
      Tile s = load_sum(c, x, residual, block, j);
      store_sum(s, j);
      squares += s * s;
    });
    Tile inverse = finish(squares);
    for_each_tile(x.static_dim(1), c.bn, [&](const Tile& j) {
      store_result(load_sum(c, x, residual, block, j), inverse, j);
    });
  }
}

const auto rms_norm_kernel =
    kernel("rms_norm_fwd", rms_norm_fwd,
           {"x", "weight", "bias", "residual", "y", "residual_out", "rstd", "eps"})
        .specialise_dim("x", 1)  // n is a constant: masks vanish where bn divides it
        .sweep("rows", &RowConfig::rows, {1, 2, 4, 8})
        .sweep("bn", &RowConfig::bn, {1024, 2048, 4096, 8192, 16384})
        .sweep("warps", &RowConfig::warps, {1, 2, 4, 8, 16});

}  // namespace

void launch_rms_norm_fwd(Stream& stream, const RowConfig& config, const RmsNormTensors& t,
                         float eps) {
  rms_norm_kernel.with(config).launch(stream, t.x, t.weight, t.bias, t.residual, t.y,
                                      t.residual_out, t.rstd, eps);
}

}  // namespace tegula::ops
