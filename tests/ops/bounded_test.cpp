// How far an evaluation in f32 may be off, held against evaluations in f32.
#include "tegula/reference/bounded.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

#include "tegula/reference/rounding.h"

namespace tegula::reference {
namespace {

const Rounding r(Precision::roundoff, DType::f32);
constexpr double unit = 0x1p-24;  // half an ulp at 1

class Floats {
 public:
  float next() { return static_cast<float>(normal_(generator_)); }
  std::vector<float> next(int count) {
    std::vector<float> values(static_cast<std::size_t>(count));
    for (float& value : values) value = next();
    return values;
  }

 private:
  std::mt19937_64 generator_{7};
  std::normal_distribution<double> normal_;
};

TEST(Bounded, ExactOperationsHaveNoRounding) {
  EXPECT_TRUE(r(Bounded(3) * Bounded(0.5)).exact());
  EXPECT_TRUE(r(Bounded(1) + Bounded(0x1p-23)).exact());
  EXPECT_TRUE(r.exp(Bounded(2) - Bounded(2)).exact());
  EXPECT_TRUE(r.log(Bounded(1)).exact());
  EXPECT_TRUE(constant<Bounded>(0.75).exact());
  EXPECT_EQ(constant<Bounded>(0.1).error(), 0x1p-28);
  EXPECT_EQ(r(Bounded(1) + Bounded(0x1p-24)).error(), unit);
  EXPECT_EQ(r(Bounded(4) / Bounded(3)).error(), unit);
}

TEST(Bounded, OperationsPassErrorsOn) {
  const Bounded a = Bounded(3).rounded(0.001), b = Bounded(-2).rounded(0.01);
  EXPECT_DOUBLE_EQ((a + b).all, 0.011);
  EXPECT_DOUBLE_EQ((a - b).all, 0.011);
  EXPECT_DOUBLE_EQ((a * b).all, 0.002 + 0.03);
  EXPECT_DOUBLE_EQ((a / b).all, 0.0005 + 0.0075);
  EXPECT_DOUBLE_EQ((a * b).largest, 0.03);
  EXPECT_DOUBLE_EQ((a * b).squares, 0.002 * 0.002 + 0.03 * 0.03);
  EXPECT_DOUBLE_EQ(exp(a).all, std::exp(3) * 0.001);
  EXPECT_DOUBLE_EQ(log(a).all, 0.001 / 3);
  EXPECT_DOUBLE_EQ(sqrt(a).all, 0.0005 / std::sqrt(3));
  EXPECT_TRUE((Bounded(INFINITY) * Bounded(2)).exact());
}

TEST(Bounded, FewRoundingsAddUpAndManyAverage) {
  Bounded few, many;
  for (int k = 0; k < 3; ++k) few = few.rounded(1);
  for (int k = 0; k < 301; ++k) many = many.rounded(1);
  EXPECT_EQ(few.error(), 3);
  EXPECT_DOUBLE_EQ(many.error(), 1 + 5 * 10);
}

TEST(Bounded, ASumOfOneTermAndOfZeros) {
  Sum<Bounded> sum(r);
  sum.add(0);
  sum.add(constant<Bounded>(0.1));
  sum.add(0);
  EXPECT_EQ(sum.total().error(), 0x1p-28) << "nothing was added to the term";
  sum.add(1);
  EXPECT_EQ(sum.total().error(), 0x1p-28 + unit);
}

/// In any order: one by one, and by halves.
TEST(Bounded, SumsInF32AreWithin) {
  Floats floats;
  for (const int n : {2, 3, 5, 8, 9, 16, 100, 1000}) {
    double closest = 0;
    for (int trial = 0; trial < 2000 / n + 20; ++trial) {
      std::vector<float> terms = floats.next(n);
      Sum<Bounded> sum(r);
      float in_turn = 0;
      for (const float term : terms) {
        sum.add(static_cast<double>(term));
        in_turn += term;
      }
      for (std::size_t left = terms.size(); left > 1; left = (left + 1) / 2)
        for (std::size_t i = 0; i < left / 2; ++i) terms[i] += terms[left - 1 - i];
      const Bounded total = sum.total();
      for (const float got : {in_turn, terms[0]}) {
        if (n > 8 && got == in_turn) continue;  // a longer chain than it is for
        ASSERT_LE(std::fabs(got - total.value), total.error()) << n;
        closest = std::max(closest, std::fabs(got - total.value) / total.error());
      }
    }
    EXPECT_GT(closest, 0.02) << n;
  }
}

/// A formula of every operation.
TEST(Bounded, AFormulaInF32IsWithin) {
  Floats floats;
  double closest = 0;
  for (int trial = 0; trial < 20000; ++trial) {
    const float a = floats.next(), b = floats.next(), c = floats.next();
    const float s = 1 / (1 + static_cast<float>(std::exp(-static_cast<double>(a))));
    const float root = static_cast<float>(std::log(static_cast<double>(1 + b * b)));
    const float got = (a * s - c) * root / std::sqrt(1 + c * c);
    const auto over = [](const Bounded& of) { return r.rsqrt(r(Bounded(1) + r(of * of))); };
    const Bounded A = static_cast<double>(a), B = static_cast<double>(b),
                  C = static_cast<double>(c);
    const Bounded sigmoid = r(Bounded(1) / r(Bounded(1) + r.exp(-A)));
    const Bounded logarithm = r.log(r(Bounded(1) + r(B * B)));
    const Bounded value = r(r(r(r(A * sigmoid) - C) * logarithm) * over(C));
    ASSERT_LE(std::fabs(got - value.value), value.error()) << a << " " << b << " " << c;
    closest = std::max(closest, std::fabs(got - value.value) / value.error());
  }
  EXPECT_GT(closest, 0.2);
  EXPECT_LT(closest, 1);
}

}  // namespace
}  // namespace tegula::reference
