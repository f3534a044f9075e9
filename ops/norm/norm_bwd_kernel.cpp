#include "ops/common/row_checks.h"
#include "ops/common/row_loop.h"
#include "ops/common/tile_grid.h"
#include "ops/lasting.h"
#include "ops/norm/block_dropout.h"
#include "ops/norm/norm_kernels.h"
#include "ops/norm/row_statistics.h"
#include "tegula/dsl.h"

namespace tegula::ops {
namespace {

constexpr const char* backward_name_of(NormKind kind) {
  return kind == NormKind::rms ? "rms_norm_bwd" : "layer_norm_bwd";
}
constexpr const char* rows_name_of(NormKind kind) {
  return kind == NormKind::rms ? "rms_norm_bwd_rows" : "layer_norm_bwd_rows";
}

/// A vector's gradient while a block goes through its rows: one sum for each element of the tile.
class PartialSum {
 public:
  PartialSum(const NormConfig& c, const OptOut& parts) : parts_(parts), bn_(c.bn) {
    if (parts_) sums_ = zeros(f32, {c.rows, c.bn});
  }
  explicit operator bool() const { return static_cast<bool>(parts_); }
  void add(const Tile& value) {
    if (parts_) sums_ += value;
  }
  void store(const Tile& block, const Tile& j) const {
    if (parts_) parts_.tiles({1, bn_}).store(sum(sums_, 0), {block, j});
  }

