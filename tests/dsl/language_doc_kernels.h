// The kernels that docs/language.md shows, as they stand there. tests/dsl/language_doc_test.cpp
// traces them and checks that each of the page's code blocks is found here word for word;
// tests/kernels/language_doc_test.cpp runs them.
#pragma once

#include <array>
#include <limits>

#include "tegula/dsl.h"

namespace tegula::language_doc {
namespace {

// [scale]
struct ScaleCfg {
  int bn = 1024, warps = 4;
};

void scale(const ScaleCfg& c, In x, Out y, F32 factor) {
  auto [n] = dims1(x);
  require(y, {n});
  auto [i] = grid({cdiv(n, c.bn)});
  y.tiles({c.bn}).store(x.tiles({c.bn}).load({i}) * factor, {i});
}
// [scale_kernel]
const auto scale_kernel = kernel("scale", scale, {"x", "y", "factor"})
                              .sweep("bn", &ScaleCfg::bn, {512, 1024, 2048})
                              .sweep("warps", &ScaleCfg::warps, {2, 4, 8});
// [launch]
void twice(Stream& stream, const TensorRef& x, const TensorRef& y) {
  scale_kernel.launch(stream, x, y, 2.0f);
  scale_kernel.with({.bn = 512, .warps = 2}).launch(stream, x, y, 2.0f);
}
// [run]
int run_twice() {
  const auto device = open_device("sim:sm_90a");  // or "cuda:0"
  Stream stream(device);
  std::vector<float> values(1000, 1.5f);
  Tensor x = stream.empty(f32, {1000}), y = stream.empty(f32, {1000});
  x.copy_from_host(values.data(), values.size() * sizeof(float));
  try {
    twice(stream, x, y);
    y.copy_to_host(values.data(), values.size() * sizeof(float));  // waits
  } catch (const Error& error) {  // one line: where, argument, problem, got, wanted, hint
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  return 0;
}
// [end]
constexpr auto* shown_alone = &run_twice;  // or the compiler warns that nobody calls it

// [softmax]
struct RowCfg {
  int bn = 4096, warps = 8;
};

void softmax(const RowCfg& c, In x, Out y) {
  auto [rows, n] = dims2(x);
  require(y, {rows, n}), require(x, {rows, min(n, c.bn)});  // a row fits a tile
  auto [r] = grid({rows});
  constexpr double inf = std::numeric_limits<double>::infinity();
  auto v = x.tiles({1, c.bn}).pad(-inf).load({r, 0}).to(f32);
  auto e = exp(v - reduce_max(v, 1));
  y.tiles({1, c.bn}).store((e / sum(e, 1)).to(y.dtype()), {r, 0});
}
// [fused]
void add_norm_gelu(const RowCfg& c, In x, OptIn residual, In weight, Out y, OptOut rstd, F32 eps) {
  auto [rows, n] = dims2(x);
  require(weight, {n}), require(y, {rows, n}), require(x, {rows, min(n, c.bn)});
  auto [r] = grid({rows});
  auto v = x.tiles({1, c.bn}).load({r, 0}).to(f32);
  if (residual) v += residual.tiles({1, c.bn}).load({r, 0}).to(f32);
  auto inv = rsqrt(sum(v * v, 1) / n.to(f32) + eps);
  auto h = v * inv * weight.tiles({c.bn}).load({0}).to(f32);
  auto gelu = 0.5f * h * (1 + erf(h * 0.70710678f));
  y.tiles({1, c.bn}).store(gelu.to(y.dtype()), {r, 0});
  if (rstd) rstd.tiles({1}).store(inv.squeeze(), {r});
}
// [fused_kernel]
const auto add_norm_gelu_kernel =
    kernel("add_norm_gelu", add_norm_gelu, {"x", "residual", "weight", "y", "rstd", "eps"})
        .specialise_dim("x", 1)
        .field("bn", &RowCfg::bn)
        .sweep("warps", &RowCfg::warps, {4, 8, 16});
// [loop]
Tile sum_of_squares(const RowCfg& c, In x, const Tile& r) {
  Tile total = zeros(f32, {1, c.bn});
  for (auto j : range(0, cdiv(x.dim(1), c.bn))) {
    auto v = x.tiles({1, c.bn}).load({r, j}).to(f32);
    total += v * v;
  }
  return sum(total, 1);
}
// [branch]
Tile halve_until_small(Tile n, const Tile& limit) {
  while_([&] { return n > limit; }, [&] { n = n / 2; });
  Tile parity = full(i32, {}, 0);
  if_(n % 2 != 0, [&] { parity = full(i32, {}, 1); });
  return n * 2 + parity;
}
// [welford]
std::array<Tile, 2> mean_and_variance(const Tile& x, int axis) {
  auto [mean, m2, count] = reduce({x, zeros(f32, {}), full(f32, {}, 1)}, axis, [](auto a, auto b) {
    auto [mean_a, m2_a, n_a] = a;
    auto [mean_b, m2_b, n_b] = b;
    auto n = n_a + n_b, delta = mean_b - mean_a;
    return std::array{mean_a + delta * (n_b / n), m2_a + m2_b + delta * delta * (n_a * n_b / n), n};
  });
  return {mean, m2 / count};
}
// [embedding]
void embedding(const RowCfg& c, In table, In ids, Out y) {
  auto [tokens] = dims1(ids);
  auto [vocabulary, n] = dims2(table);
  require(y, {tokens, n});
  auto [t] = grid({tokens});
  auto id = ids.gather({t});
  auto column = iota(c.bn);
  auto row = table.gather({id, column}, (column < n) & (id >= 0) & (id < vocabulary));
  y.tiles({1, c.bn}).store(row, {t, 0});
}
// [histogram]
void histogram(const RowCfg& c, In x, InOut counts) {
  auto [n] = dims1(x);
  auto [bins] = dims1(counts);
  auto [i] = grid({cdiv(n, c.bn)});
  auto v = x.tiles({c.bn}).pad(-1).load({i});
  counts.atomic_add(1, {v}, {.mask = (v >= 0) & (v < bins)});
}
// [narrow]
void segment_sums(const RowCfg& c, In x, In offsets, Out y) {
  auto [s] = grid({y.dim(0)});
  auto first = offsets.gather({s}), length = offsets.gather({s + 1}) - first;
  auto X = x.narrow(0, first, length).tiles({c.bn});
  Tile total = zeros(f32, {c.bn});
  for (auto j : range(0, cdiv(length, c.bn))) total += X.load({j});
  y.tiles({1}).store(sum(total, 0), {s});
}
// [persistent]
struct CopyCfg {
  int bm = 8, bn = 128, blocks = 264;
};

void copy(const CopyCfg& c, In x, Out y) {
  auto [m, n] = dims2(x);
  require(y, {m, n});
  auto X = x.tiles({c.bm, c.bn}), Y = y.tiles({c.bm, c.bn});
  for (auto [i, j] : grid_persistent({cdiv(m, c.bm), cdiv(n, c.bn)}, c.blocks))
    Y.store(X.load({i, j}), {i, j});
}
// [cluster]
struct LongRowCfg {
  int bn = 4096, cluster = 4, warps = 8;
};

void long_norm(const LongRowCfg& c, In x, Out y, Out rstd, F32 eps) {
  auto [rows, n] = dims2(x);
  require(y, {rows, n}), require(rstd, {rows}), require(x, {rows, min(n, c.bn * c.cluster)});
  auto [r, part] = cluster_grid({rows}, c.cluster);
  auto v = x.tiles({1, c.bn}).load({r, part}).to(f32);
  auto inv = rsqrt(cluster_sum(sum(v * v, 1)) / n.to(f32) + eps);
  if_(part == 0, [&] { rstd.tiles({1}).store(inv.squeeze(), {r}); });
  y.tiles({1, c.bn}).store((v * inv).to(y.dtype()), {r, part});
}
// [dropout]
void drop(const RowCfg& c, In x, Out y, U32 seed, F32 keep) {
  auto [n] = dims1(x);
  auto [i] = grid({cdiv(n, c.bn)});
  auto element = (i * c.bn + iota(c.bn)).to(u32);
  auto [word, w1, w2, w3] = philox4x32(seed, 0, element, 0, 0, 0);
  auto uniform = (word >> 8).to(f32) * 0x1p-24f;
  auto v = x.tiles({c.bn}).load({i});
  y.tiles({c.bn}).store(select(uniform < keep, v / keep, 0.f), {i});
}
// [helper]
Tile swish(const Tile& x, std::source_location at = std::source_location::current()) {
  if (!is_float(x.dtype(at))) return swish(x.to(f32, at), at);
  return x * sigmoid(x, at);
}
// [debug]
void watched(const RowCfg& c, In x, Out y) {
  auto [i] = grid({cdiv(x.dim(0), c.bn)});
  auto v = x.tiles({c.bn}).load({i});
  assert_that(v == v, "x holds a NaN");
  print("block {} has the sum {}", i, sum(v, 0));
  y.tiles({c.bn}).store(v, {i});
}
// [end]

template <class... P>
auto define(const char* name, void (*f)(const RowCfg&, P...),
            const char* const (&names)[sizeof...(P)]) {
  return kernel(name, f, names).field("bn", &RowCfg::bn).field("warps", &RowCfg::warps);
}
const auto softmax_kernel = define("softmax", softmax, {"x", "y"});
const auto embedding_kernel = define("embedding", embedding, {"table", "ids", "y"});
const auto histogram_kernel = define("histogram", histogram, {"x", "counts"});
const auto segment_sums_kernel = define("segment_sums", segment_sums, {"x", "offsets", "y"});
const auto drop_kernel = define("drop", drop, {"x", "y", "seed", "keep"});
const auto watched_kernel = define("watched", watched, {"x", "y"});
const auto copy_kernel = kernel("copy", copy, {"x", "y"})
                             .field("bm", &CopyCfg::bm)
                             .field("bn", &CopyCfg::bn)
                             .field("blocks", &CopyCfg::blocks);

const auto long_norm_kernel = kernel("long_norm", long_norm, {"x", "y", "rstd", "eps"})
                                  .field("bn", &LongRowCfg::bn)
                                  .field("cluster", &LongRowCfg::cluster)
                                  .field("warps", &LongRowCfg::warps);

/// The functions that are no kernels, in one.
void parts(const RowCfg& c, In x, Out y, Out moments) {
  auto [r] = grid({x.dim(0)});
  auto v = x.tiles({1, c.bn}).load({r, 0});
  auto [mean, variance] = mean_and_variance(v, 1);
  auto iterations = halve_until_small(x.dim(1), full(i32, {}, 9));
  y.tiles({1, c.bn}).store(swish(v - mean) + iterations.to(f32), {r, 0});
  auto M = moments.tiles({1, 1});
  M.store(mean, {r, 0}), M.store(variance, {r, 1}), M.store(sum_of_squares(c, x, r), {r, 2});
}
const auto parts_kernel = define("parts", parts, {"x", "y", "moments"});

}  // namespace
}  // namespace tegula::language_doc
