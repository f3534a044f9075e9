#include "ops/softmax/softmax_kernel.h"
#include "ops/lasting.h"

#include "ops/common/online_softmax.h"
#include "ops/common/row_checks.h"
#include "ops/common/row_loop.h"
#include "tegula/dsl.h"

namespace tegula::ops {
namespace {

enum class SoftmaxKind : std::uint8_t { softmax, log_softmax };

/// A block takes c.rows whole rows, as in the rms norm kernel. Columns beyond N load as -Inf, whose
/// exponential is 0.
template <SoftmaxKind kind>
void softmax_fwd(const RowConfig& c, In x, Out y) {
  check_row_config(kind == SoftmaxKind::softmax ? "softmax_fwd" : "log_softmax_fwd", "", c);
  auto [rows, n] = dims2(x);
  require(y, {rows, n});
  auto [block] = grid({cdiv(rows, c.rows)});
  const auto load = [&](const Tile& j) {
    return x.tiles({c.rows, c.bn}).pad(-infinity).load({block, j}).to(f32);
  };
  const auto store = [&](const Tile& value, const Tile& j) {
    y.tiles({c.rows, c.bn}).store(value.to(y.dtype()), {block, j});
  };

  if (x.static_dim(1) <= c.bn) {
    Tile only = full(i32, {}, 0);
    Tile v = load(only);
    Tile shifted = v - exponent_shift(reduce_max(v, 1));
    Tile e = exp(shifted);
    if (kind == SoftmaxKind::softmax)
      store(e * (1 / sum(e, 1)), only);
    else
      store(shifted - log(sum(e, 1)), only);
    return;
  }
  OnlineSoftmax row(c.rows, c.bn);
  for_each_tile(x.static_dim(1), c.bn, [&](const Tile& j) { row.add(load(j)); });
  Tile shift = row.shift(), total = row.sum();
  if (kind == SoftmaxKind::softmax) {
    Tile inverse = 1 / total;
    for_each_tile(x.static_dim(1), c.bn,
                  [&](const Tile& j) { store(exp(load(j) - shift) * inverse, j); });
  } else {
    Tile logarithm = log(total);
    for_each_tile(x.static_dim(1), c.bn,
                  [&](const Tile& j) { store(load(j) - shift - logarithm, j); });
  }
}

/// softmax: the row's sum is that of dy * y, and dx = y * (dy - sum).
/// log_softmax: it is that of dy, and dx = dy - exp(y) * sum.
template <SoftmaxKind kind>
void softmax_bwd(const RowConfig& c, In dy, In y, Out dx) {
  check_row_config(kind == SoftmaxKind::softmax ? "softmax_bwd" : "log_softmax_bwd", "", c);
  auto [rows, n] = dims2(dy);
  require(y, {rows, n});
  require(dx, {rows, n});
  auto [block] = grid({cdiv(rows, c.rows)});
  const auto load = [&](In tensor, const Tile& j) {
    return tensor.tiles({c.rows, c.bn}).load({block, j}).to(f32);
  };
  const auto store = [&](const Tile& g, const Tile& v, const Tile& total, const Tile& j) {
    Tile result = kind == SoftmaxKind::softmax ? v * (g - total) : g - exp(v) * total;
    dx.tiles({c.rows, c.bn}).store(result.to(dx.dtype()), {block, j});
  };

  if (dy.static_dim(1) <= c.bn) {
    Tile only = full(i32, {}, 0);
    Tile g = load(dy, only), v = load(y, only);
    store(g, v, kind == SoftmaxKind::softmax ? sum(g * v, 1) : sum(g, 1), only);
    return;
  }
  Tile sums = zeros(f32, {c.rows, c.bn});
  for_each_tile(dy.static_dim(1), c.bn, [&](const Tile& j) {
    if (kind == SoftmaxKind::softmax)
      sums += load(dy, j) * load(y, j);
    else
      sums += load(dy, j);
  });
  Tile total = sum(sums, 1);
  for_each_tile(dy.static_dim(1), c.bn,
                [&](const Tile& j) { store(load(dy, j), load(y, j), total, j); });
}

template <class K>
auto with_row_config(K kernel) {
  return std::move(kernel)
      .sweep("rows", &RowConfig::rows, {1, 2, 4, 8})
      .sweep("bn", &RowConfig::bn, {1024, 2048, 4096, 8192, 16384})
      .sweep("warps", &RowConfig::warps, {1, 2, 4, 8, 16});
}

}  // namespace

const SoftmaxForwardKernel& softmax_fwd_kernel = lasting(with_row_config(
    kernel("softmax_fwd", softmax_fwd<SoftmaxKind::softmax>, {"x", "y"}).specialise_dim("x", 1)));
const SoftmaxForwardKernel& log_softmax_fwd_kernel = lasting(
    with_row_config(kernel("log_softmax_fwd", softmax_fwd<SoftmaxKind::log_softmax>, {"x", "y"})
                        .specialise_dim("x", 1)));
const SoftmaxBackwardKernel& softmax_bwd_kernel = lasting(
    with_row_config(kernel("softmax_bwd", softmax_bwd<SoftmaxKind::softmax>, {"dy", "y", "dx"})
                        .specialise_dim("dy", 1)));
const SoftmaxBackwardKernel& log_softmax_bwd_kernel = lasting(with_row_config(
    kernel("log_softmax_bwd", softmax_bwd<SoftmaxKind::log_softmax>, {"dy", "y", "dx"})
        .specialise_dim("dy", 1)));

}  // namespace tegula::ops
