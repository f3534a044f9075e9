#include "ops/reference/accuracy.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "ops/reference/rms_norm.h"

namespace tegula::reference {
namespace {

using Doubles = std::vector<double>;
constexpr double infinity = std::numeric_limits<double>::infinity();
const double nan = std::nan("");

TEST(Accuracy, IsTwicePlainPlusOneUlp) {
  // bf16 at 3: the ulp is 2^-6.
  const Accuracy a = compare(Doubles{1.0, 3.01}, Doubles{1.001, 3}, Doubles{1, 3.002}, DType::bf16);
  EXPECT_DOUBLE_EQ(a.max_error, 3.01 - 3);
  EXPECT_DOUBLE_EQ(a.plain_error, 3.002 - 3);
  EXPECT_DOUBLE_EQ(a.bound, 2 * (3.002 - 3) + 0x1p-6);
  EXPECT_DOUBLE_EQ(a.ratio, a.max_error / a.bound);
  EXPECT_TRUE(a.passed);
  EXPECT_FALSE(compare(Doubles{3.1}, Doubles{3}, Doubles{3}, DType::bf16).passed);
  EXPECT_TRUE(compare(Doubles{3.1}, Doubles{3}, Doubles{3.05}, DType::bf16).passed);
  EXPECT_GT(compare(Doubles{3}, Doubles{3}, Doubles{4}, DType::f32, 3).bound, 3);
}

TEST(Accuracy, NanAndInfinityMustBeWhereTheyBelong) {
  EXPECT_TRUE(compare(Doubles{nan, 1}, Doubles{nan, 1}, Doubles{nan, 1}, DType::f32).passed);
  EXPECT_FALSE(compare(Doubles{1, 1}, Doubles{nan, 1}, Doubles{nan, 1}, DType::f32).passed);
  EXPECT_FALSE(compare(Doubles{nan}, Doubles{1}, Doubles{1}, DType::f32).passed);
  EXPECT_FALSE(compare(Doubles{infinity}, Doubles{1}, Doubles{1}, DType::f32).passed);
  EXPECT_TRUE(compare(Doubles{infinity}, Doubles{infinity}, Doubles{infinity}, DType::f32).passed);
  EXPECT_FALSE(
      compare(Doubles{-infinity}, Doubles{infinity}, Doubles{infinity}, DType::f32).passed);
  EXPECT_FALSE(compare(Doubles{7}, Doubles{infinity}, Doubles{infinity}, DType::f32).passed);
}

TEST(Accuracy, BeyondTheDTypesRangeInfinityIsRight) {
  EXPECT_TRUE(compare(Doubles{infinity}, Doubles{70000}, Doubles{infinity}, DType::f16).passed);
  EXPECT_FALSE(compare(Doubles{infinity}, Doubles{60000}, Doubles{60000}, DType::f16).passed);
}

TEST(Accuracy, PlainsOverflowDoesNotLoosenTheBound) {
  const Accuracy a = compare(Doubles{2}, Doubles{1}, Doubles{infinity}, DType::f16);
  EXPECT_EQ(a.plain_error, 0);
  EXPECT_FALSE(a.passed);
}

TEST(Accuracy, NothingPasses) { EXPECT_TRUE(compare({}, {}, {}, DType::f16).passed); }

TEST(RmsNormReference, ByHand) {
  RmsNormProblem problem;
  problem.rows = 1;
  problem.n = 2;
  problem.x = {DType::f32, {1, 2}};
  problem.residual = {DType::f32, {2, 2}};
  problem.weight = {DType::f32, {1, 2}};
  problem.bias = {DType::f32, {0, 0.5}};
  problem.eps = 3.5;  // mean(9, 16) = 12.5, so the root is 4
  const RmsNormResult result = rms_norm_fp64(problem);
  EXPECT_EQ(result.rstd, Doubles{0.25});
  EXPECT_EQ(result.residual_out, (Doubles{3, 4}));
  EXPECT_EQ(result.y, (Doubles{0.75, 2.5}));
  const RmsNormResult plain = rms_norm_plain(problem);
  EXPECT_EQ(plain.y, result.y) << "every step is exact in f32";
}

TEST(RmsNormReference, PlainRoundsEachResult) {
  RmsNormProblem problem;
  problem.rows = problem.n = 1;
  problem.x = {DType::bf16, {1}};
  problem.residual = {DType::bf16, {0x1p-9}};  // lost in the rounded sum
  problem.weight = {DType::bf16, {1}};
  problem.out_dtype = DType::bf16;
  EXPECT_EQ(rms_norm_plain(problem).residual_out, Doubles{1});
  problem.residual.dtype = DType::f32;  // of bf16 and f32 the sum is f32
  EXPECT_EQ(rms_norm_plain(problem).residual_out, Doubles{1 + 0x1p-9});
}

}  // namespace
}  // namespace tegula::reference
