#include "ops/cross_entropy/cross_entropy_kernel.h"
#include "ops/lasting.h"

#include <limits>

#include "ops/common/online_softmax.h"
#include "ops/common/row_checks.h"
#include "ops/common/row_loop.h"
#include "ops/common/row_values.h"
#include "tegula/dsl.h"

namespace tegula::ops {
namespace {

constexpr float nan = std::numeric_limits<float>::quiet_NaN();

/// The targets of a block's rows, (rows, 1) each.
struct Targets {
  Tile column;  ///< i32; -1 where the target is no class
  Mask ignored, is_class;

  Targets(const Tile& target, const Tile& n, const Tile& ignore_index)
      : ignored(target == ignore_index), is_class((target >= 0) & (target < n.to(i64))) {
    column = select(is_class, target, -1).to(i32);
  }
};

/// The columns of tile j, (1, bn).
Tile columns_of(const Tile& j, int bn) { return (j * bn + iota(bn)).reshape({1, bn}); }

/// A block takes c.rows whole rows. The target's logit is picked from the tile, not gathered, so
/// that no target, however wrong, leads outside x. Columns beyond N load as -Inf.
void cross_entropy_fwd(const CrossEntropyConfig& c, In x, In target, Out loss, Out lse,
                       F32 label_smoothing, F32 logit_scale, F32 lse_square_scale,
                       I64 ignore_index) {
  check_row_config("cross_entropy_fwd", "", {c.rows, c.bn, c.warps});
  auto [rows, n] = dims2(x);
  require(target, {rows}), require(loss, {rows}), require(lse, {rows});
  auto [block] = grid({cdiv(rows, c.rows)});
  const Targets targets(row_values(target, block, c.rows, c.warps), n, ignore_index);

  const auto load = [&](const Tile& j) {
    return x.tiles({c.rows, c.bn}).pad(-infinity).load({block, j}).to(f32) * logit_scale;
  };
  // What the loss takes from each column, whose sum over the row is (1 - s) * z[target] + s *
  // mean(z). Without smoothing the other columns count for nothing, be they infinite.
  const Tile share = label_smoothing / n.to(f32);
  const auto expected_of = [&](const Tile& z, const Tile& j) {
    Tile column = columns_of(j, c.bn);
    Mask is_target = column == targets.column;
    if (!c.smoothing) return select(is_target, z, 0.f);
    Tile value = z * (select(is_target, 1 - label_smoothing, 0.f) + share);
    return x.static_dim(1) % c.bn == 0 ? value : select(column < n, value, 0.f);
  };

  Tile shift, sum_of_exp, expected;
  if (x.static_dim(1) <= c.bn) {
    Tile only = full(i32, {}, 0);
    Tile z = load(only);
    shift = exponent_shift(reduce_max(z, 1));
    sum_of_exp = sum(exp(z - shift), 1);
    expected = sum(expected_of(z, only), 1);
  } else {
    OnlineSoftmax row(c.rows, c.bn);
    Tile expected_sums = zeros(f32, {c.rows, c.bn});
    for_each_tile(x.static_dim(1), c.bn, [&](const Tile& j) {
      Tile z = load(j);
      row.add(z);
      expected_sums += expected_of(z, j);
    });
    shift = row.shift(), sum_of_exp = row.sum(), expected = sum(expected_sums, 1);
  }

  Tile logarithm = log(sum_of_exp);
  Tile log_sum_exp = shift + logarithm;
  // Not lse - expected: rounding lse would lose what is small in the loss of a sure prediction.
  Tile value = logarithm + (shift - expected) + lse_square_scale * log_sum_exp * log_sum_exp;
  value = select(targets.ignored, 0.f, select(targets.is_class, value, nan));
  loss.tiles({c.rows}).store(value.reshape({c.rows}), {block});
  lse.tiles({c.rows}).store(log_sum_exp.reshape({c.rows}), {block});
}

/// A block takes c.rows whole rows, tile by tile; no tile needs another.
void cross_entropy_bwd(const RowConfig& c, In dloss, In x, In lse, In target, Out dx,
                       F32 label_smoothing, F32 logit_scale, F32 lse_square_scale,
                       I64 ignore_index) {
  check_row_config("cross_entropy_bwd", "", c);
  auto [rows, n] = dims2(x);
  require(dloss, {rows}), require(lse, {rows}), require(target, {rows}), require(dx, {rows, n});
  auto [block] = grid({cdiv(rows, c.rows)});
  const auto per_row = [&](In vector) { return row_values(vector, block, c.rows, c.warps); };
  const Targets targets(per_row(target), n, ignore_index);

  Tile log_sum_exp = per_row(lse);
  Tile scale = select(targets.is_class, per_row(dloss).to(f32) * logit_scale, nan);
  Tile growth = 1 + 2 * lse_square_scale * log_sum_exp;
  Tile share = label_smoothing / n.to(f32);
  for_each_tile(x.static_dim(1), c.bn, [&](const Tile& j) {
    Tile z = x.tiles({c.rows, c.bn}).load({block, j}).to(f32) * logit_scale;
    Tile wanted = select(columns_of(j, c.bn) == targets.column, 1 - label_smoothing, 0.f) + share;
    Tile gradient = scale * (exp(z - log_sum_exp) * growth - wanted);
    gradient = select(targets.ignored, 0.f, gradient);
    dx.tiles({c.rows, c.bn}).store(gradient.to(dx.dtype()), {block, j});
  });
}

}  // namespace

const Kernel<CrossEntropyConfig, In, In, Out, Out, F32, F32, F32, I64>& cross_entropy_fwd_kernel =
    lasting(kernel("cross_entropy_fwd", cross_entropy_fwd,
                   {"x", "target", "loss", "lse", "label_smoothing", "logit_scale",
                    "lse_square_scale", "ignore_index"})
                .specialise_dim("x", 1)
                .sweep("rows", &CrossEntropyConfig::rows, {1, 2, 4, 8})
                .sweep("bn", &CrossEntropyConfig::bn, {1024, 2048, 4096, 8192, 16384})
                .sweep("warps", &CrossEntropyConfig::warps, {1, 2, 4, 8, 16})
                .field("smoothing", &CrossEntropyConfig::smoothing));

const Kernel<RowConfig, In, In, In, In, Out, F32, F32, F32, I64>& cross_entropy_bwd_kernel =
    lasting(kernel("cross_entropy_bwd", cross_entropy_bwd,
                   {"dloss", "x", "lse", "target", "dx", "label_smoothing", "logit_scale",
                    "lse_square_scale", "ignore_index"})
                .specialise_dim("x", 1)
                .sweep("rows", &RowConfig::rows, {1, 2, 4, 8})
                .sweep("bn", &RowConfig::bn, {512, 1024, 2048, 4096})
                .sweep("warps", &RowConfig::warps, {1, 2, 4, 8}));

}  // namespace tegula::ops
