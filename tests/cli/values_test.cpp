#include "tools/cli/values.h"

#include <cmath>
#include <tuple>

#include "tests/runtime/expect_error.h"
#include "tools/cli/random.h"

namespace tegula::cli {
namespace {

using tegula::testing::expect_error;
constexpr auto invalid = ErrorCode::invalid_argument;

TEST(Values, Shapes) {
  const ShapeAndDType full = parse_shape("64x4096:bf16", "--random");
  EXPECT_TRUE(full.shape == (Dims{64, 4096}));
  EXPECT_EQ(full.dtype, DType::bf16);
  EXPECT_FALSE(parse_shape("7", "--random").dtype.has_value());
  EXPECT_TRUE(parse_shape("0x3:float32", "--random").shape == (Dims{0, 3}));
  EXPECT_EQ(parse_shape("scalar:f32", "--random").shape.size(), 0U);
  for (const char* text : {"", "x", "4x", "x4", "4xx4", "4x-1", "4.5", "4 x4", "4x4y"})
    expect_error(invalid, {"--random: no shape", "64x4096:bf16"},
                 [&] { parse_shape(text, "--random"); });
  expect_error(invalid, {"no dtype", "got 'f33'", "bf16"}, [] { parse_shape("4:f33", "--bind"); });
  expect_error(invalid, {"--bind: ", "64 bits"},
               [] { parse_shape("9999999999x9999999999:f32", "--bind"); });
  expect_error(invalid, {"--bind: too many dimensions (got '1x1x1x1x1x1x1x1x1'; wanted at most 8)"},
               [] { parse_shape("1x1x1x1x1x1x1x1x1", "--bind"); });
}

TEST(Values, Files) {
  EXPECT_EQ(parse_file("a.npy:bf16", "--in").path, "a.npy");
  EXPECT_EQ(parse_file("a.npy:bf16", "--in").dtype, DType::bf16);
  EXPECT_EQ(parse_file("C:a.npy", "--in").path, "C:a.npy");
  EXPECT_EQ(parse_file("plain", "--in").path, "plain");
  expect_error(invalid, {"--in: no dtype", "got 'f12'"}, [] { parse_file("a.npy:f12", "--in"); });
  expect_error(invalid, {"no file"}, [] { parse_file("", "--in"); });
}

TEST(Values, ConfigsAndAssignments) {
  EXPECT_EQ(parse_config("bn=4096,warps=8", "--config"),
            (ConfigFields{{"bn", 4096}, {"warps", 8}}));
  EXPECT_TRUE(parse_config("", "--config").empty());
  expect_error(invalid, {"--config: no assignment", "got 'bn'"},
               [] { parse_config("bn", "--config"); });
  expect_error(invalid, {"--config bn: no integer", "got 'x'"},
               [] { parse_config("bn=x", "--config"); });
  expect_error(invalid, {"given twice", "got bn"}, [] { parse_config("bn=1,bn=2", "--config"); });
  expect_error(invalid, {"name=value"}, [] { split_assignment("=3", "--param"); });
  EXPECT_EQ(split_assignment("a=b=c", "--param").second, "b=c");
}

TEST(Values, NumbersAndFlags) {
  EXPECT_EQ(parse_number("1e-6", "eps"), 1e-6);
  expect_error(invalid, {"eps: no number", "got '1e-6x'"}, [] { parse_number("1e-6x", "eps"); });
  EXPECT_TRUE(parse_flag("1", "prenorm"));
  EXPECT_FALSE(parse_flag("false", "prenorm"));
  expect_error(invalid, {"prenorm: no truth value", "got '2'"}, [] { parse_flag("2", "prenorm"); });
}

TEST(RandomValues, AreFixedByNameAndSeed) {
  const auto x = random_values(4, 0, "x", op::Values::Kind::normal);
  EXPECT_EQ(x, random_values(4, 0, "x", op::Values::Kind::normal));
  EXPECT_NE(x, random_values(4, 1, "x", op::Values::Kind::normal));
  EXPECT_NE(x, random_values(4, 0, "residual", op::Values::Kind::normal));
  const auto more = random_values(8, 0, "x", op::Values::Kind::normal);
  EXPECT_TRUE(std::equal(x.begin(), x.end(), more.begin())) << "more only adds at the end";
}

TEST(RandomValues, IndicesStayBelowTheBound) {
  std::vector<int> counts(7);
  for (const double value : random_indices(70000, 1, "target", 7)) {
    ASSERT_TRUE(value >= 0 && value < 7 && value == std::floor(value)) << value;
    ++counts[static_cast<std::size_t>(value)];
  }
  // Five standard deviations of a binomial count.
  for (const int count : counts) EXPECT_NEAR(count, 10000, 5 * std::sqrt(70000.0 * 6 / 49));
  EXPECT_EQ(random_indices(3, 0, "target", 1), (std::vector<double>{0, 0, 0}));
}

TEST(RandomValues, AreSpreadAsPromised) {
  constexpr int count = 100000;
  for (const auto& [spread, wanted_mean, wanted_deviation] :
       {std::tuple{op::Values::Kind::normal, 0.0, 1.0},
        std::tuple{op::Values::Kind::around_one, 1.0, 0.125}}) {
    double sum = 0, squares = 0;
    for (const double value : random_values(count, 3, "x", spread)) {
      sum += value - wanted_mean;
      squares += (value - wanted_mean) * (value - wanted_mean);
    }
    // Five standard errors: 1/sqrt(count) of the mean, 1/sqrt(2 count) of the deviation.
    EXPECT_NEAR(sum / count, 0, 5 * wanted_deviation / std::sqrt(count));
    EXPECT_NEAR(std::sqrt(squares / count), wanted_deviation,
                5 * wanted_deviation / std::sqrt(2.0 * count));
  }
}

}  // namespace
}  // namespace tegula::cli
