// rms_norm_fn by the rule against fp64.
#include <gtest/gtest.h>

#include "tests/ops/rms_case.h"

namespace tegula::testing {
namespace {

constexpr DType dtypes[] = {DType::f32, DType::f16, DType::bf16};

class RmsNorm : public OpTest {};
INSTANTIATE_TEST_SUITE_P(Ops, RmsNorm, ::testing::ValuesIn(op_targets()), target_name);

TEST_P(RmsNorm, EveryMixOfDTypes) {
  // The two architectures share the mixes: the sizes differ, and so do the masks and vectors.
  const std::int64_t n = stream.device()->target().arch == "sm_80" ? 77 : 128;
  for (const DType x : dtypes)
    for (const DType weight : dtypes)
      for (const DType bias : dtypes)
        for (const DType residual : dtypes)
          expect_accurate(
              stream,
              {.shape = {5, n}, .x = x, .weight = weight, .bias = bias, .residual = residual});
}

TEST_P(RmsNorm, EveryDTypeAndSubsetOfTheOptionalTensors) {
  for (const DType x : dtypes)
    for (const bool bias : {false, true})
      for (const bool residual : {false, true}) {
        RmsCase c{.shape = {3, 1000}, .x = x, .weight = x};
        if (bias) c.bias = x;
        if (residual) c.residual = x;
        expect_accurate(stream, c);
      }
}

TEST_P(RmsNorm, EveryKindOfRowLength) {
  for (const std::int64_t n : {1, 2, 7, 77, 128, 1000, 4096, 8191, 8192, 16384, 16385, 65536}) {
    expect_accurate(stream, {.shape = {3, n}, .x = DType::bf16, .weight = DType::bf16});
    expect_accurate(stream, {.shape = {3, n},
                             .x = DType::f32,
                             .weight = DType::f32,
                             .bias = DType::f32,
                             .residual = DType::f32});
    expect_accurate(stream, {.shape = {1, n},
                             .x = DType::f16,
                             .weight = DType::f32,
                             .bias = DType::f16,
                             .residual = DType::f32,
                             .out = DType::f32});
  }
}

TEST_P(RmsNorm, ManyRows) {
  expect_accurate(stream, {.shape = {1001, 8}, .x = DType::f16, .weight = DType::f16});
  expect_accurate(stream, {.shape = {777, 1}, .x = DType::f32, .weight = DType::f32});
}

TEST_P(RmsNorm, StridedRowsAndDestinations) {
  for (const std::int64_t padding : {0, 1, 8})
    for (const std::int64_t n : {77, 128})
      expect_accurate(stream, {.shape = {5, n},
                               .x = DType::bf16,
                               .weight = DType::f32,
                               .residual = DType::f32,
                               .out = DType::f16,
                               .row_padding = padding,
                               .destinations = true});
}

TEST_P(RmsNorm, LeadingDimensionsAreRows) {
  expect_accurate(stream, {.shape = {2, 3, 77}, .residual = DType::bf16, .row_padding = 3});
  expect_accurate(stream, {.shape = {2, 1, 3, 128}, .x = DType::bf16});
  expect_accurate(stream, {.shape = {128}, .x = DType::bf16});
}

TEST_P(RmsNorm, LoopsOverTilesOfTheRow) {
  // Whole tiles only, whole tiles and a rest, and one whole tile and a rest.
  for (const std::int64_t n : {64, 77, 31})
    for (const int rows : {1, 4})
      expect_accurate(stream, {.shape = {5, n},
                               .x = DType::bf16,
                               .bias = DType::f32,
                               .residual = DType::bf16,
                               .row_padding = 3,
                               .destinations = true,
                               .config = ops::RowConfig{rows, 16, 2}});
}

TEST_P(RmsNorm, PinnedConfigs) {
  for (const ops::RowConfig& config :
       {ops::RowConfig{1, 128, 1}, ops::RowConfig{4, 128, 8}, ops::RowConfig{2, 1024, 4}})
    expect_accurate(stream, {.shape = {5, 77}, .residual = DType::f16, .config = config});
}

}  // namespace
}  // namespace tegula::testing