 private:
  OptOut parts_;
  int bn_;
  Tile sums_;
};

/// A weight's tile as it multiplies.
Tile gain_of(const NormConfig& c, const TensorParameter& weight, const Tile& j) {
  Tile gain = load_columns(weight, c.bn, j);
  return c.zero_centered ? gain + 1 : gain;
}

/// Tile j of the normalised rows, of `n` elements, as the forward had them; 0 behind the row, where
/// a mean that is huge would make it Inf.
template <NormKind kind>
Tile normalise(const Tile& s, const Tile& j, std::int64_t n, const RowBlock& rows,
               const OptIn& mean, const Tile& inverse) {
  if (kind == NormKind::rms) return s * inverse;
  // One element is its own mean, which s as it was stored may miss by its rounding.
  if (n == 1) return zeros(f32, s.shape());
  const std::int64_t bn = s.shape()[1];
  Tile h = (s - rows.values(mean)) * inverse;
  return n % bn == 0 ? h : select(columns_inside(j, bn, n), h, 0.f);
}

/// There are `blocks` blocks for each tile of a row. A block goes through every blocks-th group of
/// c.rows rows; weights are loaded once, and the gradients of the vectors stay in registers until
/// the end. Where the tiles of a block, or of a cluster, hold a row the means over it are taken
/// here, else they are given.
template <NormKind kind>
void norm_bwd(const NormConfig& c, In dy, In s, In weight, OptIn dy1, OptIn weight1,
              OptIn dresidual_out, OptIn mean, In rstd, OptIn rowscale, OptIn x, OptIn layerscale,
              OptIn x_subset, OptIn out_subset, OptIn rng, OptIn mean_gh, OptIn mean_g, Out dx,
              OptOut dresidual, OptOut dx1, OptOut dweight_parts, OptOut dbias_parts,
              OptOut dweight1_parts, OptOut dbias1_parts, OptOut dlayerscale_parts, U64 seed,
              U64 offset, U32 threshold, F32 scale) {
  auto [rows, n] = dims2(s);
  const std::int64_t columns = s.static_dim(1);
  check_norm_config(backward_name_of(kind), "", c, columns);
  const auto require_rows = [&](const OptIn& matrix) {
    if (matrix) require(matrix, {rows, n});
  };
  if (!out_subset) require(dy, {rows, n});
  if (dy1) require(dy1, {dy.dim(0), n});
  require(weight, {n});
  if (weight1) require(weight1, {n});
  require_rows(dresidual_out);
  require(rstd, {rows});
  for (const OptIn& vector : {mean, rowscale, x_subset, out_subset, mean_gh, mean_g})
    if (vector) require(vector, {rows});
  if (x) require(x, {dx.dim(0), n});
  if (layerscale) require(layerscale, {n});
  if (!x_subset) require(dx, {rows, n});
  if (dresidual) require(dresidual, {rows, n});
  if (dx1) require(dx1, {rows, n});
  Tile blocks = dweight_parts.dim(0);
  for (const OptOut& parts :
       {dweight_parts, dbias_parts, dweight1_parts, dbias1_parts, dlayerscale_parts})
    if (parts) require(parts, {blocks, n});

  auto [block, j] =
      c.cluster > 1 ? cluster_grid({blocks}, c.cluster) : tile_grid(blocks, columns, c.bn);
  Tile groups = cdiv(rows, c.rows);
  const BlockDropout dropout(c, {rng, seed, offset, threshold, scale});
  const bool subset = x_subset || out_subset;
  const bool whole_rows = columns <= std::int64_t{c.bn} * c.cluster;

  Tile gain = gain_of(c, weight, j), gain1, layer_gain;
  if (weight1) gain1 = gain_of(c, weight1, j);
  if (layerscale) layer_gain = load_columns(layerscale, c.bn, j);
  PartialSum dweight(c, dweight_parts), dbias(c, dbias_parts), dweight1(c, dweight1_parts),
      dbias1(c, dbias1_parts), dlayerscale(c, dlayerscale_parts);

  for (auto turn : range(0, (groups - block + blocks - 1) / blocks)) {
    Tile group = block + turn * blocks;
    const RowBlock all(c.rows, c.bn, group), of_x(c.rows, c.bn, group, x_subset),
        of_y(c.rows, c.bn, group, out_subset);
    Tile inverse = all.values(rstd);
    Tile h = normalise<kind>(all.load(s, j), j, columns, all, mean, inverse);
    Tile d = of_y.load(dy, j);
    dweight.add(d * h);
    dbias.add(d);
    Tile g = d * gain;
    if (dy1) {
      Tile d1 = of_y.load(dy1, j);
      dweight1.add(d1 * h);
      dbias1.add(d1);
      g += d1 * gain1;
    }

    Tile of_gh, of_g;  // means over the rows
    if (!whole_rows) {
      of_gh = all.values(mean_gh);
      if (kind == NormKind::layer) of_g = all.values(mean_g);
    } else if (kind == NormKind::rms) {
      of_gh = cluster_sum(sum(g * h, 1)) / static_cast<float>(columns);
    } else {
      // Both in one exchange between the blocks of a cluster.
      auto [gh_total, g_total] = split(cluster_sum(join(sum(g * h, 1), sum(g, 1))));
      of_gh = gh_total / static_cast<float>(columns);
      of_g = g_total / static_cast<float>(columns);
    }
    Tile ds = g - h * of_gh;
    if (kind == NormKind::layer) ds -= of_g;
    ds *= inverse;
    if (dresidual_out) ds += all.load(dresidual_out, j);
    if (dresidual) all.store(dresidual, ds, j);
    if (dx1) all.store(dx1, dropout.apply(dropout.kept(DropoutStream::x1, all, j), ds), j);

    const std::optional<Mask> kept = dropout.kept(DropoutStream::x, of_x, j);
    const auto scaled = [&](const Tile& value) {
      Tile result = dropout.apply(kept, value);
      if (!kept && subset) result *= scale;
      if (rowscale) result *= all.values(rowscale);
      return result;
    };
    if (layerscale) {
      dlayerscale.add(ds * scaled(of_x.load(x, j)));
      ds *= layer_gain;
    }
    of_x.store(dx, scaled(ds), j);
  }
  for (const PartialSum* sums : {&dweight, &dbias, &dweight1, &dbias1, &dlayerscale})
    sums->store(block, j);
}

/// What norm_bwd needs of rows that are longer than its tiles.
template <NormKind kind>
void norm_bwd_rows(const NormConfig& c, In dy, In s, In weight, OptIn dy1, OptIn weight1,
                   OptIn mean, In rstd, OptIn out_subset, Out mean_gh, OptOut mean_g) {
  check_row_config(rows_name_of(kind), "", {c.rows, c.bn, c.warps});
  auto [rows, n] = dims2(s);
  if (!out_subset) require(dy, {rows, n});
  if (dy1) require(dy1, {dy.dim(0), n});
  require(weight, {n}), require(rstd, {rows}), require(mean_gh, {rows});
  if (weight1) require(weight1, {n});
  for (const OptIn& vector : {mean, out_subset})
    if (vector) require(vector, {rows});
  if (mean_g) require(mean_g, {rows});

  auto [block] = grid({cdiv(rows, c.rows)});
  const RowBlock all(c.rows, c.bn, block), of_y(c.rows, c.bn, block, out_subset);
  Tile inverse = all.values(rstd);
  const std::int64_t columns = s.static_dim(1);
  Tile products = zeros(f32, {c.rows, c.bn}), sums;
  if (mean_g) sums = zeros(f32, {c.rows, c.bn});
  for_each_tile(columns, c.bn, [&](const Tile& j) {
    Tile h = normalise<kind>(all.load(s, j), j, columns, all, mean, inverse);
    Tile g = of_y.load(dy, j) * gain_of(c, weight, j);
    if (dy1) g += of_y.load(dy1, j) * gain_of(c, weight1, j);
    products += g * h;
    if (mean_g) sums += g;
  });
  const auto store = [&](const Tile& total, const TensorParameter& to) {
    all.store_values(to, sum(total, 1) / static_cast<float>(columns));
  };
  store(products, mean_gh);
  if (mean_g) store(sums, mean_g);
}

template <class K>
auto with_norm_config(K kernel) {
  return std::move(kernel)
      .specialise_dim("s", 1)
      .sweep("rows", &NormConfig::rows, {1, 2, 4, 8})
      .sweep("bn", &NormConfig::bn, {1024, 2048, 4096, 8192, 16384})
      .sweep("warps", &NormConfig::warps, {1, 2, 4, 8, 16, 32})
      .sweep("cluster", &NormConfig::cluster, {1, 2, 4, 8})
      .field("dropout", &NormConfig::dropout)
      .field("zero_centered", &NormConfig::zero_centered);
}

template <NormKind kind>
auto make_bwd_kernel() {
  return with_norm_config(
      kernel(backward_name_of(kind), norm_bwd<kind>, {"dy",           "s",
                                                      "weight",       "dy1",
                                                      "weight1",      "dresidual_out",
                                                      "mean",         "rstd",
                                                      "rowscale",     "x",
                                                      "layerscale",   "x_subset",
                                                      "out_subset",   "rng",
                                                      "mean_gh",      "mean_g",
                                                      "dx",           "dresidual",
                                                      "dx1",          "dweight_parts",
                                                      "dbias_parts",  "dweight1_parts",
                                                      "dbias1_parts", "dlayerscale_parts",
                                                      "seed",         "offset",
                                                      "threshold",    "scale"}));
}
template <NormKind kind>
auto make_rows_kernel() {
  return with_norm_config(kernel(
      rows_name_of(kind), norm_bwd_rows<kind>,
      {"dy", "s", "weight", "dy1", "weight1", "mean", "rstd", "out_subset", "mean_gh", "mean_g"}));
}

const auto& rms_bwd_kernel = lasting(make_bwd_kernel<NormKind::rms>());
const auto& layer_bwd_kernel = lasting(make_bwd_kernel<NormKind::layer>());
const auto& rms_rows_kernel = lasting(make_rows_kernel<NormKind::rms>());
const auto& layer_rows_kernel = lasting(make_rows_kernel<NormKind::layer>());

}  // namespace

void launch_norm_bwd(Plan& plan, NormKind kind, const NormConfig& config,
                     std::span<const Plan::Binding> names) {
  const auto& kernel = kind == NormKind::rms ? rms_bwd_kernel : layer_bwd_kernel;
  plan.launch(kernel.base(), kernel.with(config).config(), names);
}

void launch_norm_bwd_rows(Plan& plan, NormKind kind, const NormConfig& config,
                          std::span<const Plan::Binding> names) {
  const auto& kernel = kind == NormKind::rms ? rms_rows_kernel : layer_rows_kernel;
  plan.launch(kernel.base(), kernel.with(config).config(), names);
}

}  // namespace tegula::ops
