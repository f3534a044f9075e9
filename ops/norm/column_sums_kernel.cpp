// The last step of a norm's backward pass: each vector's gradient is the sum of its parts.
#include "ops/lasting.h"
#include "ops/norm/norm_kernels.h"
#include "tegula/dsl.h"

namespace tegula::ops {
namespace {

/// Tall tiles: there are a few hundred parts at the most, so few turns, whose latency adds up.
struct ColumnSumsConfig {
  int rows = 128;
  int bn = 32;
  int warps = 4;
};

/// A block adds up c.bn columns, in an order that depends on the number of parts alone.
void column_sums(const ColumnSumsConfig& c, OptIn dweight_parts, OptIn dbias_parts,
                 OptIn dweight1_parts, OptIn dbias1_parts, OptIn dlayerscale_parts, OptOut dweight,
                 OptOut dbias, OptOut dweight1, OptOut dbias1, OptOut dlayerscale) {
  auto [parts, n] = dims2(dweight_parts);
  auto [j] = grid({cdiv(n, c.bn)});
  const auto add_up = [&, parts = parts, n = n, j = j](const OptIn& from, const OptOut& to) {
    if (!from) return;
    require(from, {parts, n}), require(to, {n});
    Tile sums = zeros(f32, {c.rows, c.bn});
    for (auto i : range(0, cdiv(parts, c.rows))) sums += from.tiles({c.rows, c.bn}).load({i, j});
    to.tiles({c.bn}).store(sum(sums, 0).reshape({c.bn}).to(to.dtype()), {j});
  };
  add_up(dweight_parts, dweight);
  add_up(dbias_parts, dbias);
  add_up(dweight1_parts, dweight1);
  add_up(dbias1_parts, dbias1);
  add_up(dlayerscale_parts, dlayerscale);
}

const auto& column_sums_kernel = lasting(
    kernel("norm_column_sums", column_sums,
           {"dweight_parts", "dbias_parts", "dweight1_parts", "dbias1_parts", "dlayerscale_parts",
            "dweight", "dbias", "dweight1", "dbias1", "dlayerscale"})
        .specialise_dim("dweight_parts", 1)  // n is a constant: vectors, as in the norms' kernels
        .specialise_dim("dbias_parts", 1)
        .specialise_dim("dweight1_parts", 1)
        .specialise_dim("dbias1_parts", 1)
        .specialise_dim("dlayerscale_parts", 1)
        .sweep("rows", &ColumnSumsConfig::rows, {32, 64, 128, 256})
        .sweep("bn", &ColumnSumsConfig::bn, {32, 64, 128})
        .sweep("warps", &ColumnSumsConfig::warps, {1, 2, 4, 8}));

}  // namespace

void launch_column_sums(Plan& plan, std::span<const Plan::Binding> names) {
  plan.launch(column_sums_kernel.base(), column_sums_kernel.with({}).config(), names);
}

}  // namespace tegula::ops
