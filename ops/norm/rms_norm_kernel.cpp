#include "ops/norm/rms_norm_kernel.h"

#include <string>

#include "tegula/dsl.h"
#include "tegula/error.h"

namespace tegula::ops {
namespace {

/// A block takes c.rows whole rows, each in one tile of c.bn columns, so that x is read once for
/// the statistics and for the result alike. Columns beyond N load as 0, which adds nothing to the
/// sum of squares, and are not stored.
void rms_norm_fwd(const RmsConfig& c, In x, In weight, OptIn bias, OptIn residual, Out y,
                  OptOut residual_out, Out rstd, F32 eps) {
  auto [rows, n] = dims2(x);
  require(weight, {n});
  require(y, {rows, n});
  require(rstd, {rows});
  if (x.static_dim(1) > c.bn)
    throw Error(ErrorCode::invalid_argument,
                {.where = "rms_norm_fwd",
                 .argument = "bn",
                 .problem = "a row does not fit the tile",
                 .got = std::to_string(c.bn),
                 .wanted = "at least " + std::to_string(x.static_dim(1))});
  auto [block] = grid({cdiv(rows, c.rows)});

  Tile s = x.tiles({c.rows, c.bn}).load({block, 0}).to(f32);
  if (residual) {
    require(residual, {rows, n});
    require(residual_out, {rows, n});
    s += residual.tiles({c.rows, c.bn}).load({block, 0}).to(f32);
    residual_out.tiles({c.rows, c.bn}).store(s.to(residual_out.dtype()), {block, 0});
  }

  // From the unrounded sum: what is stored as residual_out has lost bits.
  Tile inverse = rsqrt(sum(s * s, 1) / n.to(f32) + eps);
  rstd.tiles({c.rows}).store(inverse.reshape({c.rows}), {block});

  Tile result = s * inverse * weight.tiles({c.bn}).load({0}).to(f32);
  if (bias) {
    require(bias, {n});
    result += bias.tiles({c.bn}).load({0}).to(f32);
  }
  y.tiles({c.rows, c.bn}).store(result.to(y.dtype()), {block, 0});
}

const auto rms_norm_kernel =
    kernel("rms_norm_fwd", rms_norm_fwd,
           {"x", "weight", "bias", "residual", "y", "residual_out", "rstd", "eps"})
        .specialise_dim("x", 1)  // n is a constant: masks vanish where it is bn
        .sweep("rows", &RmsConfig::rows, {1, 2, 4, 8})
        .sweep("bn", &RmsConfig::bn, {1024, 2048, 4096, 8192, 16384})
        .sweep("warps", &RmsConfig::warps, {1, 2, 4, 8, 16});

}  // namespace

void launch_rms_norm_fwd(Stream& stream, const RmsConfig& config, const RmsNormTensors& t,
                         float eps) {
  rms_norm_kernel.with(config).launch(stream, t.x, t.weight, t.bias, t.residual, t.y,
                                      t.residual_out, t.rstd, eps);
}

}  // namespace tegula::ops
