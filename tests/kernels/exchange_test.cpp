// Values that move between threads: a tile summed along both axes and the sums combined, which
// converts layouts through shared memory, alone and in loops, under several orders of warps.
#include <cmath>

#include "tests/kernels/harness.h"

namespace tegula::testing {
namespace {

struct Cfg {
  int bm = 16, bn = 64;
  int iterations = 1;
  int which = 0;
  int warps = 4;
};

template <class K>
auto with_fields(K kernel) {
  return std::move(kernel)
      .field("bm", &Cfg::bm)
      .field("bn", &Cfg::bn)
      .field("iterations", &Cfg::iterations)
      .field("which", &Cfg::which)
      .field("warps", &Cfg::warps);
}

class Exchange : public KernelTest {};
INSTANTIATE_TEST_SUITE_P(Targets, Exchange, ::testing::ValuesIn(kernel_targets()), target_name);

/// x + its row's sum + its column's sum + everything's, over and over, modulo 2^32.
void both_axes_fwd(const Cfg& c, In x, Out y) {
  auto [one] = grid({1});
  Tile t = x.tiles({c.bm, c.bn}).load({0, 0});
  for (auto iteration : range(0, c.iterations)) {
    Tile rows = sum(t, 1), columns = sum(t, 0);
    t = t + rows + columns + sum(rows, 0) + iteration;
  }
  y.tiles({c.bm, c.bn}).store(t, {0, 0});
}
const auto both_axes = with_fields(kernel("both_axes_fwd", both_axes_fwd, {"x", "y"}));

std::vector<std::int64_t> both_axes_reference(std::vector<std::int64_t> t, const Cfg& c) {
  for (int iteration = 0; iteration < c.iterations; ++iteration) {
    std::vector<std::int64_t> rows(static_cast<std::size_t>(c.bm), 0);
    std::vector<std::int64_t> columns(static_cast<std::size_t>(c.bn), 0);
    std::int64_t all = 0;
    const auto n = static_cast<std::size_t>(c.bn);
    for (std::size_t e = 0; e < t.size(); ++e)
      rows[e / n] += t[e], columns[e % n] += t[e], all += t[e];
    for (std::size_t e = 0; e < t.size(); ++e)
      t[e] = wrapped(i32, t[e] + rows[e / n] + columns[e % n] + all + iteration);
  }
  return t;
}

TEST_P(Exchange, SumsAlongBothAxesInALoop) {
  for (const std::uint64_t seed : {0, 1, 2, 3, 17})
    for (Cfg c : {Cfg{8, 16}, Cfg{16, 64}, Cfg{64, 4}, Cfg{1, 128}, Cfg{128, 1}})
      for (c.warps = 1; c.warps <= 16; c.warps *= 2) {
        if (!simulates() && (seed != 0 || (c.warps != 1 && c.warps != 8))) continue;
        c.iterations = 5;
        SCOPED_TRACE(std::to_string(c.bm) + "x" + std::to_string(c.bn) + " warps " +
                     std::to_string(c.warps) + " seed " + std::to_string(seed));
        device->options().seed = seed;
        const Dims shape = {c.bm, c.bn};
        const auto x = random_integers(-100, 100, element_count(shape));
        const Tensor out = stream.empty(i32, shape);
        launch(both_axes, c, integers(i32, shape, x), out);
        expect_integers(out, both_axes_reference(x, c));
      }
}

/// What is a row for one tensor is a column for another: sums stored as vectors, then broadcast
/// back the other way (an outer product of the two sums).
void outer_fwd(const Cfg& c, In x, Out rows_out, Out columns_out, Out y) {
  auto [one] = grid({1});
  Tile t = x.tiles({c.bm, c.bn}).load({0, 0});
  Tile rows = sum(t, 1).squeeze(), columns = sum(t, 0).squeeze();
  rows_out.tiles({c.bm}).store(rows, {0});
  columns_out.tiles({c.bn}).store(columns, {0});
  // Transposed: columns down, rows across.
  y.tiles({c.bn, c.bm}).store(columns.unsqueeze(-1) * rows, {0, 0});
}
const auto outer = with_fields(kernel("outer_fwd", outer_fwd, {"x", "rows", "columns", "y"}));

TEST_P(Exchange, SumsOfBothAxesTransposed) {
  for (const DType dtype : {i8, i16, i32, i64})
    for (Cfg c : {Cfg{16, 64}, Cfg{32, 2}})
      for (const int warps : {1, 4, 8}) {
        c.warps = warps;
        const auto m = static_cast<std::size_t>(c.bm), n = static_cast<std::size_t>(c.bn);
        const auto x = random_integers(-3, 3, c.bm * c.bn);
        std::vector<std::int64_t> rows(m, 0), columns(n, 0), wanted(m * n);
        for (std::size_t e = 0; e < m * n; ++e) rows[e / n] += x[e], columns[e % n] += x[e];
        for (std::size_t e = 0; e < m * n; ++e)
          wanted[e] = wrapped(dtype, columns[e / m] * rows[e % m]);
        for (auto& v : rows) v = wrapped(dtype, v);
        for (auto& v : columns) v = wrapped(dtype, v);
        const Tensor r = stream.empty(dtype, {c.bm}), k = stream.empty(dtype, {c.bn}),
                     y = stream.empty(dtype, {c.bn, c.bm});
        launch(outer, c, integers(dtype, {c.bm, c.bn}, x), r, k, y);
        expect_integers(r, rows), expect_integers(k, columns), expect_integers(y, wanted);
      }
}

/// Masks move too: the layout of a comparison of sums is none that a store wants.
void mask_fwd(const Cfg& c, In x, Out y) {
  auto [one] = grid({1});
  Tile t = x.tiles({c.bm, c.bn}).load({0, 0});
  Mask big = sum(t, 0) > 0;
  y.tiles({c.bn}).store(big.reshape({c.bn}).to(i1), {0});
}
const auto mask = with_fields(kernel("mask_fwd", mask_fwd, {"x", "y"}));

TEST_P(Exchange, MasksOfSums) {
  for (const int warps : {1, 2, 8}) {
    const Cfg c{.bm = 16, .bn = 64, .warps = warps};
    const auto x = random_integers(-3, 3, 1024);
    std::vector<std::int64_t> columns(64, 0);
    for (std::size_t e = 0; e < 1024; ++e) columns[e % 64] += x[e];
    for (auto& v : columns) v = v > 0 ? 1 : 0;
    const Tensor out = stream.empty(i1, {64});
    launch(mask, c, integers(i32, {16, 64}, x), out);
    expect_integers(out, columns);
  }
}

/// Reductions in a row reuse no memory that a slower warp still reads.
void normalise_fwd(const Cfg& c, In x, Out y) {
  auto [r] = grid({c.bm});
  Tile t = x.tiles({1, c.bn}).load({r, 0});
  for (auto iteration : range(0, c.iterations)) {
    t = t / (abs(sum(t, 1)) + 1.0);
    t = t + sqrt(sum(t * t, 1)) * (iteration + 1).to(f64);
  }
  y.tiles({1, c.bn}).store(t, {r, 0});
}
const auto normalise = with_fields(kernel("normalise_fwd", normalise_fwd, {"x", "y"}));

TEST_P(Exchange, DependentSumsInALoopUnderSeveralOrders) {
  const Cfg c{.bm = 5, .bn = 512, .iterations = 4, .warps = 8};
  const auto x = random_floats(f64, 5 * 512);
  std::vector<double> wanted = x;
  for (std::size_t r = 0; r < 5; ++r)
    for (int iteration = 0; iteration < c.iterations; ++iteration) {
      double total = 0, squares = 0;
      for (std::size_t k = 0; k < 512; ++k) total += wanted[r * 512 + k];
      for (std::size_t k = 0; k < 512; ++k) wanted[r * 512 + k] /= std::abs(total) + 1;
      for (std::size_t k = 0; k < 512; ++k) squares += std::pow(wanted[r * 512 + k], 2);
      for (std::size_t k = 0; k < 512; ++k)
        wanted[r * 512 + k] += std::sqrt(squares) * (iteration + 1);
    }
  for (const std::uint64_t seed : {0, 1, 2, 3, 4}) {
    device->options().seed = seed;
    const Tensor out = stream.empty(f64, {5, 512});
    launch(normalise, c, floats(f64, {5, 512}, x), out);
    expect_near(out, wanted, 1e-11);
  }
}

struct LargeCfg {
  int bn = 256, warps = 16;
};
void large_transpose_fwd(const LargeCfg& c, In x, Out y) {
  auto [i] = grid({1});
  y.tiles({c.bn, c.bn}).store(x.tiles({c.bn, c.bn}).load({i, 0}).T(), {0, i});
}
const auto large_transpose = kernel("large_transpose_fwd", large_transpose_fwd, {"x", "y"})
                                 .field("bn", &LargeCfg::bn)
                                 .field("warps", &LargeCfg::warps);

/// Through shared memory a transposed tile is stored by full sectors; one that is too large for it,
/// as it is.
TEST_P(Exchange, MoreThanSharedMemoryHolds) {
  constexpr std::int64_t n = 256;
  const auto x = random_integers(-1000000, 1000000, n * n);
  std::vector<std::int64_t> wanted;
  for (std::int64_t k = 0; k < n * n; ++k)
    wanted.push_back(x[static_cast<std::size_t>(k % n * n + k / n)]);
  const Tensor y = stream.empty(i32, {n, n});
  launch(large_transpose, LargeCfg{}, integers(i32, {n, n}, x), y);
  expect_integers(y, wanted);
}

}  // namespace
}  // namespace tegula::testing
