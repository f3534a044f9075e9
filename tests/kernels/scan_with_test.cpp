// Scans: inclusive prefixes from either end, along axes that lie over registers, lanes and warps in
// any order.
#include <algorithm>
#include <cmath>

#include "tests/kernels/combine_cases.h"

namespace tegula::testing {
namespace {

class ScanWith : public KernelTest {};
INSTANTIATE_TEST_SUITE_P(Targets, ScanWith, ::testing::ValuesIn(kernel_targets()), target_name);

/// Two maps v -> a v + b modulo 2^32, the left one first: associative, and not commutative.
struct Affine {
  std::uint32_t a = 1, b = 0;
  Affine then(const Affine& next) const { return {next.a * a, next.a * b + next.b}; }
};
void affine_fwd(const CombineCfg& c, In a, In b, Out prefix_a, Out prefix_b) {
  auto [i] = grid({1});
  const auto [p, q] = scan(
      {load_flattened(c, a, i), load_flattened(c, b, i)}, c.axis,
      [](const std::array<Tile, 2>& l, const std::array<Tile, 2>& r) {
        return std::array{r[0] * l[0], r[0] * l[1] + r[1]};
      },
      c.reverse);
  prefix_a.tiles({c.rows, c.columns()}).store(p, {i, 0});
  prefix_b.tiles({c.rows, c.columns()}).store(q, {i, 0});
}
const auto affine =
    with_combine_fields(kernel("affine_fwd", affine_fwd, {"a", "b", "prefix_a", "prefix_b"}));
const auto wide_affine =
    with_combine_fields(kernel("affine_fwd", affine_fwd, {"a", "b", "prefix_a", "prefix_b"}))
        .specialise_dim("a", 0)
        .specialise_dim("a", 1)
        .specialise_dim("a", 2)
        .specialise_dim("b", 0)
        .specialise_dim("b", 1)
        .specialise_dim("b", 2);

TEST_P(ScanWith, AnyAxisInAnyLayoutFromEitherEnd) {
  std::vector<CombineCfg> cases = random_combine_cases(assembles() ? 6 : 80, 11, 23);
  cases.push_back({.d2 = 1, .axis = 0});
  for (const bool reverse : {false, true}) {
    cases.push_back({.d2 = 4096, .reverse = reverse, .warps = 4});
    cases.push_back({.d0 = 64, .d2 = 16, .rows = 64, .axis = 0, .reverse = reverse, .warps = 8});
    cases.push_back({.d2 = 32, .reverse = reverse, .warps = 4});  // replicated warps
    cases.push_back({.d2 = 8, .reverse = reverse, .warps = 1});   // replicated lanes
  }
  for (const CombineCfg& c : cases)
    for (const bool wide : {false, true}) {
      SCOPED_TRACE(c.name());
      const auto a = random_integers(0, 0xffffffff, c.size(), 3);
      const auto b = random_integers(0, 0xffffffff, c.size(), 4);
      std::vector<std::int64_t> wanted_a(a.size()), wanted_b(a.size());
      const std::vector<int> sources = c.sources();
      for (std::vector<int> line : c.lines()) {
        if (c.reverse) std::reverse(line.begin(), line.end());
        Affine so_far;
        for (const int place : line) {
          so_far = so_far.then({static_cast<std::uint32_t>(a[sources[place]]),
                                static_cast<std::uint32_t>(b[sources[place]])});
          wanted_a[place] = so_far.a, wanted_b[place] = so_far.b;
        }
      }
      const Dims in = {c.d0, c.d1, c.d2}, out = {c.rows, c.columns()};
      const Tensor p = stream.empty(u32, out), q = stream.empty(u32, out);
      launch(wide ? wide_affine : affine, c, integers(u32, in, a), integers(u32, in, b), p, q);
      expect_integers(p, wanted_a);
      expect_integers(q, wanted_b);
    }
}

void cumsum_fwd(const CombineCfg& c, In x, Out y) {
  auto [r] = grid({x.dim(0)});
  const Tile t = x.tiles({1, c.d2}).load({r, 0});
  y.tiles({1, c.d2}).store(cumsum(t, 1, c.reverse), {r, 0});
}
const auto cumsum_kernel = with_combine_fields(kernel("cumsum_fwd", cumsum_fwd, {"x", "y"}));

TEST_P(ScanWith, CumsumOfEveryDType) {
  for (const DType dtype : {i8, i16, i32, i64, u8, u16, u32, u64, f16, bf16, f32, f64})
    for (const bool reverse : {false, true}) {
      SCOPED_TRACE(dtype_name(dtype));
      // An odd length; whole numbers, of which sums in 16 bits are exact up to 256.
      const int rows = 2, n = 200;
      std::vector<std::int64_t> x;
      for (const std::int64_t v : random_integers(0, 1, rows * n)) x.push_back(v);
      std::vector<std::int64_t> wanted(x.size());
      for (int r = 0; r < rows; ++r) {
        std::int64_t sum = 0;
        for (int k = 0; k < n; ++k) {
          const int at = r * n + (reverse ? n - 1 - k : k);
          wanted[at] = wrapped(is_float(dtype) ? i64 : dtype, sum += x[at]);
        }
      }
      const CombineCfg c{.d2 = 256, .reverse = reverse, .warps = 2};
      const Tensor y = stream.empty(dtype, {rows, n});
      if (is_float(dtype)) {
        launch(cumsum_kernel, c, floats(dtype, {rows, n}, {x.begin(), x.end()}), y);
        expect_floats(y, {wanted.begin(), wanted.end()});
      } else {
        launch(cumsum_kernel, c, integers(dtype, {rows, n}, x), y);
        expect_integers(y, wanted);
      }
    }
}

TEST_P(ScanWith, SumsOfRealNumbers) {
  const int n = 4000;
  const auto x = random_floats(f32, 3 * n);
  std::vector<double> wanted;
  double largest = 1;
  for (int r = 0; r < 3; ++r) {
    double sum = 0;
    for (int k = 0; k < n; ++k) {
      wanted.push_back(sum += x[r * n + k]);
      largest = std::max(largest, std::abs(sum));
    }
  }
  const Tensor y = stream.empty(f32, {3, n});
  launch(cumsum_kernel, CombineCfg{.d2 = 4096, .warps = 8}, floats(f32, {3, n}, x), y);
  // An element is the sum of at most 5 lanes' halves, 8 warps and 16 registers.
  expect_near(y, wanted, 29 * 0x1p-24 * largest);
}

/// A running state over the iterations of a loop, through the last element of each scan.
void chained_fwd(const CombineCfg& c, In x, Out y) {
  auto [i] = grid({1});
  Tile carry = zeros(i32, {1});
  for (auto j : range(0, cdiv(x.dim(0), c.d2))) {
    const Tile t = x.tiles({c.d2}).load({j});
    const Tile sums = cumsum(t, 0) + carry;
    y.tiles({c.d2}).store(sums, {j});
    carry += sum(t, 0);
  }
}
const auto chained = with_combine_fields(kernel("chained_fwd", chained_fwd, {"x", "y"}));

TEST_P(ScanWith, InALoop) {
  const auto x = random_integers(-9, 9, 1000);
  std::vector<std::int64_t> wanted;
  for (const std::int64_t v : x) wanted.push_back((wanted.empty() ? 0 : wanted.back()) + v);
  const Tensor y = stream.empty(i32, {1000});
  launch(chained, CombineCfg{.d2 = 128, .warps = 4}, integers(i32, {1000}, x), y);
  expect_integers(y, wanted);
}

/// Truth values, in registers, between lanes and in shared memory; and combinations that give one
/// of their arguments, or neither.
void plain_fwd(const CombineCfg& c, In x, Out all_so_far, Out any_at_all, Out first, Out constant) {
  auto [i] = grid({1});
  const Tile t = x.tiles({c.d2}).load({i}), positive = (t > 0).to(i1);
  all_so_far.tiles({c.d2}).store(
      scan(
          positive, 0, [](const Tile& a, const Tile& b) { return a & b; }, c.reverse),
      {i});
  any_at_all.tiles({1}).store(
      reduce(positive, 0, [](const Tile& a, const Tile& b) { return a | b; }), {i});
  first.tiles({c.d2}).store(scan(
                                t, 0, [](const Tile& a, const Tile&) { return a; }, c.reverse),
                            {i});
  constant.tiles({1}).store(reduce(t, 0, [](const Tile&, const Tile&) { return full(i32, {}, 7); }),
                            {i});
}
const auto plain = with_combine_fields(
    kernel("plain_fwd", plain_fwd, {"x", "all_so_far", "any_at_all", "first", "constant"}));

TEST_P(ScanWith, TruthValuesAndPlainArguments) {
  const int n = 1024;
  for (const bool reverse : {false, true})
    for (const int negative : {0, 77, 700, n - 1, -1}) {
      SCOPED_TRACE(negative);
      std::vector<std::int64_t> x, all(n);
      for (int k = 0; k < n; ++k) x.push_back(k == negative ? -1 : k + 1);
      for (int k = 0; k < n; ++k) all[k] = negative < 0 || (reverse ? k > negative : k < negative);
      const Tensor a = stream.empty(i1, {n}), b = stream.empty(i1, {1}), f = stream.empty(i32, {n}),
                   c = stream.empty(i32, {1});
      launch(plain, CombineCfg{.d2 = n, .reverse = reverse, .warps = 4}, integers(i32, {n}, x), a,
             b, f, c);
      expect_integers(a, all);
      expect_integers(b, {1});
      expect_integers(f, std::vector<std::int64_t>(n, reverse ? x.back() : x[0]));
      expect_integers(c, {7});
    }
}

/// Everything that may stand in a combination, on scalars: division, functions, conversions.
void mixed_fwd(const CombineCfg& c, In x, Out y, Out z) {
  auto [i] = grid({1});
  const Tile t = x.tiles({c.d2}).load({i});
  y.tiles({c.d2}).store(scan(t, 0,
                             [](const Tile& a, const Tile& b) {
                               // log(exp(a) + exp(b))
                               const Tile high = max(a, b), low = min(a, b);
                               return high + log(1 + exp(low - high));
                             }),
                        {i});
  const Tile whole = (abs(t) * 100).to(i32) + 1;
  z.tiles({c.d2}).store(scan(whole, 0,
                             [](const Tile& a, const Tile& b) {
                               const Tile larger = max(a, b);
                               return select(larger % 2 == 0, larger / 2 * 2, larger);
                             }),
                        {i});
}
const auto mixed = with_combine_fields(kernel("mixed_fwd", mixed_fwd, {"x", "y", "z"}));

TEST_P(ScanWith, FunctionsAndDivisionsInACombination) {
  const auto x = random_floats(f32, 512);
  std::vector<double> y;
  std::vector<std::int64_t> z;
  double sum = 0;
  for (const double v : x) {
    y.push_back(std::log(sum += std::exp(v)));
    const auto whole = static_cast<std::int64_t>(std::abs(v) * 100) + 1;
    z.push_back(z.empty() ? whole : std::max(z.back(), whole));
  }
  const Tensor out = stream.empty(f32, {512}), whole = stream.empty(i32, {512});
  launch(mixed, CombineCfg{.d2 = 512, .warps = 4}, floats(f32, {512}, x), out, whole);
  expect_near(out, y, 2e-6);
  if (!assembles()) expect_integers(whole, z);
}

}  // namespace
}  // namespace tegula::testing
