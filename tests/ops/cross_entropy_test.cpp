// cross_entropy and its gradient, by the rule against fp64.
#include "tegula/ops/cross_entropy.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "ops/reference/cross_entropy.h"
#include "ops/reference/transfer.h"
#include "tests/ops/op_harness.h"

namespace tegula::testing {
namespace {

using reference::download;
using reference::Precision;
constexpr double infinity = std::numeric_limits<double>::infinity();

class CrossEntropy : public OpTest {
 protected:
  /// 0 to n - 1, the first and the last among them, and from the third row on also ignore_index and
  /// numbers that are no class.
  static std::vector<double> targets(std::int64_t rows, std::int64_t n, std::int64_t ignore_index) {
    const auto end = static_cast<double>(n);
    const double special[] = {end - 1, 0, static_cast<double>(ignore_index), -1, end, 1e15, -1e15};
    std::vector<double> values;
    for (std::int64_t i = 0; i < rows; ++i)
      values.push_back(i < 7 ? special[i] : static_cast<double>((i * 31) % n));
    return values;
  }

  void check(const Dims& shape, DType x_dtype, const ops::CrossEntropyOptions& options = {},
             std::int64_t padding = 0) {
    SCOPED_TRACE(fmt::format("{} {} smoothing {} scale {} squares {}", to_string(shape),
                             dtype_name(x_dtype), options.label_smoothing, options.logit_scale,
                             options.lse_square_scale));
    const std::int64_t n = shape.back(), rows = element_count(shape) / n;
    const Dims leading(std::span<const std::int64_t>(shape.begin(), shape.size() - 1));
    const PaddedTensor x = random(x_dtype, shape, 1, padding);
    const Tensor target =
        upload(stream, DType::i64, leading, targets(rows, n, options.ignore_index));
    const reference::CrossEntropyProblem problem = {.rows = rows,
                                                    .n = n,
                                                    .x = {x_dtype, x.values()},
                                                    .target = download(target),
                                                    .label_smoothing = options.label_smoothing,
                                                    .logit_scale = options.logit_scale,
                                                    .lse_square_scale = options.lse_square_scale,
                                                    .ignore_index = options.ignore_index};
    const auto ref64 = cross_entropy(problem, Precision::fp64);
    const auto plain = cross_entropy(problem, Precision::plain);

    const auto [loss, lse] = ops::cross_entropy(stream, x.ref(), target, options);
    expect_within("loss", download(loss), ref64.loss, plain.loss, DType::f32);
    expect_within("lse", download(lse), ref64.lse, plain.lse, DType::f32);

    const PaddedTensor dloss = random(DType::f32, {rows}, 2);
    TensorRef dloss_ref = dloss.ref();
    dloss_ref.shape = leading;
    dloss_ref.strides = contiguous_strides(leading);
    const PaddedTensor dx = blank(x_dtype, shape, padding);
    ops::CrossEntropyOptions backward = options;
    backward.out = dx.ref();
    ops::cross_entropy_bwd(stream, dloss_ref, x.ref(), lse, target, backward);
    const reference::Values g = {DType::f32, dloss.values()};
    expect_within("dx", dx.values(),
                  cross_entropy_bwd(problem, g, ref64.lse, x_dtype, Precision::fp64),
                  cross_entropy_bwd(problem, g, plain.lse, x_dtype, Precision::plain), x_dtype, 3);
    EXPECT_TRUE(dx.padding_untouched());
  }

