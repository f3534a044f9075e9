// softmax, log_softmax and their gradients, by the rule against fp64.
#include "tegula/ops/softmax.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "ops/reference/softmax.h"
#include "ops/reference/transfer.h"
#include "tests/ops/op_harness.h"

namespace tegula::testing {
namespace {

using reference::Precision;
constexpr DType dtypes[] = {DType::f32, DType::f16, DType::bf16};
constexpr double infinity = std::numeric_limits<double>::infinity();

struct Case {
  Dims shape;
  DType x = DType::f32;
  std::optional<DType> out;
  DType dy = DType::f32;
  std::int64_t padding = 0;  ///< elements between rows, of destinations too
  std::optional<ops::RowConfig> config;
};

class Softmax : public OpTest {
 protected:
  /// Both functions and both gradients.
  void check(const Case& c) {
    for (const bool logarithm : {false, true}) {
      SCOPED_TRACE(fmt::format("{} {} log {} padding {}", to_string(c.shape), dtype_name(c.x),
                               logarithm, c.padding));
      check_forward(c, logarithm);
      check_backward(c, logarithm);
    }
  }

  std::vector<double> softmax_of(const std::vector<double>& values, bool logarithm,
                                 std::optional<ops::RowConfig> config = std::nullopt) {
    const auto n = static_cast<std::int64_t>(values.size());
    const Tensor x = upload(stream, DType::f32, {1, n}, values);
    const auto op = logarithm ? ops::log_softmax : ops::softmax;
    return reference::download(op(stream, x, {.config = config}));
  }

 private:
  static std::int64_t rows_of(const Case& c) { return element_count(c.shape) / c.shape.back(); }

  void check_forward(const Case& c, bool logarithm) {
    const PaddedTensor x = random(c.x, c.shape, 1, c.padding);
    const PaddedTensor y = blank(c.out.value_or(c.x), c.shape, c.padding);
    const auto op = logarithm ? ops::log_softmax : ops::softmax;
    op(stream, x.ref(), {.out_dtype = c.out, .out = y.ref(), .config = c.config});
    const reference::SoftmaxProblem problem = {
        rows_of(c), c.shape.back(), {c.x, x.values()}, y.ref().dtype, logarithm};
    expect_within("y", y.values(), softmax(problem, Precision::fp64),
                  softmax(problem, Precision::plain), y.ref().dtype);
    EXPECT_TRUE(y.padding_untouched());
  }

