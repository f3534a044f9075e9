#include "tests/golden/compare.h"

#include <gtest/gtest.h>

#include <cmath>

#include "compiler/backend/ptx/assembler.h"
#include "ops/reference/number_format.h"
#include "tests/golden/approximation.h"

namespace tegula::golden {
namespace {

Host host(DType dtype, const std::vector<double>& values) {
  return {dtype, {static_cast<std::int64_t>(values.size())}, reference::encode(dtype, values)};
}

TEST(Compare, CountsWhatDiffersAndHowFar) {
  const Host a = host(f32, {1, 2, NAN, 0.0, -1, INFINITY});
  const Host b = host(f32, {1, 2 + 0x1p-22, NAN, -0.0, -1 - 0x3p-23, INFINITY});
  const Comparison c = compare(a, b);
  EXPECT_EQ(c.elements, 6);
  EXPECT_EQ(c.differ, 3) << "zeros of two signs are two";
  EXPECT_EQ(c.furthest, 3);
  ASSERT_EQ(c.examples.size(), 3U);
  EXPECT_EQ(c.examples[0].element, 1);
  EXPECT_EQ(c.examples[0].a, 0x40000000U);
  EXPECT_EQ(c.examples[0].b, 0x40000001U);
}

TEST(Compare, KeepsTheFurthestExample) {
  std::vector<double> ones(100, 1), others(100, 1 + 0x1p-10);
  others[77] = 2;
  const Comparison c = compare(host(f16, ones), host(f16, others));
  EXPECT_EQ(c.differ, 100);
  EXPECT_EQ(c.furthest, 1024);
  EXPECT_EQ(c.examples.back().element, 77);
}

TEST(Compare, NanAndNumberAreApartByNoDistance) {
  for (const DType dtype : {f16, bf16, f32, f64})
    EXPECT_EQ(compare(host(dtype, {NAN, 5}), host(dtype, {1, 1})).furthest, -1);
  const Comparison codes = compare({DType::f8e4m3, {3}, {std::byte{0x7f}, {}, {}}},
                                   {DType::f8e4m3, {3}, {std::byte{0xff}, {}, std::byte{0x7e}}});
  EXPECT_EQ(codes.differ, 1) << "both NaNs of f8e4m3 are one";
}

TEST(Compare, IntegersHaveNoDistance) {
  const Comparison c = compare(host(i32, {1, -5}), host(i32, {2, -5}));
  EXPECT_EQ(c.differ, 1);
  EXPECT_EQ(c.furthest, 0);
}

TEST(WorstErrors, AreOfNumbersThatAreNotTheNearest) {
  const auto twice = [](long double x) { return 2 * x; };
  const Errors none =
      worst_errors(host(f32, {1, 3, NAN, 3e38}), host(f32, {2, 6, NAN, INFINITY}), twice);
  EXPECT_EQ(none.ulps, 0);
  EXPECT_EQ(none.wrong_kind, 0);
  const Errors some =
      worst_errors(host(f32, {1, 3, 100}), host(f32, {2, 6 + 0x1p-21, 200 + 0x1p-10}), twice);
  EXPECT_EQ(some.ulps, 64);
  EXPECT_EQ(some.relative, 0x1p-10 / 200);
  EXPECT_EQ(some.absolute, 0x1p-21) << "of x up to 2 pi";
  EXPECT_EQ(worst_errors(host(f32, {1, 2}), host(f32, {NAN, INFINITY}), twice).wrong_kind, 2);
}

TEST(WorstErrors, RelativeOnesAreOfNormalNumbers) {
  const auto same = [](long double x) { return x; };
  const Errors of_subnormals = worst_errors(host(f32, {0x1p-140}), host(f32, {0}), same);
  EXPECT_EQ(of_subnormals.ulps, 512);
  EXPECT_EQ(of_subnormals.relative, 0);
  EXPECT_EQ(worst_errors(host(f32, {0x1p-126}), host(f32, {0}), same).relative, 1);
}

TEST(AnyBits, HoldEveryElementOfSixteenBitsAndTheEdgesOfOthers) {
  const Host all = any_bits(bf16, 10, 1);
  for (std::int64_t k = 0; k < 65536; ++k) ASSERT_EQ(bits_of(all, k), static_cast<unsigned>(k));
  const Host some = any_bits(f32, 4096, 1);
  for (const std::uint64_t wanted : {0x0U, 0x80000000U, 0x1U, 0x7f800000U, 0xff800000U, 0x7f7fffffU,
                                     0x007fffffU, 0x00800000U, 0x3f800000U, 0x7fc00000U}) {
    bool found = false;
    for (std::int64_t k = 0; k < 4096 && !found; ++k) found = bits_of(some, k) == wanted;
    EXPECT_TRUE(found) << std::hex << wanted;
  }
}

TEST(Approximations, AssembleForEveryArchitecture) {
  if (compiler::assemblers().empty()) GTEST_SKIP() << "SKIP: no assembler on this machine";
  for (const std::string& name : approximation_names())
    for (const char* arch : {"sm_80", "sm_90a", "sm_120"})
      EXPECT_FALSE(compiler::assemble(approximation_ptx(name.c_str()), arch).bytes.empty());
}

TEST(Pairs, DivideByNoZero) {
  for (const DType dtype : {i8, u16, i64}) {
    const std::vector<Host> both = pairs(dtype, 100, true);
    for (std::int64_t k = 0; k < element_count(both[1].shape); ++k)
      ASSERT_NE(bits_of(both[1], k), 0U);
  }
}

}  // namespace
}  // namespace tegula::golden
