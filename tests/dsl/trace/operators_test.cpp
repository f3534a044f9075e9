// Operators, broadcasting, literals, conversions and shapes.
#include "tests/dsl/helpers.h"

namespace tegula::testing {
namespace {

/// f makes a tile of (8, 64) or smaller from a tile of (8, 64) and an i32 one of (64); the text
/// starts behind the loads.
template <auto f>
void store_of(const NoConfig&, In x, In index, Out y) {
  auto [i] = grid({1});
  auto t = x.tiles({8, 64}).load({i, 0});
  auto k = index.tiles({64}).load({i});
  y.tiles({8, 64}).store(f(t, k).to(y.dtype()), {i, 0});
}
template <auto f>
std::string traced() {
  const auto k = kernel("k", store_of<f>, {"x", "index", "y"});
  const std::string text =
      body(trace(k, {tensor(f32, {8, 64}), tensor(i32, {64}), tensor(f32, {8, 64})}));
  return text;
}
using ::testing::HasSubstr;
using ::testing::Not;

TEST(Operators, ALiteralTakesTheDtypeOfTheTile) {
  EXPECT_THAT((traced<[](Tile t, Tile) { return 2 * t; }>()), HasSubstr("constant 2 : f32"));
  EXPECT_THAT((traced<[](Tile, Tile k) { return k + 3; }>()), HasSubstr("constant 3 : i32"));
  EXPECT_THAT((traced<[](Tile t, Tile) { return t.to(f16) * 0.5; }>()),
              HasSubstr("constant 0.5 : f16"));
}

TEST(Operators, OneF32LiteralIsOneConstant) {
  const std::string text = traced<[](Tile t, Tile) { return t * 0.1 + 0.1f; }>();
  EXPECT_EQ(text.find("constant 0.1"), text.rfind("constant 0.1"));
}

TEST(Operators, BroadcastingIsSpelledOut) {
  const std::string text = traced<[](Tile t, Tile k) { return t + k.to(f32); }>();
  EXPECT_THAT(text, HasSubstr("= reshape %8 : tile<1x64xf32>"));
  EXPECT_THAT(text, HasSubstr("= broadcast %9 : tile<8x64xf32>"));
  EXPECT_THAT(text, HasSubstr("= add %6, %10 : tile<8x64xf32>"));
}

TEST(Operators, EachHasItsInstruction) {
  EXPECT_THAT((traced<[](Tile t, Tile) { return t - t; }>()), HasSubstr("= sub %"));
  EXPECT_THAT((traced<[](Tile t, Tile) { return t / t; }>()), HasSubstr("= div %"));
  EXPECT_THAT((traced<[](Tile, Tile k) { return k % 3; }>()), HasSubstr("= rem %"));
  EXPECT_THAT((traced<[](Tile t, Tile) { return -t; }>()), HasSubstr("= neg %"));
  EXPECT_THAT((traced<[](Tile, Tile k) { return (k & 1) | (k ^ 2); }>()), HasSubstr("= bit_or %"));
  EXPECT_THAT((traced<[](Tile t, Tile) { return min(t, 0) + max(1, t); }>()),
              HasSubstr("= maximum %"));
  EXPECT_THAT((traced<[](Tile t, Tile) { return sqrt(abs(t)); }>()), HasSubstr("= sqrt %"));
  EXPECT_THAT((traced<[](Tile t, Tile) { return fma(t, 2, 1.0); }>()), HasSubstr("= fma %"));
  EXPECT_THAT((traced<[](Tile, Tile k) { return cdiv(k, 7); }>()), HasSubstr("= cdiv %"));
}

TEST(Operators, CompoundAssignmentRebinds) {
  const std::string text = traced<[](Tile t, Tile) {
    Tile copy = t;
    copy += 1, copy -= 2, copy *= 3, copy /= 4;
    return copy + t;
  }>();
  EXPECT_THAT(text, HasSubstr("= div "));
  EXPECT_THAT(text, HasSubstr("= add %17, %9 "));  // t is still the load
}

TEST(Operators, MasksCombineAndSelect) {
  const std::string text = traced<[](Tile t, Tile k) {
    auto ok = (t > 0) & !(t >= 1) & (k != 5);
    return select(ok | (k == 2), t, 0.f);
  }>();
  EXPECT_THAT(text, HasSubstr("compare gt"));
  EXPECT_THAT(text, HasSubstr("= bit_xor "));
  EXPECT_THAT(text, HasSubstr(": tile<8x64xi1>"));
  EXPECT_THAT(text, HasSubstr("= select "));
}

TEST(Operators, SelectOfTwoLiteralsIsF32OrI32) {
  EXPECT_THAT((traced<[](Tile t, Tile) { return select(t > 0, 1.f, 0); }>()),
              HasSubstr("constant 1 : f32"));
  EXPECT_THAT((traced<[](Tile t, Tile) { return select(t > 0, 1, 0); }>()),
              HasSubstr("constant 1 : i32"));
}

TEST(Operators, AMaskConvertsToNumbers) {
  EXPECT_THAT((traced<[](Tile t, Tile) { return (t > 0).to(f32); }>()),
              HasSubstr("= cast %8 : tile<8x64xf32>"));
}

TEST(Shapes, ReshapeSqueezeUnsqueezeExpand) {
  const std::string text = traced<[](Tile t, Tile k) {
    EXPECT_EQ(t.reshape({64, 8}).shape(), (Dims{64, 8}));
    EXPECT_EQ(k.unsqueeze(0).shape(), (Dims{1, 64}));
    EXPECT_EQ(k.unsqueeze(-1).shape(), (Dims{64, 1}));
    EXPECT_EQ(k.unsqueeze(1).squeeze().shape(), (Dims{64}));
    EXPECT_EQ(sum(sum(t, 0), -1).squeeze().rank(), 0);
    return k.expand({8, 64});
  }>();
  EXPECT_THAT(text, HasSubstr(" = broadcast "));
}

TEST(Shapes, ASqueezedTileGrowsBackWithoutAScalar) {
  const std::string text = traced<[](Tile t, Tile) { return t * sum(sum(t, 0), 1).squeeze(); }>();
  EXPECT_THAT(text, Not(HasSubstr("splat")));
  EXPECT_THAT(text, Not(HasSubstr("reshape")));
}

TEST(Shapes, MakingTiles) {
  const std::string text = traced<[](Tile, Tile) {
    auto i = iota(8).unsqueeze(1) + iota(i64, 64).to(i32);
    return full(f32, {8, 64}, 1.5) + i.to(f32) + zeros(f32, {64});
  }>();
  EXPECT_THAT(text, HasSubstr("= iota : tile<8xi32>"));
  EXPECT_THAT(text, HasSubstr("constant 1.5 : f32"));
}

TEST(Shapes, ConvertingToTheSameDtypeIsFree) {
  EXPECT_THAT((traced<[](Tile t, Tile) { return t.to(f32); }>()), Not(HasSubstr("cast")));
}

TEST(Folding, HostAndTracedArithmeticOnConstants) {
  static_assert(cdiv(4097, 1024) == 5);
  const std::string text = traced<[](Tile t, Tile) {
    Tile n = full(i32, {}, 4096);
    for (auto j : range(0, cdiv(n, 1024) * 2 - 1 % n)) t += j.to(f32);
    return t;
  }>();
  EXPECT_THAT(text, HasSubstr("constant 7 : i32"));
  EXPECT_THAT(text, Not(HasSubstr("cdiv")));
}

TEST(Folding, OverflowIsLeftToTheKernel) {
  const std::string text = traced<[](Tile t, Tile) {
    Tile n = full(i32, {}, 0x7fffffff);
    return t + (n + 1).to(f32);
  }>();
  EXPECT_THAT(text, HasSubstr("= add "));
  EXPECT_THAT(text, HasSubstr(" : i32"));
}

}  // namespace
}  // namespace tegula::testing
