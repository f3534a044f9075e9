#include "ops/dropout/dropout_kernel.h"
#include "ops/lasting.h"

#include "ops/common/row_checks.h"
#include "ops/common/tile_grid.h"
#include "tegula/dsl.h"

namespace tegula::ops {
namespace {

struct DropoutKernelConfig {
  int rows = 1, bn = 2048, warps = 4;
  bool drops = true;                        ///< false: keeps everything, draws nothing
  DropoutStream stream = DropoutStream::x;  ///< whose numbers
};

/// The mask of one tile.
Mask kept_in_tile(const DropoutKernelConfig& c, const DropoutState& state, const U32& threshold,
                  const Tile& i, const Tile& j) {
  Tile row = (i.to(i64) * c.rows + iota(i64, c.rows)).reshape({c.rows, 1});
  return kept(state, c.stream, row, j * c.bn, c.bn, threshold);
}

void dropout(const DropoutKernelConfig& c, In x, Out y, OptOut mask, OptIn state, U64 seed,
             U64 offset, U32 threshold, F32 scale) {
  check_row_config("dropout", "", {c.rows, c.bn, c.warps});
  auto [rows, n] = dims2(x);
  require(y, {rows, n});
  if (mask) require(mask, {rows, n});
  auto [i, j] = tile_grid(cdiv(rows, c.rows), x.static_dim(1), c.bn);
  const Dims shape = {c.rows, c.bn};
  Tile v = x.tiles(shape).load({i, j}).to(f32);
  Mask keep = full(i32, shape, 0) == 0;
  if (c.drops) {
    keep = kept_in_tile(c, dropout_state(state, seed, offset), threshold, i, j);
    v = select(keep, v, 0) * scale;
  }
  y.tiles(shape).store(v.to(y.dtype()), {i, j});
  if (mask) mask.tiles(shape).store(keep.to(i1), {i, j});
}

void dropout_mask(const DropoutKernelConfig& c, Out mask, OptIn state, U64 seed, U64 offset,
                  U32 threshold) {
  check_row_config("dropout_mask", "", {c.rows, c.bn, c.warps});
  auto [rows, n] = dims2(mask);
  auto [i, j] = tile_grid(cdiv(rows, c.rows), mask.static_dim(1), c.bn);
  Mask keep = full(i32, {c.rows, c.bn}, 0) == 0;
  if (c.drops) keep = kept_in_tile(c, dropout_state(state, seed, offset), threshold, i, j);
  mask.tiles({c.rows, c.bn}).store(keep.to(i1), {i, j});
}

template <class K>
auto with_config(K kernel, const char* matrix) {
  return std::move(kernel)
      .specialise_dim(matrix, 1)  // n is a constant: vectors even where tiles are masked
      .sweep("rows", &DropoutKernelConfig::rows, {1, 2, 4, 8})
      .sweep("bn", &DropoutKernelConfig::bn, {512, 1024, 2048, 4096})
      .sweep("warps", &DropoutKernelConfig::warps, {1, 2, 4, 8})
      .field("drops", &DropoutKernelConfig::drops)
      .field("stream", &DropoutKernelConfig::stream);
}

const auto& dropout_kernel = lasting(with_config(
    kernel("dropout", dropout, {"x", "y", "mask", "state", "seed", "offset", "threshold", "scale"}),
    "x"));
const auto& mask_kernel = lasting(with_config(
    kernel("dropout_mask", dropout_mask, {"mask", "state", "seed", "offset", "threshold"}),
    "mask"));

}  // namespace

void launch_dropout(Plan& plan, const RowConfig& c, bool drops, std::string_view x,
                    std::string_view y) {
  plan.launch(dropout_kernel, {c.rows, c.bn, c.warps, drops},
              {{"x", x}, {"y", y}, {"state", "rng.memory"}});
}

void launch_dropout_mask(Plan& plan, const RowConfig& c, bool drops, DropoutStream of) {
  plan.launch(mask_kernel, {c.rows, c.bn, c.warps, drops, of}, {{"state", "rng.memory"}});
}

}  // namespace tegula::ops
