// The compiled function's parameters and the launch record.
#include "dsl/program/abi.h"

#include "tests/dsl/helpers.h"

namespace tegula::testing {
namespace {

using format::KernelParameter;
using Source = KernelParameter::Source;

struct Cfg {
  int warps = 8;
};

void sample(const Cfg&, In x, OptIn w, F32 eps, Out y) {
  auto [m, n] = dims2(x);
  require(y, {m, n * 2 + 1 - m % 3});
  auto [i, j] = grid({cdiv(m, 8) * max(n, 1), min(n, m) / 2});
  y.tiles({8, 64}).store(x.tiles({8, 64}).load({i, j}) * eps, {i, j});
  if (w) require(w, {n});
}
program::Program sampled(bool weighted) {
  const auto k = kernel("sample", sample, {"x", "w", "eps", "y"})
                     .field("warps", &Cfg::warps)
                     .specialise_dim("y", 1);
  return trace(k, {tensor(f32, {64, 100}), weighted ? tensor(f32, {100}) : absent(), 0.5f,
                   tensor(f32, {64, 200})});
}

TEST(Abi, ParametersFollowTheArguments) {
  const std::vector<KernelParameter> expected = {
      {Source::pointer, 0, 0, DType::i64}, {Source::extent, 0, 0, DType::i32},
      {Source::extent, 0, 1, DType::i32},  {Source::stride, 0, 0, DType::i64},
      {Source::scalar, 2, 0, DType::f32},  {Source::pointer, 3, 0, DType::i64},
      {Source::extent, 3, 0, DType::i32},
  };
  EXPECT_EQ(kernel_parameters(sampled(false)), expected);
  EXPECT_EQ(kernel_parameters(sampled(true)).size(), expected.size() + 2);  // w, w.dim(0)
}

TEST(Abi, LaunchRecord) {
  const format::LaunchRecord record = launch_record(sampled(false));
  EXPECT_EQ(record.function, "sample");
  EXPECT_EQ(record.threads, 256u);
  ASSERT_EQ(record.arguments.size(), 4u);
  EXPECT_EQ(record.arguments[1].kind, format::ArgumentRecord::Kind::absent_tensor);
  EXPECT_EQ(record.arguments[3].access, format::ArgumentRecord::Access::out);
  EXPECT_EQ(record.arguments[3].rank, 2u);
  const auto extent = [](std::uint32_t argument, std::uint32_t dimension) -> std::int64_t {
    return argument == 0 ? (dimension == 0 ? 65 : 100) : -1;
  };
  EXPECT_EQ(evaluate(record.grid[0], extent, 1), 9 * 100);
  EXPECT_EQ(evaluate(record.grid[1], extent, 1), 32);
  EXPECT_EQ(evaluate(record.grid[2], extent, 1), 1);
  ASSERT_EQ(record.requirements.size(), 2u);
  EXPECT_EQ(record.requirements[1].argument, 3u);
  EXPECT_EQ(record.requirements[1].dimension, 1u);
  EXPECT_EQ(evaluate(record.requirements[1].extent, extent, 1), 201 - 65 % 3);
}

void doubling(const NoConfig&, In x) {
  Tile n = x.dim(0);
  for (int i = 0; i < 40; ++i) n += n;
  auto [i] = grid({n});
  (void)i;
}

TEST(Abi, AFormulaWithoutEndIsAnError) {
  const auto k = kernel("doubling", doubling, {"x"});
  const Error error = error_of([&] { trace(k, {tensor(f32, {64})}); });
  EXPECT_THAT(error.what(),
              ::testing::HasSubstr("a formula of grid, require or workspace is too long"));
}

}  // namespace
}  // namespace tegula::testing
