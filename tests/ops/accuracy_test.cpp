#include "ops/reference/accuracy.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

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

TEST(Accuracy, AnElementsRoundoffExcusesItAlone) {
  const Doubles ref64 = {1, 1, 1}, plain = ref64, roundoff = {0x1p-21, 0, nan};
  const double ulp = 0x1p-23, wrong = 1 + 0x1p-21;
  const Accuracy a = compare(Doubles{wrong, 1, 1}, ref64, plain, DType::f32, 2, roundoff);
  EXPECT_TRUE(a.passed);
  EXPECT_EQ(a.bound, 0x1p-21);
  EXPECT_EQ(a.max_error, 0x1p-21);
  EXPECT_EQ(a.ratio, 1);
  const Accuracy b = compare(Doubles{1, wrong, 1}, ref64, plain, DType::f32, 2, roundoff);
  EXPECT_FALSE(b.passed);
  EXPECT_EQ(b.bound, ulp);
  EXPECT_FALSE(compare(Doubles{1, 1, wrong}, ref64, plain, DType::f32, 2, roundoff).passed);
  EXPECT_FALSE(compare(Doubles{wrong, 1, 1}, ref64, plain, DType::f32).passed);
  // Where plain errs more it decides.
  const Accuracy c =
      compare(Doubles{wrong, 1, 1}, ref64, Doubles{1, 1, 2}, DType::f32, 2, roundoff);
  EXPECT_EQ(c.bound, 2 + ulp);
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

TEST(Accuracy, MasksMustBeEqual) {
  EXPECT_TRUE(compare(Doubles{0, 1}, Doubles{0, 1}, Doubles{0, 1}, DType::i1).passed);
  EXPECT_FALSE(compare(Doubles{0, 1, 1}, Doubles{0, 0, 1}, Doubles{0, 0, 1}, DType::i1).passed);
  EXPECT_FALSE(compare(Doubles{1}, Doubles{0}, Doubles{0}, DType::i1).passed);
}

TEST(Accuracy, NothingPasses) { EXPECT_TRUE(compare({}, {}, {}, DType::f16).passed); }

TEST(Accuracy, IntegersAreRightOrWrong) {
  const std::vector<double> wanted = {0, -7, 1e15}, other = {0, -7, 1e15 + 1};
  EXPECT_TRUE(compare(wanted, wanted, wanted, DType::i64).passed);
  EXPECT_FALSE(compare(other, wanted, wanted, DType::i64).passed);
}

}  // namespace
}  // namespace tegula::reference
