#include "ops/common/row_checks.h"
#include "ops/common/row_loop.h"
#include "ops/lasting.h"
#include "ops/norm/block_dropout.h"
#include "ops/norm/norm_kernels.h"
#include "ops/norm/row_statistics.h"
#include "tegula/dsl.h"

namespace tegula::ops {
namespace {

constexpr const char* name_of(NormKind kind) {
  return kind == NormKind::rms ? "rms_norm_fwd" : "layer_norm_fwd";
}

/// A block takes c.rows whole rows, one where there are subsets, or the blocks of a cluster take a
/// tile of them each. A row that their tiles of c.bn columns hold is read once, for the statistics
/// and for the result alike; a longer one is read, and its masks are drawn, a second time for the
/// result. Columns beyond N load as 0 and are not stored.
template <NormKind kind>
void norm_fwd(const NormConfig& c, In x, OptIn residual, OptIn x1, In weight, OptIn bias,
              OptIn weight1, OptIn bias1, OptIn rowscale, OptIn layerscale, OptIn x_subset,
              OptIn out_subset, OptIn rng, Out y, OptOut y1, OptOut residual_out, OptOut mask,
              OptOut mask1, OptOut mean, Out rstd, U64 seed, U64 offset, U32 threshold, F32 scale,
              F32 eps) {
  auto [x_rows, n] = dims2(x);
  check_norm_config(name_of(kind), "", c, x.static_dim(1));
  Tile rows = x_subset ? x_subset.dim(0) : x_rows;
  require(rstd, {rows});
  if (out_subset)
    require(out_subset, {rows});
  else
    require(y, {rows, n});
  for (const OptIn& vector : {bias, weight1, bias1, layerscale})
    if (vector) require(vector, {n});
  require(weight, {n});
  if (residual) require(residual, {rows, n});
  if (x1) require(x1, {rows, n});
  if (rowscale) require(rowscale, {rows});
  if (y1) require(y1, {y.dim(0), n});
  if (residual_out) require(residual_out, {rows, n});
  if (mask) require(mask, {x_rows, n});
  if (mask1) require(mask1, {rows, n});
  if (kind == NormKind::layer) require(mean, {rows});

  auto [block, part] = cluster_grid({cdiv(rows, c.rows)}, c.cluster);
  const RowBlock all(c.rows, c.bn, block), of_x(c.rows, c.bn, block, x_subset),
      of_y(c.rows, c.bn, block, out_subset);
  const BlockDropout dropout(c, {rng, seed, offset, threshold, scale});
  std::optional<Tile> row_scale;
  if (rowscale) row_scale = all.values(rowscale);

  const auto store_mask = [&](const RowBlock& of, const OptOut& to, const std::optional<Mask>& kept,
                              const Tile& j) {
    const Mask everything = full(i32, {c.rows, c.bn}, 0) == 0;
    of.store(to, kept.value_or(everything).to(to.dtype()), j);
  };
  // Tile j of what is normalised. Its masks, and itself, are stored when it is loaded first.
  const auto load_sum = [&](const Tile& j, bool first) {
    Tile s = of_x.load(x, j);
    if (row_scale) s *= *row_scale;
    const std::optional<Mask> kept = dropout.kept(DropoutStream::x, of_x, j);
    if (first && mask) store_mask(of_x, mask, kept, j);
    s = dropout.apply(kept, s);
    if (!kept && (x_subset || out_subset)) s *= scale;
    if (layerscale) s *= load_columns(layerscale, c.bn, j);
    if (x1) {
      const std::optional<Mask> kept1 = dropout.kept(DropoutStream::x1, all, j);
      if (first && mask1) store_mask(all, mask1, kept1, j);
      s += dropout.apply(kept1, all.load(x1, j));
    }
    if (residual) s += all.load(residual, j);
    if (first && residual_out) all.store(residual_out, s, j);
    return s;
  };
  const auto store_result = [&](const Tile& normalised, const OptIn& b, const TensorParameter& w,
                                const TensorParameter& to, const Tile& j) {
    Tile gain = load_columns(w, c.bn, j);
    if (c.zero_centered) gain += 1;
    Tile result = normalised * gain;
    if (b) result += load_columns(b, c.bn, j);
    of_y.store(to, result, j);
  };
  const auto store_results = [&](const Tile& s, const RowStatistics& statistics, const Tile& j) {
    Tile centred = kind == NormKind::layer ? s - statistics.mean : s;
    Tile normalised = centred * statistics.rstd;
    store_result(normalised, bias, weight, y, j);
    if (weight1) store_result(normalised, bias1, weight1, y1, j);
  };
  const auto store_statistics = [&](const RowStatistics& statistics) {
    all.store_values(rstd, statistics.rstd);
    if (kind == NormKind::layer) all.store_values(mean, statistics.mean);
  };

  const std::int64_t columns = x.static_dim(1);
  if (columns <= std::int64_t{c.bn} * c.cluster) {
    Tile j = c.cluster > 1 ? part : full(i32, {}, 0);
    Tile s = load_sum(j, true);
    const RowStatistics statistics = statistics_of_tile(kind, s, j, c.cluster, columns, eps);
    if (c.cluster > 1)
      if_(part == 0, [&] { store_statistics(statistics); });
    else
      store_statistics(statistics);
    store_results(s, statistics, j);
  } else {
    RunningStatistics running(kind, c.rows, c.bn, columns);
    for_each_tile(columns, c.bn, [&](const Tile& j) { running.add(load_sum(j, true), j); });
    const RowStatistics statistics = running.finish(eps);
    store_statistics(statistics);
    for_each_tile(columns, c.bn,
                  [&](const Tile& j) { store_results(load_sum(j, false), statistics, j); });
  }
}

template <NormKind kind>
auto make_kernel() {
  return kernel(name_of(kind), norm_fwd<kind>,
                {"x",     "residual", "x1",           "weight",    "bias",       "weight1",
                 "bias1", "rowscale", "layerscale",   "x_subset",  "out_subset", "rng",
                 "y",     "y1",       "residual_out", "mask",      "mask1",      "mean",
                 "rstd",  "seed",     "offset",       "threshold", "scale",      "eps"})
      .specialise_dim("x", 1)  // n is a constant: masks vanish where bn divides it
      .sweep("rows", &NormConfig::rows, {1, 2, 4, 8})
      .sweep("bn", &NormConfig::bn, {1024, 2048, 4096, 8192, 16384})
      .sweep("warps", &NormConfig::warps, {1, 2, 4, 8, 16})
      .sweep("cluster", &NormConfig::cluster, {1, 2, 4, 8})
      .field("dropout", &NormConfig::dropout)
      .field("zero_centered", &NormConfig::zero_centered);
}

const auto& rms_norm_kernel = lasting(make_kernel<NormKind::rms>());
const auto& layer_norm_kernel = lasting(make_kernel<NormKind::layer>());

}  // namespace

void launch_norm_fwd(Plan& plan, NormKind kind, const NormConfig& config,
                     std::span<const Plan::Binding> names) {
  const auto& kernel = kind == NormKind::rms ? rms_norm_kernel : layer_norm_kernel;
  plan.launch(kernel.base(), kernel.with(config).config(), names);
}

}  // namespace tegula::ops
