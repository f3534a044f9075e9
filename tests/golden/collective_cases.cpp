// Reductions, scans, changes of layout, clusters, atomics.
#include "tegula/dsl.h"
#include "tests/golden/case.h"

namespace tegula::golden {
namespace {

struct Cfg {
  int op = 0;
  int rows = 1, bn = 1024;
  int warps = 4;
  int cluster = 4;
};
template <class K>
auto with_fields(K kernel) {
  return std::move(kernel)
      .field("op", &Cfg::op)
      .field("rows", &Cfg::rows)
      .field("bn", &Cfg::bn)
      .field("warps", &Cfg::warps)
      .field("cluster", &Cfg::cluster);
}

/// Every one in the order that the layout gives, which is the same on both devices.
const struct {
  const char* name;
  Tile (*traced)(const Tile&);
} along_a_row[] = {
    {"sum", [](const Tile& x) { return sum(x, 1).expand(x.shape()); }},
    {"max", [](const Tile& x) { return reduce_max(x, 1).expand(x.shape()); }},
    {"min", [](const Tile& x) { return reduce_min(x, 1).expand(x.shape()); }},
    {"argmax", [](const Tile& x) { return argmax(x, 1).index.to(x.dtype()).expand(x.shape()); }},
    {"cumsum", [](const Tile& x) { return cumsum(x, 1); }},
    {"cumsum_from_end", [](const Tile& x) { return cumsum(x, 1, true); }},
    {"column_sum", [](const Tile& x) { return sum(x, 0).expand(x.shape()); }},
    {"flipped", [](const Tile& x) { return x.T().reshape(x.shape()); }},
};

void row_fwd(const Cfg& c, In x, Out y) {
  auto [r] = grid({cdiv(x.dim(0), c.rows)});
  const Dims tile = {c.rows, c.bn};
  y.tiles(tile).store(along_a_row[c.op].traced(x.tiles(tile).load({r, 0})), {r, 0});
}
const auto row_kernel = with_fields(kernel("golden_row", row_fwd, {"x", "y"}));

/// A row over the blocks of a cluster, combined in their order.
void cluster_fwd(const Cfg& c, In x, Out y) {
  auto [block, part] = cluster_grid({cdiv(x.dim(0), c.rows)}, c.cluster);
  const Dims tile = {c.rows, c.bn};
  const Tile v = x.tiles(tile).load({block, part});
  const Tile all = c.op == 0   ? cluster_sum(sum(v, 1))
                   : c.op == 1 ? cluster_max(reduce_max(v, 1))
                               : cluster_min(v);
  y.tiles(tile).store(v - all, {block, part});
}
const auto cluster_kernel = with_fields(kernel("golden_cluster", cluster_fwd, {"x", "y"}));

/// Element k of x is added to element place[k]; floats that hold whole numbers, so in any order.
void add_fwd(const Cfg& c, In x, In place, InOut y) {
  auto [i] = grid({cdiv(x.dim(0), c.bn)});
  const Tile where = place.tiles({c.bn}).pad(-1).load({i});
  y.atomic_add(x.tiles({c.bn}).load({i}), {where}, {.mask = where >= 0});
}
const auto add_kernel = with_fields(kernel("golden_add", add_fwd, {"x", "place", "y"}));

void extreme_fwd(const Cfg& c, In x, In place, InOut y) {
  auto [i] = grid({cdiv(x.dim(0), c.bn)});
  const Tile where = place.tiles({c.bn}).pad(-1).load({i});
  const Tile v = x.tiles({c.bn}).load({i});
  if (c.op == 0)
    y.atomic_max(v, {where}, {.mask = where >= 0});
  else
    y.atomic_xor(v, {where}, {.mask = where >= 0});
}
const auto extreme_kernel = with_fields(kernel("golden_extreme", extreme_fwd, {"x", "place", "y"}));

}  // namespace

std::vector<Case> collective_cases() {
  std::vector<Case> cases;
  for (int op = 0; op < static_cast<int>(std::size(along_a_row)); ++op)
    for (const DType dtype : {f16, bf16, f32, f64, i8, i32, i64})
      for (const Cfg& sizes : {Cfg{.rows = 1, .bn = 32, .warps = 1},
                               {.rows = 16, .bn = 64, .warps = 2},
                               {.rows = 1, .bn = 1024, .warps = 4},
                               {.rows = 2, .bn = 4096, .warps = 8}}) {
        Cfg c = sizes;
        c.op = op;
        const Dims shape = {19, c.bn - 3};
        cases.push_back({.name = std::string("row/") + along_a_row[op].name + "/" +
                                 std::string(dtype_name(dtype)) + "/" + std::to_string(c.rows) +
                                 "x" + std::to_string(c.bn),
                         .inputs = {is_float(dtype) ? normal_values(dtype, shape, 1)
                                                    : whole_values(dtype, shape, 1, 100)},
                         .outputs = {zeros_of(dtype, shape)},
                         .run = [c](Stream& stream, const auto& in, const auto& out) {
                           row_kernel.with(c).launch(stream, in[0], out[0]);
                         }});
      }
  for (const int op : {0, 1, 2})
    for (const DType dtype : {f32, f64, i32, i64})
      for (const Cfg& sizes : {Cfg{.rows = 1, .bn = 1024, .warps = 4, .cluster = 2},
                               {.rows = 8, .bn = 64, .warps = 2, .cluster = 4},
                               {.rows = 1, .bn = 4096, .warps = 8, .cluster = 8}}) {
        Cfg c = sizes;
        c.op = op;
        const Dims shape = {19, c.bn * c.cluster - 3};
        constexpr const char* names[] = {"sum", "max", "min"};
        cases.push_back({.name = std::string("cluster/") + names[op] + "/" +
                                 std::string(dtype_name(dtype)) + "/" + std::to_string(c.cluster),
                         .inputs = {is_float(dtype) ? normal_values(dtype, shape, 1)
                                                    : whole_values(dtype, shape, 1, 100)},
                         .outputs = {zeros_of(dtype, shape)},
                         .run = [c](Stream& stream, const auto& in, const auto& out) {
                           cluster_kernel.with(c).launch(stream, in[0], out[0]);
                         }});
      }
  constexpr std::int64_t n = 100000, bins = 37;
  const auto of_atomics = [&](const char* name, const auto& kernel, DType dtype, int op) {
    // Whole numbers, of 16 bits few enough that every partial sum is a number of the dtype.
    const Dims shape = {dtype_bytes(dtype) == 2 ? n / 1000 : n};
    Host x = whole_values(dtype, shape, 2, 3);
    Host place = whole_values(i32, x.shape, 3, bins);
    cases.push_back({.name = std::string("atomic/") + name + "/" + std::string(dtype_name(dtype)),
                     .inputs = {std::move(x), std::move(place)},
                     .outputs = {zeros_of(dtype, {bins})},
                     .run = [&kernel, op](Stream& stream, const auto& in, const auto& out) {
                       kernel.with({.op = op}).launch(stream, in[0], in[1], out[0]);
                     }});
  };
  for (const DType dtype : {i32, u32, i64, u64, f32, f64, f16, bf16})
    of_atomics("add", add_kernel, dtype, 0);
  for (const DType dtype : {i32, u64})
    for (const int op : {0, 1}) of_atomics(op == 0 ? "max" : "xor", extreme_kernel, dtype, op);
  return cases;
}

}  // namespace tegula::golden
