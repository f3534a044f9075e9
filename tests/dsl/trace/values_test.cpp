// What the tracer composes, by values.
#include <cmath>

#include "tests/dsl/helpers.h"
#include "tests/dsl/trace/interpreter.h"

namespace tegula::testing {
namespace {

using ::testing::ElementsAre;

/// y = f(x) of one tile.
template <auto f, int m, int n>
void apply(const NoConfig&, In x, Out y) {
  auto [i] = grid({1});
  const Tile t = f(x.tiles({m, n}).load({i, 0}));
  EXPECT_EQ(t.rank(), 2);
  y.tiles(t.shape()).store(t.to(y.dtype()), {i, 0});
}
template <auto f, int m, int n>
Values run(const Values& x, DType out = f32, DType in = f32) {
  const auto k = kernel("k", apply<f, m, n>, {"x", "y"});
  std::map<std::string, Values> tensors = {{"x", x}, {"y", {}}};
  interpret(trace(k, {tensor(in, {m, n}), tensor(out, {m, n})}), tensors);
  return tensors["y"];
}

constexpr double inf = std::numeric_limits<double>::infinity();
const double nan = std::nan("");

TEST(Values, SigmoidOverflowsNowhere) {
  constexpr auto f = [](Tile t) { return sigmoid(t); };
  const Values x = {-inf, -1000, -20, -1, 0, 1, 1000, inf};
  const Values y = run<f, 1, 8>(x);
  EXPECT_EQ(y[0], 0);
  EXPECT_NEAR(y[2] * std::exp(20.0), 1, 1e-6);
  EXPECT_NEAR(y[3], 1 / (1 + std::exp(1.0)), 1e-7);
  EXPECT_EQ(y[4], 0.5);
  EXPECT_EQ(y[6], 1);
  EXPECT_EQ(y[7], 1);
  EXPECT_TRUE(std::isnan(run<f, 1, 2>({nan, 0})[0]));
}

TEST(Values, Clamp) {
  constexpr auto f = [](Tile t) { return clamp(t, -1, 2.5); };
  EXPECT_THAT((run<f, 1, 4>({-7, 0.5, 3, inf})), ElementsAre(-1, 0.5, 2.5, 2.5));
}

TEST(Values, ArgmaxGivesTheFirst) {
  constexpr auto where = [](Tile t) { return argmax(t, 1).index; };
  constexpr auto value = [](Tile t) { return argmax(t, 1).value; };
  const Values x = {1, 5, 2, 5, -inf, -inf, -inf, -inf};
  EXPECT_THAT((run<where, 2, 4>(x, i32)), ElementsAre(1, 0));
  EXPECT_THAT((run<value, 2, 4>(x)), ElementsAre(5, -inf));
}
TEST(Values, ArgminAlongAnotherAxis) {
  constexpr auto where = [](Tile t) { return argmin(t, 0).index; };
  EXPECT_THAT((run<where, 4, 2>({3, 0, 1, 0, 1, 9, 2, -4}, i32)), ElementsAre(1, 3));
}
TEST(Values, NanWinsLikeNumpys) {
  constexpr auto most = [](Tile t) { return argmax(t, 1).index; };
  constexpr auto least = [](Tile t) { return argmin(t, 1).index; };
  const Values x = {inf, nan, -inf, nan};
  EXPECT_THAT((run<most, 1, 4>(x, i32)), ElementsAre(1));
  EXPECT_THAT((run<least, 1, 4>(x, i32)), ElementsAre(1));
}

TEST(Values, CumsumBothWays) {
  constexpr auto f = [](Tile t) { return cumsum(t, 1); };
  constexpr auto g = [](Tile t) { return cumsum(t, -1, true); };
  EXPECT_THAT((run<f, 1, 4>({1, 2, 3, 4})), ElementsAre(1, 3, 6, 10));
  EXPECT_THAT((run<g, 1, 4>({1, 2, 3, 4})), ElementsAre(10, 9, 7, 4));
}

TEST(Values, ScanOfPairs) {
  // The recurrence h = a h + x, as a scan of the pairs (a, x).
  constexpr auto f = [](Tile t) {
    auto [a, h] = scan({full(f32, {}, 0.5), t}, 1, [](auto left, auto right) {
      auto [a1, x1] = left;
      auto [a2, x2] = right;
      return std::array{a1 * a2, a2 * x1 + x2};
    });
    (void)a;
    return h;
  };
  EXPECT_THAT((run<f, 1, 4>({8, 8, 8, 8})), ElementsAre(8, 12, 14, 15));
}

/// Mean and sum of squared deviations of a row (Chan, Golub, LeVeque 1979), and its length.
std::array<Tile, 3> welford(const Tile& x, int axis) {
  return reduce({x, zeros(f32, x.shape()), full(f32, x.shape(), 1)}, axis, [](auto a, auto b) {
    auto [mean_a, m2_a, n_a] = a;
    auto [mean_b, m2_b, n_b] = b;
    auto n = n_a + n_b, delta = mean_b - mean_a;
    return std::array{mean_a + delta * (n_b / n), m2_a + m2_b + delta * delta * (n_a * n_b / n), n};
  });
}
TEST(Values, WelfordsVariance) {
  constexpr auto f = [](Tile t) {
    auto [mean, m2, n] = welford(t, 1);
    return m2 / n + 0 * mean;
  };
  EXPECT_THAT((run<f, 1, 4>({10001, 10002, 10003, 10004})), ElementsAre(1.25));
}

TEST(Values, TransposeJoinSplitCat) {
  constexpr auto transposed = [](Tile t) { return t.T(); };
  EXPECT_THAT((run<transposed, 2, 2>({1, 2, 3, 4})), ElementsAre(1, 3, 2, 4));
  constexpr auto swapped = [](Tile t) {
    auto [even, odd] = split(t.reshape({1, 2, 2}));
    return join(odd, even).reshape({1, 4});
  };
  EXPECT_THAT((run<swapped, 1, 4>({1, 2, 3, 4})), ElementsAre(2, 1, 4, 3));
  constexpr auto cat_rows = [](Tile t) { return cat(t, t * 10, 0).reshape({1, 8}); };
  EXPECT_THAT((run<cat_rows, 2, 2>({1, 2, 3, 4})), ElementsAre(1, 2, 3, 4, 10, 20, 30, 40));
  constexpr auto cat_columns = [](Tile t) { return cat(t, t * 10, 1).reshape({1, 8}); };
  EXPECT_THAT((run<cat_columns, 2, 2>({1, 2, 3, 4})), ElementsAre(1, 2, 10, 20, 3, 4, 30, 40));
}

TEST(Values, WhileAndIf) {
  // The steps that Collatz's sequence takes from 6 to 1.
  constexpr auto f = [](Tile t) {
    Tile n = full(i32, {}, 6), steps = full(i32, {}, 0);
    while_([&] { return n != 1; },
           [&] {
             if_(
                 n % 2 == 0, [&] { n = n / 2; }, [&] { n = n * 3 + 1; });
             steps += 1;
           });
    return t + steps.to(f32);
  };
  EXPECT_THAT((run<f, 1, 1>({0})), ElementsAre(8));
}

/// The known answers of Random123 for ten rounds; for seven, those of docs of the same source.
Values philox(const Values& key, const Values& counter, int rounds) {
  static Values k, c;
  static int r;
  k = key, c = counter, r = rounds;
  constexpr auto f = [](Tile) {
    std::vector<Tile> w;
    for (const double v : {k[0], k[1], c[0], c[1], c[2], c[3]})
      w.push_back(full(u32, {1, 1}, static_cast<std::uint32_t>(v)));
    auto [a, b, d, e] = philox4x32(w[0], w[1], w[2], w[3], w[4], w[5], r);
    return cat(cat(a, b, 1), cat(d, e, 1), 1);
  };
  return run<f, 1, 1>({0}, u32);
}
TEST(Values, PhiloxKnownAnswers) {
  const double ones = 0xffffffff;
  EXPECT_THAT(philox({0, 0}, {0, 0, 0, 0}, 10),
              ElementsAre(0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8));
  EXPECT_THAT(philox({ones, ones}, {ones, ones, ones, ones}, 10),
              ElementsAre(0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd));
  EXPECT_THAT(
      philox({0xa4093822, 0x299f31d0}, {0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, 10),
      ElementsAre(0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1));
  EXPECT_THAT(philox({0, 0}, {0, 0, 0, 0}, 7),
              ElementsAre(0x5f6fb709, 0x0d893f64, 0x4f121f81, 0x4f730a48));
}

}  // namespace
}  // namespace tegula::testing
