// Reductions by a function of the author's: several tiles at once, of mixed dtypes, along axes that
// lie over registers, lanes and warps in any order; argmax, argmin, Welford's variance.
#include <algorithm>
#include <cmath>
#include <limits>

#include "tests/kernels/combine_cases.h"

namespace tegula::testing {
namespace {

class ReduceWith : public KernelTest {};
INSTANTIATE_TEST_SUITE_P(Targets, ReduceWith, ::testing::ValuesIn(kernel_targets()), target_name);

/// A product modulo 2^32, a symmetric function.
void product_fwd(const CombineCfg& c, In x, Out y) {
  auto [i] = grid({1});
  const Tile t = load_flattened(c, x, i);
  const Tile product = reduce(t, c.axis, [](const Tile& a, const Tile& b) { return a * b; });
  y.tiles(c.reduced()).store(product, {i, 0});
}
const auto product = with_combine_fields(kernel("product_fwd", product_fwd, {"x", "y"}));
const auto wide_product = with_combine_fields(kernel("product_fwd", product_fwd, {"x", "y"}))
                              .specialise_dim("x", 0)
                              .specialise_dim("x", 1)
                              .specialise_dim("x", 2);

TEST_P(ReduceWith, AnyAxisInAnyLayout) {
  std::vector<CombineCfg> cases = random_combine_cases(assembles() ? 6 : 60, 11, 7);
  cases.push_back({.d2 = 1, .axis = 0});
  cases.push_back({.d2 = 4096, .warps = 8});
  for (const CombineCfg& c : cases)
    for (const bool wide : {false, true}) {
      SCOPED_TRACE(c.name());
      std::vector<std::int64_t> x = random_integers(0, 0x7fffffff, c.size(), 3), wanted;
      for (std::int64_t& v : x) v |= 1;
      const std::vector<int> sources = c.sources();
      for (const auto& line : c.lines()) {
        std::uint32_t result = 1;
        for (const int place : line) result *= static_cast<std::uint32_t>(x[sources[place]]);
        wanted.push_back(result);
      }
      const Tensor out = stream.empty(u32, c.reduced());
      launch(wide ? wide_product : product, c, integers(u32, {c.d0, c.d1, c.d2}, x), out);
      expect_integers(out, wanted);
    }
}

/// Four tiles of different widths. The least of the i64 wins and takes the others along.
void least_fwd(const CombineCfg& c, In a, In b, In x, In y, Out least_a, Out least_b, Out least_x,
               Out least_y) {
  auto [i] = grid({1});
  const auto [p, q, r, s] =
      reduce({load_flattened(c, a, i), load_flattened(c, b, i), load_flattened(c, x, i),
              load_flattened(c, y, i)},
             c.axis, [](const std::array<Tile, 4>& l, const std::array<Tile, 4>& r) {
               const Mask left = l[0] < r[0];
               return std::array{select(left, l[0], r[0]), select(left, l[1], r[1]),
                                 select(left, l[2], r[2]), select(left, l[3], r[3])};
             });
  const Dims shape = c.reduced();
  least_a.tiles(shape).store(p, {i, 0});
  least_b.tiles(shape).store(q, {i, 0});
  least_x.tiles(shape).store(r, {i, 0});
  least_y.tiles(shape).store(s, {i, 0});
}
const auto least = with_combine_fields(kernel(
    "least_fwd", least_fwd, {"a", "b", "x", "y", "least_a", "least_b", "least_x", "least_y"}));

TEST_P(ReduceWith, SeveralTilesOfMixedDTypes) {
  std::vector<CombineCfg> cases = random_combine_cases(assembles() ? 2 : 12, 10, 11);
  cases.push_back({.d0 = 16, .d2 = 64, .rows = 16, .warps = 4});
  for (const CombineCfg& c : cases)
    for (const auto& [second, third, fourth] :
         {std::array{i8, f16, f64}, std::array{i16, bf16, f32}}) {
      SCOPED_TRACE(c.name());
      // Unlike numbers, beyond 32 bits, in an order that is not theirs.
      std::vector<std::int64_t> a, b;
      for (std::int64_t k = 0; k < c.size(); ++k) {
        a.push_back((k * 0x9e3779b1 % 65537) << 31);
        b.push_back(k % 127);
      }
      const auto x = random_floats(third, c.size(), 5), y = random_floats(fourth, c.size(), 6);
      std::vector<std::int64_t> wanted_a, wanted_b;
      std::vector<double> wanted_x, wanted_y;
      const std::vector<int> sources = c.sources();
      for (const auto& line : c.lines()) {
        int best = sources[line[0]];
        for (const int place : line)
          if (a[sources[place]] < a[best]) best = sources[place];
        wanted_a.push_back(a[best]), wanted_b.push_back(b[best]);
        wanted_x.push_back(x[best]), wanted_y.push_back(y[best]);
      }
      const Dims in = {c.d0, c.d1, c.d2}, out = c.reduced();
      const Tensor p = stream.empty(i64, out), q = stream.empty(second, out),
                   r = stream.empty(third, out), s = stream.empty(fourth, out);
      launch(least, c, integers(i64, in, a), integers(second, in, b), floats(third, in, x),
             floats(fourth, in, y), p, q, r, s);
      expect_integers(p, wanted_a);
      expect_integers(q, wanted_b);
      expect_floats(r, wanted_x);
      expect_floats(s, wanted_y);
    }
}

void extreme_fwd(const CombineCfg& c, In x, Out high, Out high_at, Out low, Out low_at) {
  auto [r] = grid({x.dim(0)});
  const Tile t = x.tiles({1, c.d2}).load({r, 0});
  const auto most = argmax(t, 1), least = argmin(t, 1);
  high.tiles({1, 1}).store(most.value, {r, 0});
  high_at.tiles({1, 1}).store(most.index, {r, 0});
  low.tiles({1, 1}).store(least.value, {r, 0});
  low_at.tiles({1, 1}).store(least.index, {r, 0});
}
const auto extreme = with_combine_fields(
    kernel("extreme_fwd", extreme_fwd, {"x", "high", "high_at", "low", "low_at"}));

/// The first of the largest (sign 1) or the smallest (sign -1); the first NaN, if there is one.
int first_extreme(const std::vector<double>& x, double sign) {
  for (std::size_t k = 0; k < x.size(); ++k)
    if (std::isnan(x[k])) return static_cast<int>(k);
  std::size_t best = 0;
  for (std::size_t k = 1; k < x.size(); ++k)
    if (sign * x[k] > sign * x[best]) best = k;
  return static_cast<int>(best);
}

TEST_P(ReduceWith, ArgmaxAndArgmin) {
  for (const DType dtype : {f16, f32, f64, i8, u64}) {
    SCOPED_TRACE(dtype_name(dtype));
    // Few values, so that there are ties; in the last rows of floats infinities and NaNs.
    const int n = 1024, rows = 5;
    std::vector<double> x;
    for (const std::int64_t v : random_integers(1, 9, rows * n, 2)) x.push_back(double(v));
    if (is_float(dtype)) {
      x[2 * n + 700] = INFINITY, x[2 * n + 701] = INFINITY, x[2 * n + 3] = -INFINITY;
      x[3 * n + 500] = NAN, x[3 * n + 900] = NAN, x[3 * n + 2] = INFINITY;
      std::fill(x.begin() + 4 * n, x.end(), NAN);
    }
    std::vector<double> high, low;
    std::vector<std::int64_t> high_at, low_at;
    for (int r = 0; r < rows; ++r) {
      const std::vector<double> row(x.begin() + r * n, x.begin() + (r + 1) * n);
      high_at.push_back(first_extreme(row, 1)), low_at.push_back(first_extreme(row, -1));
      high.push_back(row[high_at.back()]), low.push_back(row[low_at.back()]);
    }
    const auto make = [&](const Dims& shape, const std::vector<double>& values) {
      return is_float(dtype) ? floats(dtype, shape, values)
                             : integers(dtype, shape, {values.begin(), values.end()});
    };
    const Tensor p = make({rows, 1}, high), q = stream.empty(i32, {rows, 1}),
                 r = make({rows, 1}, low), s = stream.empty(i32, {rows, 1});
    const Tensor got_high = stream.empty(dtype, {rows, 1}),
                 got_low = stream.empty(dtype, {rows, 1});
    launch(extreme, CombineCfg{.d2 = n, .warps = 4}, make({rows, n}, x), got_high, q, got_low, s);
    expect_integers(q, high_at);
    expect_integers(s, low_at);
    if (is_float(dtype)) {
      expect_floats(got_high, high);
      expect_floats(got_low, low);
    } else {
      expect_integers(got_high, {high.begin(), high.end()});
      expect_integers(got_low, {low.begin(), low.end()});
    }
  }
}

/// docs/language.md's: not symmetric to the last bit, so that lanes could come to differ.
std::array<Tile, 2> mean_and_variance(const Tile& x, int axis) {
  auto [mean, m2, count] = reduce({x, zeros(f32, {}), full(f32, {}, 1)}, axis, [](auto a, auto b) {
    auto [mean_a, m2_a, n_a] = a;
    auto [mean_b, m2_b, n_b] = b;
    auto n = n_a + n_b, delta = mean_b - mean_a;
    return std::array{mean_a + delta * (n_b / n), m2_a + m2_b + delta * delta * (n_a * n_b / n), n};
  });
  return {mean, m2 / count};
}
void welford_fwd(const CombineCfg& c, In x, Out mean, Out variance, Out spread) {
  auto [i] = grid({1});
  const Tile t = load_flattened(c, x, i);
  const auto [m, v] = mean_and_variance(t, c.axis);
  const Dims shape = c.reduced();
  mean.tiles(shape).store(m, {i, 0});
  variance.tiles(shape).store(v, {i, 0});
  // Of the mean that each thread has: 0 unless they differ.
  const Tile means = m + zeros(f32, {c.rows, c.columns()});
  spread.tiles(shape).store(reduce_max(means, c.axis) - reduce_min(means, c.axis), {i, 0});
}
const auto welford =
    with_combine_fields(kernel("welford_fwd", welford_fwd, {"x", "mean", "variance", "spread"}));

TEST_P(ReduceWith, WelfordsMeanAndVariance) {
  std::vector<CombineCfg> cases = random_combine_cases(assembles() ? 2 : 12, 11, 19);
  cases.push_back({.d0 = 2, .d2 = 2048, .rows = 2, .warps = 8});
  for (const CombineCfg& c : cases) {
    SCOPED_TRACE(c.name());
    std::vector<double> x = random_floats(f32, c.size(), 4), mean, variance;
    for (double& v : x) v = static_cast<float>(v + 100);
    const std::vector<int> sources = c.sources();
    for (const auto& line : c.lines()) {
      double sum = 0, squares = 0;
      for (const int place : line) sum += x[sources[place]];
      mean.push_back(sum / static_cast<double>(line.size()));
      for (const int place : line) squares += std::pow(x[sources[place]] - mean.back(), 2);
      variance.push_back(squares / static_cast<double>(line.size()));
    }
    const Tensor m = stream.empty(f32, c.reduced()), v = stream.empty(f32, c.reduced()),
                 s = stream.empty(f32, c.reduced());
    launch(welford, c, floats(f32, {c.d0, c.d1, c.d2}, x), m, v, s);
    expect_near(m, mean, 1e-6);
    expect_near(v, variance, 1e-5);
    expect_floats(s, std::vector<double>(mean.size(), 0.0));
  }
}

/// In a loop the scratch memory is written again while others may still read it.
void repeated_fwd(const CombineCfg& c, In x, Out y) {
  auto [i] = grid({1});
  Tile total = zeros(i32, {1, 1});
  for (auto j : range(0, x.dim(0))) {
    const Tile t = x.tiles({1, c.d2}).load({j, 0});
    total += reduce(t, 1, [](const Tile& a, const Tile& b) { return a ^ b; });
  }
  y.tiles({1, 1}).store(total, {i, 0});
}
const auto repeated = with_combine_fields(kernel("repeated_fwd", repeated_fwd, {"x", "y"}));

TEST_P(ReduceWith, InALoop) {
  const auto x = random_integers(0, 1 << 20, 20 * 512);
  std::int64_t total = 0;
  for (int r = 0; r < 20; ++r) {
    std::int64_t line = 0;
    for (int k = 0; k < 512; ++k) line ^= x[r * 512 + k];
    total += line;
  }
  const Tensor y = stream.empty(i32, {1, 1});
  launch(repeated, CombineCfg{.d2 = 512, .warps = 4}, integers(i32, {20, 512}, x), y);
  expect_integers(y, {total});
}

}  // namespace
}  // namespace tegula::testing
