// What the norms promise beyond numbers: aliases, empty tensors, NaN and Inf, sums that overflow,
// statistics that cancel, the same bits in every run, reuse of kernels.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "ops/reference/transfer.h"
#include "runtime/launch/recorders.h"
#include "tests/ops/norm_case.h"

namespace tegula::testing {
namespace {

using reference::download;

class NormSpecial : public OpTest {
 protected:
  static constexpr std::int64_t n = 256;
  PaddedTensor weight{stream, DType::f32, {n}, 0, std::vector<double>(n, 1)};

  /// The norm of the rows of `values`, and its gradients where dy is 1 and -1 by turns.
  struct Run {
    std::vector<double> y, rstd, mean, dx;
  };
  Run run(bool rms, const std::vector<double>& values) {
    const auto rows = static_cast<std::int64_t>(values.size()) / n;
    const Tensor x = upload(stream, DType::f32, {rows, n}, values);
    std::vector<double> signs(values.size());
    for (std::size_t i = 0; i < signs.size(); ++i) signs[i] = i % 2 == 0 ? 1 : -1;
    const Tensor dy = upload(stream, DType::f32, {rows, n}, signs);
    const auto forward = rms ? ops::rms_norm_fn : ops::layer_norm_fn;
    const auto backward = rms ? ops::rms_norm_fn_bwd : ops::layer_norm_fn_bwd;
    const ops::NormOut out = forward(stream, x, weight.ref(), {});
    ops::NormBwdOptions options;
    if (out.mean) options.mean = *out.mean;
    const ops::NormGrads got = backward(stream, dy, x, *out.rstd, weight.ref(), options);
    return {download(out.y), download(*out.rstd),
            out.mean ? download(*out.mean) : std::vector<double>{}, download(got.dx)};
  }
};
INSTANTIATE_TEST_SUITE_P(Ops, NormSpecial, ::testing::ValuesIn(op_targets()), target_name);

TEST_P(NormSpecial, NoRows) {
  for (const NormFunction f : {NormFunction::rms, NormFunction::layer}) {
    const runtime::LaunchRecorder recorder;
    expect_accurate_gradients(stream, {.function = f,
                                       .shape = {2, 0, 77},
                                       .weight = DType::bf16,
                                       .bias = DType::f32,
                                       .residual = DType::f32,
                                       .weight1 = DType::f16,
                                       .prenorm = true});
    EXPECT_TRUE(recorder.launches().empty());
  }
}

TEST_P(NormSpecial, NoColumns) {
  const Tensor x = stream.empty(DType::f32, {3, 0}), none = stream.empty(DType::f32, {0});
  const runtime::LaunchRecorder recorder;
  for (const std::int64_t stride : {1, 2}) {
    const PaddedTensor rstd = blank(DType::f32, {3, 1}, stride - 1);
    TensorRef column = rstd.ref();
    column.shape = {3};
    column.strides = {stride};
    const ops::NormOut out = ops::layer_norm_fn(stream, x, none, {.rstd = column});
    for (const double value : rstd.values()) EXPECT_TRUE(std::isnan(value));
    for (const double value : download(*out.mean)) EXPECT_TRUE(std::isnan(value));
    const ops::NormGrads got =
        ops::layer_norm_fn_bwd(stream, x, x, column, none, {.mean = *out.mean});
    EXPECT_TRUE(got.dx.shape() == (Dims{3, 0}));
    EXPECT_TRUE(got.dweight.shape() == Dims{0});
  }
  EXPECT_TRUE(recorder.launches().empty());
}

TEST_P(NormSpecial, NanAndInfStayInTheirRow) {
  std::vector<double> values = normal_values(3 * n, 1);
  values[5] = std::nan("");
  values[n + 7] = std::numeric_limits<double>::infinity();
  for (const bool rms : {true, false}) {
    const Run got = run(rms, values);
    for (std::size_t j = 0; j < n; ++j) {
      EXPECT_TRUE(std::isnan(got.y[j])) << "a NaN makes the whole row NaN";
      EXPECT_TRUE(std::isnan(got.dx[j]));
      // Of an rms norm rstd is 0: Inf * 0 is NaN, anything else 0. The mean of a layer norm is Inf,
      // from which Inf is NaN away, and so the row is NaN.
      if (j == 7 || !rms)
        EXPECT_TRUE(std::isnan(got.y[n + j])) << j;
      else
        EXPECT_EQ(got.y[n + j], 0);
      EXPECT_TRUE(std::isnan(got.dx[n + j])) << "Inf * 0 is in the mean of h * g";
      EXPECT_TRUE(std::isfinite(got.y[2 * n + j]));
      EXPECT_TRUE(std::isfinite(got.dx[2 * n + j]));
    }
    EXPECT_TRUE(std::isnan(got.rstd[0]));
    if (rms)
      EXPECT_EQ(got.rstd[1], 0);
    else
      EXPECT_TRUE(std::isnan(got.rstd[1]));
  }
}

TEST_P(NormSpecial, SumsOfSquaresThatOverflow) {
  // As the formula has it in f32: the mean of squares is Inf, so rstd and the result are 0.
  std::vector<double> values = normal_values(2 * n, 1);
  for (std::size_t j = 0; j < n; ++j) values[j] = j % 2 == 0 ? 1e30 : -1e30;
  for (const bool rms : {true, false}) {
    const Run got = run(rms, values);
    EXPECT_EQ(got.rstd[0], 0);
    for (std::size_t j = 0; j < n; ++j) {
      EXPECT_EQ(got.y[j], 0);
      EXPECT_EQ(got.dx[j], 0);
      EXPECT_NE(got.y[n + j], 0);
    }
  }
}

TEST_P(NormSpecial, TinyAndZeroRows) {
  // eps alone is left below the root.
  std::vector<double> values(2 * n, 0);
  for (std::size_t j = 0; j < n; ++j) values[n + j] = j % 2 == 0 ? 1e-30 : -1e-30;
  for (const bool rms : {true, false}) {
    const Run got = run(rms, values);
    for (const double rstd : got.rstd) EXPECT_NEAR(rstd, 1000, 0.01);
    for (std::size_t j = 0; j < n; ++j) {
      EXPECT_EQ(got.y[j], 0);
      EXPECT_NEAR(got.y[n + j], j % 2 == 0 ? 1e-27 : -1e-27, 1e-31);
    }
  }
}

TEST_P(NormSpecial, ConstantRowsHaveNoDeviation) {
  const Run got = run(false, std::vector<double>(n, 3));
  EXPECT_EQ(got.mean, std::vector<double>{3});
  EXPECT_NEAR(got.rstd[0], 1000, 0.01) << "1 / sqrt(eps)";
  for (const double y : got.y) EXPECT_EQ(y, 0);
}

TEST_P(NormSpecial, MeansFarLargerThanTheSpread) {
  // The mean of squares less the square of the mean would have no digit left. Values that f32 holds
  // exactly, about 2^14.
  std::vector<double> values;
  for (const double value : normal_values(n, 1))
    values.push_back(0x1p14 + std::nearbyint(value * 0x1p9) * 0x1p-9);
  const Run got = run(false, values);
  double mean = 0, squares = 0;
  for (const double value : values) mean += value / n;
  for (const double value : values) squares += (value - mean) * (value - mean) / n;
  EXPECT_NEAR(got.rstd[0], 1 / std::sqrt(squares), 1e-5);
  for (std::size_t j = 0; j < n; ++j)
    EXPECT_NEAR(got.y[j], (values[j] - mean) / std::sqrt(squares), 0x1p-9) << "an ulp of the mean";
}

TEST_P(NormSpecial, TheOrderOfBlocksAndWarpsDoesNotMatter) {
  for (const NormFunction f : {NormFunction::rms, NormFunction::layer}) {
    NormCall call(stream, {.function = f,
                           .shape = {60, 77},
                           .bias = DType::f32,
                           .residual = DType::bf16,
                           .x1 = DType::f16,
                           .weight1 = DType::f32,
                           .bias1 = DType::f32,
                           .dropout_p = 0.27F,
                           .prenorm = true});
    const auto results = [&] {
      const ops::NormOut saved = call.forward();
      const ops::NormGrads g = call.backward(saved);
      std::vector<std::vector<double>> all;
      for (const Tensor& tensor :
           {saved.y, *saved.y1, *saved.residual_out, *saved.rstd, g.dx, *g.dresidual, *g.dx1,
            g.dweight, *g.dbias, *g.dweight1, *g.dbias1})
        all.push_back(download(tensor));
      return all;
    };
    device->options().seed = 0;
    const auto first = results();
    for (std::uint64_t seed = 1; seed <= 50; ++seed) {
      device->options().seed = seed;
      ASSERT_EQ(results(), first) << seed;
    }
  }
}

TEST_P(NormSpecial, ASecondCallUsesTheSameKernels) {
  const NormCall call(stream, {.shape = {4, n}, .x = DType::f16, .dropout_p = 0.5F});
  const ops::NormOut saved = call.forward();
  call.backward(saved);
  const runtime::LaunchRecorder recorder;
  call.backward(call.forward());
  ASSERT_GE(recorder.launches().size(), 2U);
  EXPECT_EQ(recorder.launches()[0].kernel, "rms_norm_fwd");
  for (const auto& launch : recorder.launches()) EXPECT_EQ(launch.source, "memory");
}

}  // namespace
}  // namespace tegula::testing
