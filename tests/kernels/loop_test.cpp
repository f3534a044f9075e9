// Traced loops: carried tiles, several at once, nested, without iterations, bounds from extents and
// scalars, reductions inside, loads that do not change.
#include <algorithm>

#include "tests/kernels/harness.h"

namespace tegula::testing {
namespace {

struct Cfg {
  int bn = 64;
  int warps = 2;
};
template <class K>
auto with_fields(K kernel) {
  return std::move(kernel).field("bn", &Cfg::bn).field("warps", &Cfg::warps);
}

class Loops : public KernelTest {};
INSTANTIATE_TEST_SUITE_P(Targets, Loops, ::testing::ValuesIn(kernel_targets()), target_name);

/// A row sum in chunks, its bound an extent: zero, one and several iterations, and a ragged end.
void row_sum_fwd(const Cfg& c, In x, Out y) {
  auto [m, n] = dims2(x);
  auto [r] = grid({m});
  Tile total = zeros(i64, {1, 1});
  for (auto j : range(0, cdiv(n, c.bn))) total += sum(x.tiles({1, c.bn}).load({r, j}).to(i64), 1);
  y.tiles({1, 1}).store(total, {r, 0});
}
const auto row_sum = with_fields(kernel("row_sum_fwd", row_sum_fwd, {"x", "y"}));

TEST_P(Loops, ReductionsWithABoundFromAnExtent) {
  for (const std::int64_t n : {1, 63, 64, 65, 1000}) {
    SCOPED_TRACE(n);
    const auto x = random_integers(-1000, 1000, 3 * n);
    std::vector<std::int64_t> wanted(3, 0);
    for (std::int64_t e = 0; e < 3 * n; ++e)
      wanted[static_cast<std::size_t>(e / n)] += x[static_cast<std::size_t>(e)];
    const Tensor out = stream.empty(i64, {3, 1});
    launch(row_sum, Cfg{}, integers(i32, {3, n}, x), out);
    expect_integers(out, wanted);
  }
}

/// Several carried tiles of several dtypes and shapes, one of them swapped with another.
void several_fwd(const Cfg& c, I32 lower, I32 upper, In x, Out y, Out z) {
  auto [one] = grid({1});
  Tile a = x.tiles({c.bn}).load({0}), b = zeros(i32, {c.bn}) + 1;
  Tile count = full(i64, {1}, 0);
  Mask odd = iota(c.bn) < 0;
  for (auto j : range(lower, upper)) {
    Tile next = a + b * j;
    a = b;
    b = select(odd, next, next + 1);
    odd = !odd;
    count += j.to(i64);
  }
  y.tiles({c.bn}).store(a - b, {0});
  z.tiles({1}).store(count, {0});
}
const auto several =
    with_fields(kernel("several_fwd", several_fwd, {"lower", "upper", "x", "y", "z"}));

TEST_P(Loops, SeveralCarriedTilesAndBoundsFromScalars) {
  const auto x = random_integers(-10, 10, 64);
  for (const auto& [lower, upper] : {std::pair{0, 0}, {0, 1}, {2, 9}, {-3, 3}, {5, 2}}) {
    SCOPED_TRACE(std::to_string(lower) + " to " + std::to_string(upper));
    std::vector<std::int64_t> wanted;
    std::int64_t count = 0;
    for (int j = lower; j < upper; ++j) count += j;
    for (std::int64_t a : x) {
      std::int64_t b = 1;
      bool odd = false;
      for (int j = lower; j < upper; ++j) {
        const std::int64_t next = a + b * j;
        a = b;
        b = odd ? next : next + 1;
        odd = !odd;
      }
      wanted.push_back(wrapped(i32, a - b));
    }
    const Tensor y = stream.empty(i32, {64}), z = stream.empty(i64, {1});
    launch(several, Cfg{}, lower, upper, integers(i32, {64}, x), y, z);
    expect_integers(y, wanted), expect_integers(z, {count});
  }
}

/// C = A B by outer products: nested loops, loads that do not change in the inner one, and stores
/// in a loop.
void matmul_fwd(const Cfg&, In a, In b, Out y) {
  auto [m, k] = dims2(a);
  auto [k2, n] = dims2(b);
  require(b, {k, n}), require(y, {m, n});
  auto [i] = grid({cdiv(m, 8)});
  for (auto j : range(0, cdiv(n, 16))) {
    Tile total = zeros(f32, {8, 16});
    for (auto p : range(0, k))
      total += a.tiles({8, 1}).load({i, p}) * b.tiles({1, 16}).load({p, j});
    for (auto iteration : range(0, 2))
      total = total * 2 + a.tiles({8, 1}).load({i, 0}) * iteration.to(f32);
    y.tiles({8, 16}).store(total, {i, j});
  }
}
const auto matmul = with_fields(kernel("matmul_fwd", matmul_fwd, {"a", "b", "y"}));

TEST_P(Loops, Nested) {
  for (const auto& [m, k, n] : {std::tuple{9, 5, 33}, {16, 1, 16}, {3, 0, 7}}) {
    SCOPED_TRACE(std::to_string(m) + "x" + std::to_string(k) + "x" + std::to_string(n));
    const auto a = random_integers(-5, 5, m * k, 1), b = random_integers(-5, 5, k * n, 2);
    std::vector<double> wanted;
    for (int i = 0; i < m; ++i)
      for (int j = 0; j < n; ++j) {
        double total = 0;
        for (int p = 0; p < k; ++p)
          total += static_cast<double>(a[static_cast<std::size_t>(i * k + p)] *
                                       b[static_cast<std::size_t>(p * n + j)]);
        const double first = k > 0 ? static_cast<double>(a[static_cast<std::size_t>(i * k)]) : 0;
        wanted.push_back(total * 4 + first);
      }
    const auto reals = [](const auto& v) { return std::vector<double>(v.begin(), v.end()); };
    const Tensor out = filled(f32, {m, n}, -1);
    launch(matmul, Cfg{.warps = 4}, floats(f32, {m, k}, reals(a)), floats(f32, {k, n}, reals(b)),
           out);
    expect_floats(out, wanted);
  }
}

/// An InOut tensor read and written in place, iteration by iteration: each iteration sees the last
/// one's stores.
void in_place_fwd(const Cfg& c, InOut x, I32 iterations) {
  auto [n] = dims1(x);
  auto [i] = grid({cdiv(n, c.bn)});
  for (auto iteration : range(0, iterations)) {
    Tile before = x.tiles({c.bn}).load({i});
    x.tiles({c.bn}).store(before * 2 + iteration, {i});
    Tile after = x.tiles({c.bn}).load({i});
    x.tiles({c.bn}).store(after - before, {i});
  }
}
const auto in_place = with_fields(kernel("in_place_fwd", in_place_fwd, {"x", "iterations"}));

TEST_P(Loops, LoadsSeeTheStoresBeforeThem) {
  auto x = random_integers(-10, 10, 100);
  const Tensor tensor = integers(i32, {100}, x);
  launch(in_place, Cfg{}, tensor, 6);
  for (std::int64_t& v : x)
    for (int iteration = 0; iteration < 6; ++iteration) v = v * 2 + iteration - v;
  expect_integers(tensor, x);
}

/// Elements that one thread reads and another writes: all threads read a small tile and one stores
/// it; and what is stored as rows is read as columns. A block's accesses happen in program order.
void handed_over_fwd(const Cfg&, InOut count, InOut x) {
  auto [r] = grid({count.dim(0)});
  const View one = count.tiles({1});
  one.store(one.load({r}) + 1, {r});
  x.tiles({4, 128}).store(x.tiles({4, 128}).load({0, 0}) + 1, {0, 0});
  x.tiles({128, 4}).store(x.tiles({128, 4}).load({0, 0}) * 2, {0, 0});
}
const auto handed_over = with_fields(kernel("handed_over_fwd", handed_over_fwd, {"count", "x"}));

TEST_P(Loops, ElementsThatOneThreadReadsAndAnotherWrites) {
  const auto before = random_integers(-10, 10, 128 * 128);
  std::vector<std::int64_t> wanted = before;
  for (std::int64_t r = 0; r < 128; ++r)
    for (std::int64_t k = 0; k < 128; ++k) {
      std::int64_t& v = wanted[static_cast<std::size_t>(r * 128 + k)];
      if (r < 4) v += 1;
      if (k < 4) v *= 2;
    }
  for (const std::uint64_t seed : {0, 1, 2, 3}) {
    device->options().seed = seed;
    const Tensor count = filled(i32, {1}, 41), x = integers(i32, {128, 128}, before);
    launch(handed_over, Cfg{.warps = 8}, count, x);
    expect_integers(count, {42}), expect_integers(x, wanted);
  }
}

/// A square tile that starts transposed and meets what is not: the tile itself, a constant that is
/// used before the loop, too, and another carried tile with which it changes places.
struct TurnedCfg {
  int bn = 16, kind = 0, warps = 4;
};
void turned_fwd(const TurnedCfg& c, In x, I32 iterations, Out y) {
  auto [one] = grid({1});
  const Tile v = x.tiles({c.bn, c.bn}).load({0, 0});
  Tile e = (v + 1).T(), f = v;
  Mask larger = e > f;
  if (c.kind == 0)
    for ([[maybe_unused]] auto k : range(0, iterations)) e = e + 1;
  if (c.kind == 1)
    for ([[maybe_unused]] auto k : range(0, iterations)) e = e + v;
  if (c.kind == 2) {
    Tile left = iterations;
    while_([&] { return left > 0; },
           [&] { e = select(larger, e, e + 1), larger = e > v, left -= 1; });
  }
  if (c.kind == 3)
    for (auto k : range(0, iterations)) {
      const Tile kept = e;
      if_(
          k % 2 == 0, [&] { e = f + 1; }, [&] { e = f.T(); });
      f = kept;
    }
  y.tiles({c.bn, c.bn}).store(e, {0, 0});
}
const auto turned = kernel("turned_fwd", turned_fwd, {"x", "iterations", "y"})
                        .field("bn", &TurnedCfg::bn)
                        .field("kind", &TurnedCfg::kind)
                        .field("warps", &TurnedCfg::warps);

TEST_P(Loops, TilesThatStartTransposed) {
  constexpr int n = 16, iterations = 3;
  const auto x = random_integers(-1000, 1000, n * n);
  const auto transposed = [](const std::vector<std::int64_t>& a) {
    std::vector<std::int64_t> result;
    for (std::size_t k = 0; k < n * n; ++k) result.push_back(a[k % n * n + k / n]);
    return result;
  };
  const auto each = [](auto f) {
    std::vector<std::int64_t> result;
    for (std::size_t k = 0; k < n * n; ++k) result.push_back(f(k));
    return result;
  };
  for (int kind = 0; kind < 4; ++kind) {
    SCOPED_TRACE(kind);
    auto e = transposed(each([&](std::size_t k) { return x[k] + 1; })), f = x;
    auto larger = each([&](std::size_t k) { return e[k] > f[k] ? 1 : 0; });
    for (int iteration = 0; iteration < iterations; ++iteration) {
      const auto kept = e;
      if (kind == 0) e = each([&](std::size_t k) { return e[k] + 1; });
      if (kind == 1) e = each([&](std::size_t k) { return e[k] + x[k]; });
      if (kind == 2) {
        e = each([&](std::size_t k) { return e[k] + 1 - larger[k]; });
        larger = each([&](std::size_t k) { return e[k] > x[k] ? 1 : 0; });
      }
      if (kind == 3) {
        e = iteration % 2 == 0 ? each([&](std::size_t k) { return f[k] + 1; }) : transposed(f);
        f = kept;
      }
    }
    const Tensor y = stream.empty(i32, {n, n});
    launch(turned, TurnedCfg{.kind = kind}, integers(i32, {n, n}, x), iterations, y);
    expect_integers(y, e);
  }
}

}  // namespace
}  // namespace tegula::testing
