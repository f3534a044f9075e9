// Traced loops: what is carried, what is pruned.
#include <utility>

#include "tests/dsl/helpers.h"

namespace tegula::testing {
namespace {

// A loop over x.dim(0) around what the test traces; the result goes to y.
template <auto f>
void around(const NoConfig&, In x, Out y) {
  auto [i] = grid({1});
  y.tiles({64}).store(f(x, i), {i});
}
template <auto f>
std::string traced() {
  const auto k = kernel("k", around<f>, {"x", "y"});
  return body(trace(k, {tensor(f32, {640}), tensor(f32, {64})}));
}

TEST(Loop, CarriesWhatIsAssignedAndPrunesTheRest) {
  constexpr auto f = [](In x, Tile) {
    Tile a = zeros(f32, {64}), b = full(f32, {64}, 2), untouched = full(f32, {64}, 3);
    for (auto j : range(0, x.dim(0))) a += x.tiles({64}).load({j}) * untouched;
    return a + b;
  };
  EXPECT_EQ(traced<f>(), R"(
  %0 = constant 1 : i32
  %1 = program_id 0 : i32
  %2 = constant 0 : f32
  %3 = constant 2 : f32
  %4 = constant 3 : f32
  %5 = dim x[0] : i32
  %6 = constant 0 : i32
  %7 = view x : view<64xf32>
  %8 = view y : view<64xf32>
  %9 = splat %2 : tile<64xf32>
  %10 = splat %3 : tile<64xf32>
  %11 = splat %4 : tile<64xf32>
  %17 = for %12 in [%6, %5) carry (%13 = %9) : tile<64xf32>
    %14 = load %7, %12 : tile<64xf32>
    %15 = mul %14, %11 : tile<64xf32>
    %16 = add %13, %15 : tile<64xf32>
    yield %16
  %18 = add %17, %10 : tile<64xf32>
  store %18, %8, %1
)");
}

TEST(Loop, NestedLoopsCarryThroughBoth) {
  constexpr auto f = [](In x, Tile) {
    Tile a = zeros(f32, {64}), b = zeros(f32, {64});
    for (auto j : range(0, x.dim(0))) {
      for (auto k : range(j, 8)) a += x.tiles({64}).load({k});
      b = b + a;
    }
    return b;
  };
  EXPECT_EQ(traced<f>(), R"(
  %0 = constant 1 : i32
  %1 = program_id 0 : i32
  %2 = constant 0 : f32
  %3 = dim x[0] : i32
  %4 = constant 0 : i32
  %5 = constant 8 : i32
  %6 = view x : view<64xf32>
  %7 = view y : view<64xf32>
  %8 = splat %2 : tile<64xf32>
  %9 = splat %2 : tile<64xf32>
  %19, %20 = for %10 in [%4, %3) carry (%11 = %8, %12 = %9) : tile<64xf32>, tile<64xf32>
    %17 = for %13 in [%10, %5) carry (%14 = %11) : tile<64xf32>
      %15 = load %6, %13 : tile<64xf32>
      %16 = add %14, %15 : tile<64xf32>
      yield %16
    %18 = add %12, %17 : tile<64xf32>
    yield %17, %18
  store %20, %7, %1
)");
}

TEST(Loop, SwapCarriesBoth) {
  constexpr auto f = [](In x, Tile) {
    Tile a = zeros(f32, {64}), b = full(f32, {64}, 1);
    for (auto j : range(0, x.dim(0))) {
      (void)j;
      std::swap(a, b);
    }
    return a;
  };
  const std::string text = traced<f>();
  EXPECT_THAT(text, ::testing::HasSubstr("carry (%10 = %7, %11 = %8)"));
  EXPECT_THAT(text, ::testing::HasSubstr("yield %11, %10"));
}

TEST(Loop, AssignmentFromTheSameUnchangedValueIsPruned) {
  constexpr auto f = [](In x, Tile) {
    Tile a = zeros(f32, {64});
    Tile b = a;
    for (auto j : range(0, x.dim(0))) {
      (void)j;
      b = a;
    }
    return b;
  };
  EXPECT_THAT(traced<f>(), ::testing::Not(::testing::HasSubstr("for")));
}

TEST(Loop, AssignmentFromAnotherUnchangedValueIsCarried) {
  // After no iteration at all b is still 1.
  constexpr auto f = [](In x, Tile) {
    Tile a = zeros(f32, {64}), b = full(f32, {64}, 1);
    for (auto j : range(0, x.dim(0))) {
      (void)j;
      b = a;
    }
    return b;
  };
  EXPECT_THAT(traced<f>(), ::testing::HasSubstr("carry (%10 = %8) : tile<64xf32>\n    yield %7\n"));
}

TEST(Loop, ContinueAndHostLoopsAreFree) {
  constexpr auto f = [](In x, Tile) {
    Tile a = zeros(f32, {64});
    for (int i = 0; i < 2; ++i)
      for (auto j : range(0, x.dim(0))) {
        a += 1;
        if (i == 0) continue;
        a += x.tiles({64}).load({j});
      }
    return a;
  };
  const std::string text = traced<f>();
  std::size_t loops = 0;
  for (std::size_t at = 0; (at = text.find("for ", at)) != std::string::npos; ++at) ++loops;
  EXPECT_EQ(loops, 2u);
}

TEST(Loop, MasksAndScalarsAreCarriedToo) {
  constexpr auto f = [](In x, Tile i) {
    Mask seen = iota(64) < 0;
    Tile count = i;
    for (auto j : range(0, x.dim(0))) {
      seen |= iota(64) == j;
      count += 1;
    }
    return select(seen, count.to(f32), 0.f);
  };
  EXPECT_THAT(traced<f>(), ::testing::HasSubstr("yield"));
  EXPECT_THAT(traced<f>(), ::testing::HasSubstr(": tile<64xi1>, i32\n"));
}

TEST(Loop, AVectorOfTilesIsCarried) {
  constexpr auto f = [](In x, Tile) {
    std::vector<Tile> a(2, zeros(f32, {64}));
    for (auto j : range(0, x.dim(0)))
      for (Tile& t : a) t += x.tiles({64}).load({j});
    return a[0] + a[1];
  };
  EXPECT_THAT(traced<f>(), ::testing::HasSubstr("tile<64xf32>, tile<64xf32>"));
}

}  // namespace
}  // namespace tegula::testing
