// f16 and bf16: conversions exhaustively, arithmetic on edges, both against half_reference.h.
#include <functional>

#include "tests/runtime/sim/values/elementwise.h"
#include "tests/runtime/sim/values/half_reference.h"

namespace tegula::testing {
namespace {

constexpr Scalar halves[] = {Scalar::f16, Scalar::bf16};

Bits all_patterns() {
  Bits bits;
  for (std::uint64_t b = 0; b < 0x10000; ++b) bits.push_back(b);
  return bits;
}

std::uint64_t f32_bits(float x) { return std::bit_cast<std::uint32_t>(x); }
std::uint64_t f64_bits(double x) { return std::bit_cast<std::uint64_t>(x); }
float as_f32(std::uint64_t bits) { return std::bit_cast<float>(static_cast<std::uint32_t>(bits)); }
double as_f64(std::uint64_t bits) { return std::bit_cast<double>(bits); }

/// A NaN stays one; anything else keeps its bits.
void expect_same_value(double got, double wanted, std::uint64_t from) {
  if (std::isnan(wanted))
    ASSERT_TRUE(std::isnan(got)) << std::hex << from;
  else
    ASSERT_EQ(f64_bits(got), f64_bits(wanted)) << std::hex << from;
}

TEST(SimHalf, EveryPatternWidens) {
  const Bits patterns = all_patterns();
  for (const Scalar half : halves) {
    const Bits to_f32 = compute({Opcode::fpext, Scalar::f32, {half}}, {patterns});
    const Bits to_f64 = compute({Opcode::fpext, Scalar::f64, {half}}, {patterns});
    for (std::size_t k = 0; k < patterns.size(); ++k) {
      const double wanted = half_value(patterns[k], half_format(half));
      expect_same_value(as_f32(to_f32[k]), wanted, patterns[k]);
      expect_same_value(as_f64(to_f64[k]), wanted, patterns[k]);
    }
  }
}

/// Every finite value, every tie between neighbours, and what lies next to both.
Bits f32_around(Scalar half) {
  Bits values;
  for (std::uint64_t bits = 0; bits < 0x10000; ++bits) {
    const double here = half_value(bits, half_format(half));
    const double next = half_value(bits + 1, half_format(half));
    if (!std::isfinite(here)) continue;
    const bool last = !std::isfinite(next);
    const double previous = last ? half_value(bits - 1, half_format(half)) : 0;
    const double tie = last ? here + (here - previous) / 2 : (here + next) / 2;
    for (const auto centre : {static_cast<float>(here), static_cast<float>(tie)})
      for (const float x :
           {centre, std::nextafter(centre, INFINITY), std::nextafter(centre, -INFINITY)})
        values.push_back(f32_bits(x));
  }
  for (const float x : {INFINITY, -INFINITY, 1e38f, -1e38f, 1e-44f, -1e-44f, 65519.996f, 65520.0f})
    values.push_back(f32_bits(x));
  return values;
}

TEST(SimHalf, NarrowingRoundsToNearestEven) {
  for (const Scalar half : halves) {
    const Bits singles = f32_around(half);
    const Bits got = compute({Opcode::fptrunc, half, {Scalar::f32}}, {singles});
    Bits doubles, beside;
    for (std::size_t k = 0; k < singles.size(); ++k) {
      const double x = as_f32(singles[k]);
      ASSERT_EQ(got[k], half_bits(x, half_format(half))) << x;
      doubles.push_back(f64_bits(x));
      // One f64 step off a tie: rounding by way of f32 would get these wrong.
      beside.push_back(f64_bits(std::nextafter(x, k % 2 == 0 ? 1e300 : -1e300)));
    }
    for (const Bits& values : {doubles, beside}) {
      const Bits from_f64 = compute({Opcode::fptrunc, half, {Scalar::f64}}, {values});
      for (std::size_t k = 0; k < values.size(); ++k)
        ASSERT_EQ(from_f64[k], half_bits(as_f64(values[k]), half_format(half)))
            << as_f64(values[k]);
    }
  }
}

TEST(SimHalf, NaNBecomesTheCanonicalOne) {
  const Bits nans = {0x7fc00000, 0xffc00000, 0x7f800001, 0xffffffff};
  for (const Scalar half : halves)
    EXPECT_EQ(compute({Opcode::fptrunc, half, {Scalar::f32}}, {nans}),
              (Bits{0x7fff, 0x7fff, 0x7fff, 0x7fff}));
}

Bits edge_halves(Scalar half) {
  const HalfFormat f = half_format(half);
  const std::uint64_t infinity = ((1ull << f.exponent) - 1) << (f.digits - 1);
  const std::uint64_t one = half_bits(1.0L, f), hidden = 1ull << (f.digits - 1);
  Bits values;
  for (const std::uint64_t b :
       {std::uint64_t{0}, std::uint64_t{1}, hidden - 1, hidden, hidden + 1, one - 1, one, one + 1,
        one + 3, half_bits(3.0L, f), half_bits(-0.1L, f), half_bits(1000.0L, f), infinity - 1,
        infinity, infinity + 1}) {
    values.push_back(b & 0x7fff);
    values.push_back(b | 0x8000);
  }
  return values;
}

TEST(SimHalf, ArithmeticRoundsOnce) {
  const std::pair<Opcode, std::function<long double(long double, long double)>> operations[] = {
      {Opcode::fadd, [](long double a, long double b) { return a + b; }},
      {Opcode::fsub, [](long double a, long double b) { return a - b; }},
      {Opcode::fmul, [](long double a, long double b) { return a * b; }},
      {Opcode::fdiv, [](long double a, long double b) { return a / b; }},
  };
  for (const Scalar half : halves) {
    const HalfFormat f = half_format(half);
    const auto lists = pairs(edge_halves(half));
    for (const auto& [opcode, reference] : operations) {
      const Bits got = compute({opcode, half, {half, half}}, lists);
      for (std::size_t k = 0; k < got.size(); ++k) {
        const double a = half_value(lists[0][k], f), b = half_value(lists[1][k], f);
        ASSERT_EQ(got[k], half_bits(reference(a, b), f)) << opcode_name(opcode) << a << " " << b;
      }
    }
    const Bits values = edge_halves(half);
    const Bits roots = compute({Opcode::fsqrt, half, {half}}, {values});
    for (std::size_t k = 0; k < values.size(); ++k)
      ASSERT_EQ(roots[k],
                half_bits(std::sqrt(static_cast<long double>(half_value(values[k], f))), f));
  }
}

TEST(SimHalf, FmaRoundsOnce) {
  for (const Scalar half : halves) {
    const HalfFormat f = half_format(half);
    Bits values;  // a range in which long double is exact
    for (const long double x : {0.0L, 1.0L, 1.0078125L, 1.5L, 0.3L, 7.03125L, 0.0625L, 17.0L})
      for (const long double sign : {1.0L, -1.0L}) values.push_back(half_bits(sign * x, f));
    std::vector<Bits> lists(3);
    for (const auto a : values)
      for (const auto b : values)
        for (const auto c : values) {
          lists[0].push_back(a);
          lists[1].push_back(b);
          lists[2].push_back(c);
        }
    const Bits got = compute({Opcode::fma, half, {half, half, half}}, lists);
    for (std::size_t k = 0; k < got.size(); ++k) {
      const long double a = half_value(lists[0][k], f), b = half_value(lists[1][k], f),
                        c = half_value(lists[2][k], f);
      ASSERT_EQ(got[k], half_bits(a * b + c, f)) << a << " " << b << " " << c;
    }
  }
  // 1.0078125 * 1.5 is a tie in bf16 (193.5 / 128); 2^-120 less is not, though even f64 drops it.
  const Scalar bf16 = Scalar::bf16;
  EXPECT_EQ(compute({Opcode::fma, bf16, {bf16, bf16, bf16}},
                    {{0x3f81, 0x3f81, 0x3f81}, {0x3fc0, 0x3fc0, 0x3fc0}, {0, 0x8380, 0x0380}}),
            (Bits{0x3fc2, 0x3fc1, 0x3fc2}));
}

TEST(SimHalf, IntegersRoundOnce) {
  // 2^40 + 2^32 is a tie in bf16; one more is not, and f32 in between would lose the one.
  const std::uint64_t tie = (1ull << 40) + (1ull << 32);
  EXPECT_EQ(compute({Opcode::sitofp, Scalar::bf16, {Scalar::i64}}, {{tie, tie + 1, 0 - tie - 1}}),
            (Bits{0x5380, 0x5381, 0xd381}));
  const std::uint64_t big_tie = (1ull << 62) + (1ull << 54);
  EXPECT_EQ(compute({Opcode::uitofp, Scalar::bf16, {Scalar::i64}}, {{big_tie, big_tie + 1}}),
            (Bits{0x5e80, 0x5e81}));
  EXPECT_EQ(
      compute({Opcode::sitofp, Scalar::f16, {Scalar::i32}}, {{2049, 2051, 70000, 0xffffffff}}),
      (Bits{0x6800, 0x6802, 0x7c00, 0xbc00}));
}

}  // namespace
}  // namespace tegula::testing
