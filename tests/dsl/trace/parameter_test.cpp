// Tensors, views, optional tensors, requirements.
#include "tests/dsl/helpers.h"

namespace tegula::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

void padded(const NoConfig&, In x, InOut y) {
  auto [m, n] = dims2(x);
  require(y, {m, n});
  auto [i, j] = grid({cdiv(m, 8), cdiv(n, 64)});
  auto Y = y.tiles({8, 64}).in_bounds();
  auto v = x.tiles({8, 64}).pad(-2.5).load({i, j});
  Y.store(v + Y.load({i, j}), {i, j});
}

TEST(View, PadAndPromiseAreRecorded) {
  const auto k = kernel("padded", padded, {"x", "y"});
  const auto program = trace(k, {tensor(f32, {100, 100}), tensor(f32, {100, 100})});
  EXPECT_THAT(body(program), HasSubstr("view x pad -2.5 : view<8x64xf32>"));
  EXPECT_THAT(body(program), HasSubstr("view y in_bounds : view<8x64xf32>"));
  EXPECT_THAT(to_text(program), HasSubstr("  inout y: tensor<"));
}

void two_views(const NoConfig&, In x, Out y) {
  auto [i] = grid({1});
  for (auto j : range(0, 4)) y.tiles({64}).store(x.tiles({64}).load({j}), {i});
  y.tiles({64}).store(x.tiles({64}).load({i}), {i});
}

TEST(View, OneViewIsMadeOnceAboveTheLoops) {
  const auto k = kernel("two_views", two_views, {"x", "y"});
  const std::string text = body(trace(k, {tensor(f32, {256}), tensor(f32, {64})}));
  EXPECT_EQ(text.find("view x"), text.rfind("view x"));
  EXPECT_LT(text.find("view x"), text.find("for "));
}

void stores(const NoConfig&, Out y) {
  auto [i] = grid({1});
  y.tiles({8, 64}).store(iota(f32, 64), {i, 0});
  y.tiles({8, 64}).store(1, {i, 1});
}

TEST(View, AStoreBroadcasts) {
  const auto k = kernel("stores", stores, {"y"});
  const std::string text = body(trace(k, {tensor(f32, {8, 128})}));
  EXPECT_THAT(text, HasSubstr("= broadcast %"));
  EXPECT_THAT(text, HasSubstr("= splat %"));
}

void optional(const NoConfig&, In x, OptIn bias, OptOut copy, Out y) {
  auto [i] = grid({1});
  auto v = x.tiles({64}).load({i});
  if (bias) v += bias.tiles({64}).load({i});
  if (copy) copy.tiles({64}).store(v, {i});
  y.tiles({64}).store(v, {i});
}

TEST(Optional, PresenceSpecialises) {
  const auto k = kernel("optional", optional, {"x", "bias", "copy", "y"});
  const auto t = tensor(f32, {64});
  const std::string all = to_text(trace(k, {t, t, t, t}));
  const std::string none = to_text(trace(k, {t, absent(), absent(), t}));
  EXPECT_THAT(all, HasSubstr("= view bias"));
  EXPECT_THAT(all, HasSubstr("= view copy"));
  EXPECT_THAT(none, HasSubstr("  in bias: absent\n  out copy: absent\n"));
  EXPECT_THAT(none, Not(HasSubstr("view bias")));
}

void required(const NoConfig&, In x, In w, Out y) {
  auto [n] = dims1(x);
  auto before = w.dim(0);
  require(w, {n}), require(y, {before + 0});
  auto [i] = grid({1});
  y.tiles({64}).store(w.dim(0).to(f32) + before.to(f32), {i});
}

TEST(Require, AKnownExtentBecomesTheTensors) {
  const auto k = kernel("required", required, {"x", "w", "y"}).specialise_dim("x", 0);
  const std::string text =
      to_text(trace(k, {tensor(f32, {64}), tensor(f32, {64}), tensor(f32, {64})}));
  EXPECT_THAT(text, HasSubstr("in w: tensor<64 x f32>"));
  EXPECT_THAT(text, Not(HasSubstr("= dim")));
}

TEST(Require, AnExtentKnownToDifferIsAnErrorOfTheCaller) {
  const auto k =
      kernel("required", required, {"x", "w", "y"}).specialise_dim("x", 0).specialise_dim("w", 0);
  const Error error = error_of([&] {
    trace(k, {tensor(f32, {64}), tensor(f32, {32}), tensor(f32, {64})});
  });
  EXPECT_EQ(error.code(), ErrorCode::invalid_argument);
  EXPECT_THAT(error.what(),
              HasSubstr("required: w: dimension 0 has the wrong extent (got 32; wanted 64)"));
}

void scalars(const NoConfig&, Out y, F32 a, F64 b, I32 c, I64 d, U32 e, U64 f) {
  auto [i] = grid({1});
  auto total = a + b.to(f32) + c.to(f32) + d.to(f32) + e.to(f32) + f.to(f32);
  y.tiles({64}).store(total, {i});
}

TEST(Scalars, EachHasItsDtype) {
  const auto k = kernel("scalars", scalars, {"y", "a", "b", "c", "d", "e", "f"});
  const auto program = trace(k, {tensor(f32, {64}), 1.0f, 2.0, std::int32_t{3}, std::int64_t{4},
                                 std::uint32_t{5}, std::uint64_t{6}});
  EXPECT_THAT(to_text(program), HasSubstr("  scalar a: f32\n  scalar b: f64\n  scalar c: i32\n"
                                          "  scalar d: i64\n  scalar e: u32\n  scalar f: u64\n"));
}

void static_dims(const NoConfig&, In x, Out y) {
  auto [i] = grid({1});
  EXPECT_EQ(x.static_dim(-1), 64);
  EXPECT_EQ(x.rank(), 2);
  EXPECT_EQ(x.dtype(), bf16);
  auto d = x.static_dim(1);
  y.tiles({1, d}).store(x.tiles({1, d}).load({i, 0}), {i, 0});
}

TEST(Tensor, StaticDimIsAHostNumber) {
  const auto k = kernel("static_dims", static_dims, {"x", "y"}).specialise_dim("x", -1);
  trace(k, {tensor(bf16, {3, 64}), tensor(bf16, {3, 64})});
}

}  // namespace
}  // namespace tegula::testing
