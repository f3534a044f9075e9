#include "ops/reference/number_format.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>

#include "tests/runtime/expect_error.h"

namespace tegula::reference {
namespace {

using tegula::testing::expect_error;
constexpr double infinity = std::numeric_limits<double>::infinity();

TEST(NumberFormat, EveryF16AndBf16RoundTrips) {
  for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
    const auto b = static_cast<std::uint16_t>(bits);
    if (const float value = decode_f16(b); std::isnan(value))
      EXPECT_EQ(encode_f16(value) & 0x7e00, 0x7e00);
    else
      EXPECT_EQ(encode_f16(value), b);
    if (const float value = decode_bf16(b); std::isnan(value))
      EXPECT_EQ(encode_bf16(value) & 0x7fc0, 0x7fc0);
    else
      EXPECT_EQ(encode_bf16(value), b);
  }
}

// The compiler's own _Float16 and a bit trick for bf16 are the independent witnesses.
TEST(NumberFormat, RoundsAsIeeeDoes) {
  std::mt19937 generator(1);
  for (int i = 0; i < 200000; ++i) {
    const auto bits = static_cast<std::uint32_t>(generator());
    const auto value = std::bit_cast<float>(bits);
    if (std::isnan(value)) continue;
    // Most floats are outside f16's range: bring half of them into it.
    const float near = std::ldexp(std::fmod(value, 1.0F), i % 40 - 26);
    for (const float v : {value, near}) {
      const auto half = static_cast<_Float16>(v);
      std::uint16_t wanted = 0;
      std::memcpy(&wanted, &half, 2);
      ASSERT_EQ(encode_f16(v), wanted) << v;
      auto b = std::bit_cast<std::uint32_t>(v);
      b += 0x7fff + ((b >> 16) & 1);
      ASSERT_EQ(encode_bf16(v), b >> 16) << v;
    }
  }
}

TEST(NumberFormat, RoundsOnceFromDouble) {
  // Just above the middle of two neighbours, by less than a float shows.
  EXPECT_EQ(round_to(DType::bf16, 1 + 0x1p-8 + 0x1p-40), 1 + 0x1p-7);
  EXPECT_EQ(round_to(DType::f16, 1 + 0x1p-11 + 0x1p-40), 1 + 0x1p-10);
  EXPECT_EQ(round_to(DType::bf16, 1 + 0x1p-8), 1.0);
}

TEST(NumberFormat, EdgesOfTheRange) {
  EXPECT_EQ(round_to(DType::f16, 65519.99), 65504);
  EXPECT_EQ(round_to(DType::f16, 65520), infinity);
  EXPECT_EQ(round_to(DType::f16, -1e9), -infinity);
  EXPECT_EQ(round_to(DType::f32, 1e39), infinity);
  EXPECT_EQ(round_to(DType::f16, 0x1p-25), 0);
  EXPECT_EQ(round_to(DType::f16, 0x1.8p-25), 0x1p-24);
  EXPECT_TRUE(std::signbit(round_to(DType::bf16, -0.0)));
  EXPECT_TRUE(std::isnan(round_to(DType::bf16, std::nan(""))));
}

TEST(NumberFormat, Ulp) {
  EXPECT_EQ(ulp(DType::f32, 1), 0x1p-23);
  EXPECT_EQ(ulp(DType::bf16, -3.9), 0x1p-6);
  EXPECT_EQ(ulp(DType::f16, 1000), 0.5);
  EXPECT_EQ(ulp(DType::f16, 0), 0x1p-24);
  EXPECT_EQ(ulp(DType::f16, 1e-7), 0x1p-24);
  EXPECT_EQ(ulp(DType::f64, 1), 0x1p-52);
}

TEST(NumberFormat, OtherDTypes) {
  expect_error(ErrorCode::invalid_argument, {"got i32"}, [] { round_to(DType::i32, 1); });
  expect_error(ErrorCode::unsupported, {"f8e4m3"}, [] { decode(DType::f8e4m3, {}); });
}

TEST(NumberFormat, IntegersSaturate) {
  const std::vector<double> values = {-1, 0.5, 254.6, 1e9, std::nan("")};
  EXPECT_EQ(decode(DType::u8, encode(DType::u8, values)), (std::vector<double>{0, 0, 255, 255, 0}));
  EXPECT_EQ(decode(DType::i64, encode(DType::i64, std::vector<double>{1e300, -7})),
            (std::vector<double>{0x1p63, -7}));
  EXPECT_EQ(decode(DType::i1, encode(DType::i1, values))[1], 1);
}

}  // namespace
}  // namespace tegula::reference
