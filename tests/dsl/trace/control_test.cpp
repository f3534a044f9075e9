// Branches, while loops, combinations, persistent grids and memory by indices: the Programs.
#include "tests/dsl/helpers.h"

namespace tegula::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

template <auto f>
void around(const NoConfig&, In x, In index, InOut count, Out y) {
  auto [i] = grid({1});
  y.tiles({64}).store(f(x, index, count), {i});
}
template <auto f>
std::string traced() {
  const auto k = kernel("k", around<f>, {"x", "index", "count", "y"});
  const auto program =
      trace(k, {tensor(f32, {640}), tensor(i32, {64}), tensor(i32, {640}), tensor(f32, {64})});
  const auto bytes = serialise(program);
  EXPECT_EQ(serialise(program::deserialise(bytes)), bytes);
  return body(program);
}

TEST(If, MergesWhatEitherSideAssigns) {
  constexpr auto f = [](In x, In, InOut) {
    Tile a = zeros(f32, {64}), b = full(f32, {64}, 1), same = full(f32, {64}, 2);
    if_(
        x.dim(0) > 5, [&] { a += same; }, [&] { b = a * 3; });
    return a + b + same;
  };
  EXPECT_THAT(traced<f>(), HasSubstr(R"(
  %16, %17 = if %12 : tile<64xf32>, tile<64xf32>
    %13 = add %9, %11 : tile<64xf32>
    yield %13, %10
  else
    %14 = splat %7 : tile<64xf32>
    %15 = mul %9, %14 : tile<64xf32>
    yield %9, %15
)"));
}

TEST(If, ATileWithoutAValueGetsOneFromBothSides) {
  constexpr auto f = [](In x, In, InOut) {
    Tile v;
    if_(
        x.dim(0) > 5, [&] { v = zeros(f32, {64}); }, [&] { v = full(f32, {64}, 1); });
    return v;
  };
  EXPECT_THAT(traced<f>(), HasSubstr(" = if "));
}

TEST(If, WithoutEffectItVanishes) {
  constexpr auto f = [](In x, In, InOut) {
    Tile v = zeros(f32, {64});
    if_(x.dim(0) > 5, [&] { (void)(v + 1); });
    return v;
  };
  EXPECT_THAT(traced<f>(), Not(HasSubstr("if ")));
}

TEST(While, ConditionAndBodyHaveTheirOwnArguments) {
  constexpr auto f = [](In x, In, InOut) {
    Tile n = x.dim(0), fixed = full(i32, {}, 3);
    while_([&] { return n > fixed; }, [&] { n = n / 2; });
    return full(f32, {64}, n.to(f32));
  };
  EXPECT_THAT(traced<f>(), HasSubstr(R"(
  %10 = while (%6 = %2) : i32
    %7 = compare gt %6, %3 : i1
    yield %7
  do (%8)
    %9 = div %8, %4 : i32
    yield %9
)"));
}

TEST(Combination, ConstantsStayInside) {
  constexpr auto f = [](In x, In, InOut) {
    auto t = x.tiles({64}).load({0});
    return t + reduce(t, 0, [](Tile a, Tile b) { return a + b * 1 + 0; });
  };
  EXPECT_THAT(traced<f>(), HasSubstr(R"( = reduce_with axis 0 %5 with (%6, %7) : tile<1xf32>
    %8 = constant 1 : f32
    %9 = mul %7, %8 : f32
    %10 = add %6, %9 : f32
    %11 = constant 0 : f32
    %12 = add %10, %11 : f32
    yield %12
)"));
}

TEST(Combination, AScanKnowsItsDirection) {
  constexpr auto f = [](In x, In, InOut) {
    return cumsum(x.tiles({64}).load({0}), 0, true) + cumsum(x.tiles({64}).load({1}), 0);
  };
  const std::string text = traced<f>();
  EXPECT_THAT(text, HasSubstr("scan_with axis 0 reverse %"));
  EXPECT_THAT(text, HasSubstr("scan_with axis 0 %"));
}

TEST(Reduce, Kinds) {
  constexpr auto f = [](In x, In, InOut) {
    auto t = x.tiles({64}).load({0});
    auto yes = any(t > 0, 0) & all(t < 9, 0);
    return select(yes, reduce_max(t, 0), reduce_min(t, 0)).expand({64});
  };
  const std::string text = traced<f>();
  for (const char* kind : {"max", "min", "bit_or", "bit_and"})
    EXPECT_THAT(text, HasSubstr(std::string("= reduce ") + kind + " axis 0 %"));
}

TEST(Indexed, GatherBroadcastsItsOperands) {
  constexpr auto f = [](In x, In index, InOut) {
    auto k = index.tiles({64}).load({0});
    return x.gather({k}, k < 640, -1);
  };
  EXPECT_THAT(traced<f>(), HasSubstr(" = gather x %"));
  constexpr auto scalar = [](In x, In, InOut) {
    const Tile one = x.gather({x.dim(0) - 1});
    EXPECT_EQ(one.rank(), 0);
    return full(f32, {64}, one);
  };
  EXPECT_THAT(traced<scalar>(), HasSubstr(" = gather x %"));
}

TEST(Indexed, ScatterAndAtomics) {
  constexpr auto f = [](In, In index, InOut count) {
    auto k = index.tiles({64}).load({0});
    count.scatter(7, {k}, k >= 0);
    count.atomic_add(1, {k});
    Tile old = count.atomic_max(
        k, {k.to(i64)},
        {.mask = k > 3, .order = MemoryOrder::acq_rel, .scope = MemoryScope::system});
    old += count.atomic_compare_exchange(0, k, {k}, {.scope = MemoryScope::block});
    return old.to(f32);
  };
  const std::string text = traced<f>();
  EXPECT_THAT(text, HasSubstr("  scatter count %"));
  EXPECT_THAT(text, HasSubstr(" = atomic add count relaxed device %"));
  EXPECT_THAT(text, HasSubstr(" = atomic max count acq_rel system %"));
  EXPECT_THAT(text, HasSubstr(" = atomic_cas count relaxed block %"));
}

TEST(Narrow, IsPartOfTheView) {
  constexpr auto f = [](In x, In index, InOut) {
    auto start = index.gather({0}), length = index.gather({1}) - start;
    auto X = x.narrow(0, start, length).tiles({64});
    Tile total = zeros(f32, {64});
    for (auto j : range(0, cdiv(length, 64))) total += X.load({j});
    return total;
  };
  EXPECT_THAT(traced<f>(), HasSubstr("= view x narrow 0 %"));
}

TEST(Message, TextsAreKeptOnce) {
  constexpr auto f = [](In x, In, InOut) {
    auto t = x.tiles({64}).load({0});
    print("row {} of {{{}}}", t, t > 0);
    assert_that(t < 9, "t is \"small\"");
    for (auto j : range(0, 2)) assert_that(j < 2, "t is \"small\"");
    return t;
  };
  const std::string text = traced<f>();
  EXPECT_THAT(text, HasSubstr(R"(  print "row {} of {{{}}}" %)"));
  EXPECT_THAT(text, HasSubstr(R"(  assert_that "t is \"small\"" %)"));
}

void persistent(const NoConfig&, In x, Out y) {
  auto [m, n] = dims2(x);
  for (auto [i, j] : grid_persistent({cdiv(m, 8), cdiv(n, 64)}, 132))
    y.tiles({8, 64}).store(x.tiles({8, 64}).load({i, j}), {i, j});
}
TEST(Persistent, SharesOutTheTiles) {
  const auto k = kernel("persistent", persistent, {"x", "y"});
  const auto program = trace(k, {tensor(f32, {80, 640}), tensor(f32, {80, 640})});
  EXPECT_EQ(program.grid.size(), 1u);
  const std::string text = body(program);
  EXPECT_THAT(text, HasSubstr(" = num_programs 0 : i32"));
  EXPECT_THAT(text, HasSubstr(" = minimum %"));
  EXPECT_THAT(text, HasSubstr("  for %"));
  EXPECT_THAT(text, HasSubstr(" = rem %"));
}

}  // namespace
}  // namespace tegula::testing