  void check_backward(const Case& c, bool logarithm) {
    reference::SoftmaxProblem forward = {rows_of(c), c.shape.back(), {c.x, {}}, c.x, logarithm};
    forward.x.data = normal_values(element_count(c.shape), 1);
    const PaddedTensor y(stream, c.x, c.shape, c.padding, softmax(forward, Precision::fp64));
    const PaddedTensor dy = random(c.dy, c.shape, 2, c.padding);
    const PaddedTensor dx = blank(c.out.value_or(c.x), c.shape, c.padding);
    const auto op = logarithm ? ops::log_softmax_bwd : ops::softmax_bwd;
    op(stream, dy.ref(), y.ref(), {.out_dtype = c.out, .out = dx.ref(), .config = c.config});
    const reference::SoftmaxBwdProblem problem = {rows_of(c),          c.shape.back(),
                                                  {c.dy, dy.values()}, {c.x, y.values()},
                                                  dx.ref().dtype,      logarithm};
    expect_within("dx", dx.values(), softmax_bwd(problem, Precision::fp64),
                  softmax_bwd(problem, Precision::plain), dx.ref().dtype, 3);
    EXPECT_TRUE(dx.padding_untouched());
  }
};
INSTANTIATE_TEST_SUITE_P(Ops, Softmax, ::testing::ValuesIn(op_targets()), target_name);

TEST_P(Softmax, EveryKindOfRowLength) {
  for (const std::int64_t n : {1, 2, 7, 77, 128, 1000, 4096, 8191, 16384}) {
    check({.shape = {3, n}, .x = DType::bf16, .dy = DType::bf16});
    check({.shape = {2, n}, .x = DType::f32});
  }
  for (const std::int64_t n : {16385, 65536}) check({.shape = {1, n}, .x = DType::f16});
}

TEST_P(Softmax, EveryMixOfDTypes) {
  for (const DType x : dtypes)
    for (const DType dy : dtypes)
      for (const DType out : dtypes) check({.shape = {5, 72}, .x = x, .out = out, .dy = dy});
}

TEST_P(Softmax, StridedRowsAndLeadingDimensions) {
  for (const std::int64_t padding : {1, 8})
    check({.shape = {2, 3, 128}, .x = DType::bf16, .padding = padding});
  check({.shape = {300}, .x = DType::f16});
  check({.shape = {1001, 3}, .x = DType::f32});
}

TEST_P(Softmax, LoopsOverTilesOfTheRow) {
  for (const std::int64_t n : {64, 77, 31})
    for (const int rows : {1, 4})
      check(
          {.shape = {5, n}, .x = DType::f32, .padding = 3, .config = ops::RowConfig{rows, 16, 2}});
}

TEST_P(Softmax, AllocatesWhatIsNotGiven) {
  const PaddedTensor x = random(DType::bf16, {3, 16}, 1, 5);
  EXPECT_EQ(ops::softmax(stream, x.ref()).dtype(), DType::bf16);
  EXPECT_EQ(ops::log_softmax(stream, x.ref(), {.out_dtype = DType::f32}).dtype(), DType::f32);
  EXPECT_TRUE(ops::softmax_bwd(stream, x.ref(), x.ref()).shape() == (Dims{3, 16}));
}

TEST_P(Softmax, NothingToDo) {
  for (const Dims& shape : {Dims{0, 8}, Dims{3, 0}}) {
    const Tensor x = stream.empty(DType::f32, shape);
    EXPECT_TRUE(ops::softmax(stream, x).shape() == shape);
    EXPECT_TRUE(ops::log_softmax_bwd(stream, x, x).shape() == shape);
  }
  EXPECT_EQ(device->counters().blocks, 0U);
}

/// One tile, and a loop whose first tile holds nothing but -Inf.
TEST_P(Softmax, MinusInfinityIsZero) {
  for (const auto& config : {std::optional<ops::RowConfig>(), {ops::RowConfig{1, 2, 1}}}) {
    const std::vector<double> values = {-infinity, -infinity, 1, 1, -infinity};
    EXPECT_EQ(softmax_of(values, false, config), (std::vector<double>{0, 0, 0.5, 0.5, 0}));
    const std::vector<double> logarithms = softmax_of(values, true, config);
    EXPECT_EQ(logarithms[0], -infinity);
    EXPECT_NEAR(logarithms[2], -std::log(2), 1e-6);
  }
}

TEST_P(Softmax, NanEverywhereInARowWithout) {
  const double nan = std::nan("");
  for (const auto& config : {std::optional<ops::RowConfig>(), {ops::RowConfig{1, 2, 1}}})
    for (const std::vector<double>& values : {std::vector<double>{1, 2, nan, 3, 4},
                                              {1, infinity, 2, 3, 4},
                                              {1, 2, 3, 4, infinity},
                                              std::vector<double>(5, -infinity)})
      for (const bool logarithm : {false, true})
        for (const double y : softmax_of(values, logarithm, config))
          EXPECT_TRUE(std::isnan(y)) << y;
}

TEST_P(Softmax, LargeNumbersDoNotOverflow) {
  EXPECT_EQ(softmax_of({3e38, 3e38, -3e38}, false), (std::vector<double>{0.5, 0.5, 0}));
  EXPECT_EQ(softmax_of({-3e38, -3e38}, false), (std::vector<double>{0.5, 0.5}));
}

TEST_P(Softmax, EveryByteMovesOnceInFullVectors) {
  if (!simulates()) GTEST_SKIP() << "SKIP: a GPU counts nothing";
  for (const std::int64_t n : {4096, 16384, 65536}) {
    SCOPED_TRACE(n);
    const PaddedTensor x = random(DType::bf16, {2, n}, 1), dy = random(DType::bf16, {2, n}, 2);
    const auto bytes = static_cast<std::uint64_t>(2 * n * 2);
    const std::uint64_t reads = n > ops::max_columns_in_one_tile ? 2 : 1;
    for (const auto op : {ops::softmax, ops::log_softmax}) {
      device->reset_statistics();
      op(stream, x.ref(), {});
      EXPECT_EQ(argument("x").load_bytes, reads * bytes);
      EXPECT_EQ(argument("y").store_bytes, bytes);
      EXPECT_EQ(device->counters().vector128_fraction(), 1);
      EXPECT_EQ(device->counters().global_sectors, device->counters().min_sectors);
    }
    for (const bool logarithm : {false, true}) {
      device->reset_statistics();
      (logarithm ? ops::log_softmax_bwd : ops::softmax_bwd)(stream, dy.ref(), x.ref(), {});
      EXPECT_EQ(argument("dy").load_bytes, reads * bytes);
      // Its sum takes dy alone.
      EXPECT_EQ(argument("y").load_bytes, logarithm ? bytes : reads * bytes);
      EXPECT_EQ(argument("dx").store_bytes, bytes);
      EXPECT_EQ(device->counters().vector128_fraction(), 1);
    }
  }
}

}  // namespace
}  // namespace tegula::testing
