// What rms_norm_fn promises beyond numbers: aliases, NaN and Inf, determinism, reuse of kernels.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "ops/reference/transfer.h"
#include "runtime/launch.h"
#include "tests/ops/rms_case.h"

namespace tegula::testing {
namespace {

using reference::download;

class RmsNormSpecial : public OpTest {
 protected:
  static constexpr std::int64_t n = 256;
  PaddedTensor weight{stream, DType::f32, {n}, 0, std::vector<double>(n, 1)};
};
INSTANTIATE_TEST_SUITE_P(Ops, RmsNormSpecial, ::testing::ValuesIn(op_targets()), target_name);

TEST_P(RmsNormSpecial, PrenormWithoutAResidualAliasesX) {
  const PaddedTensor x(stream, DType::bf16, {2, n}, 0, normal_values(2 * n, 1));
  const ops::NormOut plain = ops::rms_norm_fn(stream, x.ref(), weight.ref());
  EXPECT_FALSE(plain.residual_out.has_value());
  const ops::NormOut prenorm = ops::rms_norm_fn(stream, x.ref(), weight.ref(), {.prenorm = true});
  ASSERT_TRUE(prenorm.residual_out.has_value());
  EXPECT_EQ(prenorm.residual_out->data(), x.ref().data);
}

TEST_P(RmsNormSpecial, RstdOfEmptyRowsIsNan) {
  const Tensor x = stream.empty(DType::f32, {3, 0}), none = stream.empty(DType::f32, {0});
  for (const std::int64_t stride : {1, 2}) {
    PaddedTensor rstd(stream, DType::f32, {3, 1}, stride - 1, {1, 2, 3});
    TensorRef column = rstd.ref();
    column.shape = {3};
    column.strides = {stride};
    ops::rms_norm_fn(stream, x, none, {.rstd = column});
    for (const double value : rstd.values()) EXPECT_TRUE(std::isnan(value));
    EXPECT_TRUE(rstd.padding_untouched());
  }
}

TEST_P(RmsNormSpecial, NanAndInfStayInTheirRow) {
  std::vector<double> values = normal_values(3 * n, 1);
  values[5] = std::nan("");
  values[n + 7] = std::numeric_limits<double>::infinity();
  const PaddedTensor x(stream, DType::f32, {3, n}, 0, values);
  const ops::NormOut got = ops::rms_norm_fn(stream, x.ref(), weight.ref());
  const std::vector<double> y = download(got.y), rstd = download(*got.rstd);
  for (std::size_t j = 0; j < n; ++j) {
    EXPECT_TRUE(std::isnan(y[j])) << "a NaN makes the whole row NaN";
    // rstd is 0: Inf * 0 is NaN, anything else 0.
    if (j == 7)
      EXPECT_TRUE(std::isnan(y[n + j]));
    else
      EXPECT_EQ(y[n + j], 0);
    EXPECT_TRUE(std::isfinite(y[2 * n + j]));
  }
  EXPECT_TRUE(std::isnan(rstd[0]));
  EXPECT_EQ(rstd[1], 0);
}

TEST_P(RmsNormSpecial, TheOrderOfBlocksAndWarpsDoesNotMatter) {
  const PaddedTensor x(stream, DType::f32, {9, n}, 0, normal_values(9 * n, 1));
  const std::vector<double> first = download(ops::rms_norm_fn(stream, x.ref(), weight.ref()).y);
  for (const std::uint64_t seed : {1, 2, 3}) {
    device->options().seed = seed;
    EXPECT_EQ(download(ops::rms_norm_fn(stream, x.ref(), weight.ref()).y), first);
  }
}

TEST_P(RmsNormSpecial, ASecondCallUsesTheSameKernel) {
  const PaddedTensor x(stream, DType::f16, {4, n}, 0, normal_values(4 * n, 1));
  const runtime::LaunchRecorder recorder;
  for (int i = 0; i < 2; ++i) ops::rms_norm_fn(stream, x.ref(), weight.ref());
  ASSERT_EQ(recorder.launches().size(), 2U);
  EXPECT_EQ(recorder.launches()[0].kernel, "rms_norm_fwd");
  EXPECT_EQ(recorder.launches()[1].source, "memory");
}

}  // namespace
}  // namespace tegula::testing