  /// {loss, lse} of one row with target 1.
  std::vector<double> of_row(const std::vector<double>& x) {
    const Tensor target = upload(stream, DType::i64, {1}, {1});
    const auto out = ops::cross_entropy(
        stream, upload(stream, DType::f32, {1, static_cast<std::int64_t>(x.size())}, x), target);
    return {download(out.loss)[0], download(out.lse)[0]};
  }
};
INSTANTIATE_TEST_SUITE_P(Ops, CrossEntropy, ::testing::ValuesIn(op_targets()), target_name);

TEST_P(CrossEntropy, EveryKindOfRowLength) {
  for (const std::int64_t n : {1, 2, 7, 77, 128, 1000, 4096, 8191, 16384}) {
    check({8, n}, DType::bf16);
    check({3, n}, DType::f32, {.label_smoothing = 0.1F, .lse_square_scale = 1e-2F});
  }
  for (const std::int64_t n : {16385, 65536}) check({2, n}, DType::bf16, {.label_smoothing = 0.1F});
}

TEST_P(CrossEntropy, EveryTerm) {
  for (const DType dtype : {DType::f32, DType::f16, DType::bf16})
    for (const float smoothing : {0.F, 0.25F, 1.F})
      for (const float scale : {1.F, 0.125F})
        for (const float squares : {0.F, 0.05F})
          check({8, 72}, dtype,
                {.label_smoothing = smoothing,
                 .logit_scale = scale,
                 .lse_square_scale = squares,
                 .ignore_index = 5});
}

TEST_P(CrossEntropy, StridedRowsAndLeadingDimensions) {
  check({2, 5, 128}, DType::bf16, {}, 8);
  check({2, 5, 77}, DType::f16, {.label_smoothing = 0.5F}, 3);
  check({300}, DType::f32);
  check({1001, 3}, DType::f32);
}

TEST_P(CrossEntropy, LoopsOverTilesOfTheRow) {
  for (const std::int64_t n : {64, 77, 31})
    for (const int rows : {1, 4})
      check({9, n}, DType::f32, {.label_smoothing = 0.1F, .config = ops::RowConfig{rows, 16, 2}},
            3);
}

TEST_P(CrossEntropy, ATargetThatIsNoClass) {
  const Tensor x = upload(stream, DType::f32, {4, 3}, normal_values(12, 1));
  const Tensor target = upload(stream, DType::i64, {4}, {3, -1, -100, 4294967296.0});
  const auto [loss, lse] = ops::cross_entropy(stream, x, target);
  const std::vector<double> losses = download(loss);
  EXPECT_TRUE(std::isnan(losses[0]));
  EXPECT_TRUE(std::isnan(losses[1]));
  EXPECT_EQ(losses[2], 0);
  EXPECT_TRUE(std::isnan(losses[3])) << "2^32 is not 0";
  for (const double value : download(lse)) EXPECT_TRUE(std::isfinite(value));
  const Tensor one = upload(stream, DType::f32, {4}, {1, 1, std::nan(""), 1});
  const std::vector<double> dx = download(ops::cross_entropy_bwd(stream, one, x, lse, target));
  for (std::size_t i = 0; i < 12; ++i)
    if (i / 3 == 2)
      EXPECT_EQ(dx[i], 0) << "ignored, whatever dloss";
    else
      EXPECT_TRUE(std::isnan(dx[i]));
}

TEST_P(CrossEntropy, SpecialRows) {
  EXPECT_EQ(of_row({0, 0})[1], std::log(2.0F));
  const auto none = of_row({-infinity, -infinity, -infinity});
  EXPECT_TRUE(std::isnan(none[0]));
  EXPECT_EQ(none[1], -infinity);
  EXPECT_EQ(of_row({1, -infinity, 2})[0], infinity);
  EXPECT_EQ(of_row({-infinity, 3, -infinity}), (std::vector<double>{0, 3}));
  for (const std::vector<double>& row :
       {std::vector<double>{1, 2, std::nan("")}, {infinity, 2, 3}, {1, infinity, 3}})
    for (const double value : of_row(row)) EXPECT_TRUE(std::isnan(value));
  // What is small in the loss is not lost beside a large lse.
  EXPECT_NEAR(of_row({992, 1000})[0], std::log1p(std::exp(-8.0)), 1.2e-7);
}

TEST_P(CrossEntropy, BackwardInPlace) {
  const Tensor target = upload(stream, DType::i64, {3}, {0, 76, 5});
  const Tensor dloss = upload(stream, DType::f32, {1}, {0.5});
  TensorRef expanded = dloss;
  expanded.shape = {3};
  expanded.strides = {0};  // as the gradient of a sum comes
  for (const std::int64_t n : {77, 128}) {
    const PaddedTensor x = random(DType::bf16, {3, n}, 1, 3);
    const Tensor lse = ops::cross_entropy(stream, x.ref(), target).lse;
    const std::vector<double> wanted =
        download(ops::cross_entropy_bwd(stream, expanded, x.ref(), lse, target));
    ops::cross_entropy_bwd(stream, expanded, x.ref(), lse, target, {.out = x.ref()});
    EXPECT_EQ(x.values(), wanted);
    EXPECT_TRUE(x.padding_untouched());
  }
}

TEST_P(CrossEntropy, GivenDestinationsOfAnyStride) {
  const PaddedTensor x = random(DType::f32, {5, 16}, 1);
  const Tensor target = upload(stream, DType::i64, {5}, {0, 1, 2, 3, 4});
  const auto wanted = ops::cross_entropy(stream, x.ref(), target);
  const PaddedTensor loss = blank(DType::f32, {5, 1}, 2);  // a column of a matrix
  const Tensor lse = stream.empty(DType::f32, {5});
  TensorRef column = loss.ref();
  column.shape = {5};
  column.strides = {3};
  ops::cross_entropy(stream, x.ref(), target, {.loss = column, .lse = lse});
  EXPECT_EQ(loss.values(), download(wanted.loss));
  EXPECT_TRUE(loss.padding_untouched());
  EXPECT_EQ(download(lse), download(wanted.lse));
}

TEST_P(CrossEntropy, NoRows) {
  const Tensor x = stream.empty(DType::f32, {0, 8}), target = stream.empty(DType::i64, {0});
  const auto out = ops::cross_entropy(stream, x, target);
  EXPECT_TRUE(out.loss.shape() == (Dims{0}));
  EXPECT_TRUE(ops::cross_entropy_bwd(stream, out.loss, x, out.lse, target).shape() == (Dims{0, 8}));
  EXPECT_EQ(device->counters().blocks, 0U);
}

TEST_P(CrossEntropy, EveryByteMovesOnceInFullVectors) {
  if (!simulates()) GTEST_SKIP() << "SKIP: a GPU counts nothing";
  for (const std::int64_t n : {4096, 16384, 65536}) {
    SCOPED_TRACE(n);
    const PaddedTensor x = random(DType::bf16, {2, n}, 1);
    const Tensor target = upload(stream, DType::i64, {2}, {1, 2});
    const auto bytes = static_cast<std::uint64_t>(2 * n * 2);
    device->reset_statistics();
    const auto out = ops::cross_entropy(stream, x.ref(), target, {.label_smoothing = 0.1F});
    EXPECT_EQ(argument("x").load_bytes, bytes) << "once, even in a loop";
    EXPECT_EQ(argument("target").load_bytes, 16U);
    EXPECT_EQ(argument("loss").store_bytes, 8U);
    EXPECT_EQ(argument("lse").store_bytes, 8U);
    EXPECT_GE(device->counters().vector128_fraction(), 0.98);
    device->reset_statistics();
    ops::cross_entropy_bwd(stream, out.loss, x.ref(), out.lse, target);
    EXPECT_EQ(argument("x").load_bytes, bytes);
    EXPECT_EQ(argument("dx").store_bytes, bytes);
    EXPECT_EQ(argument("dloss").load_bytes, 8U);
    EXPECT_GE(device->counters().vector128_fraction(), 0.98);
  }
}

}  // namespace
}  // namespace tegula::testing
