// The kernel of the design, both ways: a loop over the row, and the row in one tile.
#include "tests/dsl/helpers.h"

namespace tegula::testing {
namespace {

struct RmsCfg {
  int bn = 1024, warps = 4;
};

void rms_norm_fwd(const RmsCfg& c, In x, In w, Out y, Out rstd, F32 eps) {
  auto [rows, n] = dims2(x);
  require(w, {n}), require(y, {rows, n}), require(rstd, {rows});
  auto [r] = grid({rows});
  auto X = x.tiles({1, c.bn}), Y = y.tiles({1, c.bn});
  auto W = w.tiles({c.bn});

  Tile ss = zeros(f32, {1, c.bn});
  for (auto j : range(0, cdiv(n, c.bn))) {
    auto v = X.load({r, j}).to(f32);
    ss += v * v;
  }
  auto inv = rsqrt(sum(ss, 1) / n.to(f32) + eps);
  rstd.tiles({1}).store(inv.squeeze(), {r});
  for (auto j : range(0, cdiv(n, c.bn))) {
    auto scaled = X.load({r, j}).to(f32) * inv;
    Y.store((scaled * W.load({j}).to(f32)).to(y.dtype()), {r, j});
  }
}
const auto rms_norm = kernel("rms_norm_fwd", rms_norm_fwd, {"x", "weight", "y", "rstd", "eps"})
                          .specialise_dim("x", 1)
                          .sweep("bn", &RmsCfg::bn, {512, 1024, 2048})
                          .sweep("warps", &RmsCfg::warps, {2, 4, 8});

TEST(RmsNorm, LoopsOverTheRow) {
  const auto program = trace(rms_norm,
                             {tensor(bf16, {64, 4096}), tensor(bf16, {4096}),
                              tensor(bf16, {64, 4096}), tensor(f32, {64}), 1e-6f},
                             RmsCfg{.bn = 2048, .warps = 8});
  EXPECT_EQ(to_text(program), R"(kernel rms_norm_fwd(bn=2048, warps=8) warps 8
  in x: tensor<? x 4096 x bf16> strides [4096, 1] align 16
  in weight: tensor<4096 x bf16> strides [1] align 16
  out y: tensor<? x 4096 x bf16> strides [?:16, 1] align 16
  out rstd: tensor<? x f32> strides [1] align 16
  scalar eps: f32
grid [%3]
require weight.dim(0) == %4
require y.dim(0) == %3
require y.dim(1) == %4
require rstd.dim(0) == %3
  %0 = constant 2 : i32
  %1 = constant 4096 : f32
  %2 = scalar eps : f32
  %3 = dim x[0] : i32
  %4 = constant 4096 : i32
  %5 = program_id 0 : i32
  %6 = constant 0 : f32
  %7 = constant 0 : i32
  %8 = view x : view<1x2048xbf16>
  %9 = view rstd : view<1xf32>
  %10 = view weight : view<2048xbf16>
  %11 = view y : view<1x2048xbf16>
  %12 = splat %6 : tile<1x2048xf32>
  %19 = for %13 in [%7, %0) carry (%14 = %12) : tile<1x2048xf32>
    %15 = load %8, %5, %13 : tile<1x2048xbf16>
    %16 = cast %15 : tile<1x2048xf32>
    %17 = mul %16, %16 : tile<1x2048xf32>
    %18 = add %14, %17 : tile<1x2048xf32>
    yield %18
  %20 = reduce sum axis 1 %19 : tile<1x1xf32>
  %21 = splat %1 : tile<1x1xf32>
  %22 = div %20, %21 : tile<1x1xf32>
  %23 = splat %2 : tile<1x1xf32>
  %24 = add %22, %23 : tile<1x1xf32>
  %25 = rsqrt %24 : tile<1x1xf32>
  %26 = reshape %25 : tile<1xf32>
  store %26, %9, %5
  for %27 in [%7, %0)
    %28 = load %8, %5, %27 : tile<1x2048xbf16>
    %29 = cast %28 : tile<1x2048xf32>
    %30 = broadcast %25 : tile<1x2048xf32>
    %31 = mul %29, %30 : tile<1x2048xf32>
    %32 = load %10, %27 : tile<2048xbf16>
    %33 = cast %32 : tile<2048xf32>
    %34 = reshape %33 : tile<1x2048xf32>
    %35 = mul %31, %34 : tile<1x2048xf32>
    %36 = cast %35 : tile<1x2048xbf16>
    store %36, %11, %5, %27
    yield
)");
}

struct RowCfg {
  int bn = 1024;
};

void rms_norm_row(const RowCfg& c, In x, OptIn w, Out y, F32 eps) {
  auto [rows, n] = dims2(x);
  require(y, {rows, n});
  auto [r] = grid({rows});
  auto v = x.tiles({1, c.bn}).load({r, 0}).to(f32);
  auto squares = sum(v * v, 1);
  auto out = v * rsqrt(squares / n.to(f32) + eps);
  if (w) {
    require(w, {n});
    out *= w.tiles({c.bn}).load({0}).to(f32);
  }
  y.tiles({1, c.bn}).store(out.to(y.dtype()), {r, 0});
}
const auto rms_norm_one_tile =
    kernel("rms_norm_row", rms_norm_row, {"x", "weight", "y", "eps"}).field("bn", &RowCfg::bn);

TEST(RmsNorm, RowInOneTileWithADynamicLength) {
  const auto program = trace(rms_norm_one_tile, {tensor(f16, {3, 1000}), tensor(f16, {1000}),
                                                 tensor(f16, {3, 1000}), 1e-6f});
  EXPECT_EQ(program.warps, 4u);
  EXPECT_EQ(body(program), R"(
  %0 = scalar eps : f32
  %1 = dim x[0] : i32
  %2 = dim x[1] : i32
  %3 = program_id 0 : i32
  %4 = constant 0 : i32
  %5 = view x : view<1x1024xf16>
  %6 = view weight : view<1024xf16>
  %7 = view y : view<1x1024xf16>
  %8 = load %5, %3, %4 : tile<1x1024xf16>
  %9 = cast %8 : tile<1x1024xf32>
  %10 = mul %9, %9 : tile<1x1024xf32>
  %11 = reduce sum axis 1 %10 : tile<1x1xf32>
  %12 = cast %2 : f32
  %13 = splat %12 : tile<1x1xf32>
  %14 = div %11, %13 : tile<1x1xf32>
  %15 = splat %0 : tile<1x1xf32>
  %16 = add %14, %15 : tile<1x1xf32>
  %17 = rsqrt %16 : tile<1x1xf32>
  %18 = broadcast %17 : tile<1x1024xf32>
  %19 = mul %9, %18 : tile<1x1024xf32>
  %20 = load %6, %4 : tile<1024xf16>
  %21 = cast %20 : tile<1024xf32>
  %22 = reshape %21 : tile<1x1024xf32>
  %23 = mul %19, %22 : tile<1x1024xf32>
  %24 = cast %23 : tile<1x1024xf16>
  store %24, %7, %3, %4
)");
}

TEST(RmsNorm, AnAbsentWeightLeavesNoTrace) {
  const auto program =
      trace(rms_norm_one_tile, {tensor(f16, {3, 1000}), absent(), tensor(f16, {3, 1000}), 1e-6f});
  EXPECT_THAT(to_text(program), ::testing::HasSubstr("in weight: absent"));
  EXPECT_THAT(body(program), ::testing::Not(::testing::HasSubstr("weight")));
}

}  // namespace
}  // namespace tegula::testing
