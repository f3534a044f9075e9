// The norms and their gradients by the rule against fp64: dtypes, row lengths, numbers of rows,
// configurations.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/ops/covering.h"
#include "tests/ops/norm_case.h"
#include "tests/runtime/expect_error.h"

namespace tegula::testing {
namespace {

constexpr DType dtypes[] = {DType::f32, DType::f16, DType::bf16};

class Norm : public OpTest {};
INSTANTIATE_TEST_SUITE_P(Ops, Norm, ::testing::ValuesIn(op_targets()), target_name);

TEST_P(Norm, MixesOfDTypes) {
  // Any three tensors meet in each mix. The two architectures share the design: the sizes differ,
  // and so do masks and vectors.
  const std::int64_t n = stream.device()->target().arch == "sm_80" ? 77 : 128;
  bool rms = false;
  for (const std::vector<int>& row : covering_design({3, 3, 3, 3, 3, 3, 3, 3, 2})) {
    NormCase c{.function = (rms = !rms) ? NormFunction::rms : NormFunction::layer, .shape = {5, n}};
    c.x = dtypes[row[0]];
    c.weight = dtypes[row[1]];
    c.bias = dtypes[row[2]];
    c.residual = dtypes[row[3]];
    (row[8] == 0 ? c.x1 : c.rowscale) = dtypes[row[4]];
    c.weight1 = dtypes[row[5]];
    c.bias1 = dtypes[row[6]];
    c.out = dtypes[row[7]];
    c.prenorm = true;
    expect_accurate_gradients(stream, c);
  }
}

TEST_P(Norm, NothingButWeights) {
  for (const DType x : dtypes)
    for (const NormFunction f :
         {NormFunction::rms, NormFunction::layer, NormFunction::layer_as_rms})
      expect_accurate_gradients(stream, {.function = f, .shape = {3, 1000}, .x = x, .weight = x});
}

TEST_P(Norm, EveryKindOfRowLength) {
  for (const std::int64_t n : {1, 2, 3, 7, 8, 18, 33, 77, 128, 1000, 4096, 8191, 8192, 16384}) {
    // Few elements say little of errors, so short rows come in larger numbers.
    const std::int64_t rows = std::max<std::int64_t>(3, 600 / n);
    for (const NormFunction f : {NormFunction::rms, NormFunction::layer}) {
      expect_accurate_gradients(
          stream, {.function = f, .shape = {rows, n}, .x = DType::bf16, .weight = DType::bf16});
      expect_accurate_gradients(stream, {.function = f,
                                         .shape = {rows, n},
                                         .x = DType::f16,
                                         .weight = DType::f32,
                                         .bias = DType::f16,
                                         .residual = DType::f32,
                                         .x1 = DType::f16,
                                         .out = DType::f32,
                                         .dropout_p = 0.27F,
                                         .prenorm = true,
                                         .return_dropout_mask = true});
    }
  }
}

TEST_P(Norm, LongRows) {
  for (const std::int64_t n : {16385, 65536, 262144}) {
    const NormFunction f = n == 65536 ? NormFunction::rms : NormFunction::layer;
    expect_accurate_gradients(stream, {.function = f,
                                       .shape = {n == 262144 ? 1 : 2, n},
                                       .x = DType::bf16,
                                       .weight = DType::f32,
                                       .bias = DType::f32,
                                       .residual = DType::f32,
                                       .weight1 = DType::bf16,
                                       .dropout_p = 0.1F,
                                       .prenorm = true,
                                       .return_dropout_mask = true});
  }
  expect_accurate_gradients(stream, {.shape = {1, 262143}});
}

TEST_P(Norm, ManyRows) {
  // More than one pass of a persistent grid.
  for (const NormFunction f : {NormFunction::rms, NormFunction::layer}) {
    expect_accurate_gradients(
        stream, {.function = f, .shape = {1001, 8}, .x = DType::f16, .weight = DType::f16});
    expect_accurate_gradients(stream, {.function = f,
                                       .shape = {777, 3},
                                       .x = DType::f32,
                                       .bias = DType::f32,
                                       .rowscale = DType::f32});
    expect_accurate_gradients(stream, {.function = f,
                                       .shape = {1500, 200},
                                       .x = DType::bf16,
                                       .weight = DType::bf16,
                                       .residual = DType::bf16,
                                       .dropout_p = 0.5F,
                                       .prenorm = true});
  }
}

TEST_P(Norm, PinnedConfigs) {
  for (const ops::RowConfig& config :
       {ops::RowConfig{1, 128, 1}, ops::RowConfig{4, 128, 8}, ops::RowConfig{2, 1024, 4}})
    expect_accurate_gradients(stream, {.function = NormFunction::layer,
                                       .shape = {5, 77},
                                       .residual = DType::f16,
                                       .dropout_p = 0.27F,
                                       .config = config});
}

TEST_P(Norm, LoopsOverTilesOfTheRow) {
  // Whole tiles only, whole tiles and a rest, and one whole tile and a rest.
  for (const std::int64_t n : {64, 77, 31})
    for (const int rows : {1, 4})
      for (const NormFunction f : {NormFunction::rms, NormFunction::layer})
        expect_accurate_gradients(stream, {.function = f,
                                           .shape = {5, n},
                                           .x = DType::bf16,
                                           .bias = DType::f32,
                                           .residual = DType::bf16,
                                           .x1 = DType::f32,
                                           .weight1 = DType::f16,
                                           .dropout_p = 0.27F,
                                           .prenorm = true,
                                           .return_dropout_mask = true,
                                           .row_padding = 3,
                                           .destinations = true,
                                           .config = ops::RowConfig{rows, 16, 2}});
}

TEST_P(Norm, ClustersOfEverySize) {
  if (stream.device()->target().arch == "sm_80") {
    NormCall call(stream, {.config = ops::NormRowConfig({1, 64, 2}, 2)});
    expect_error(ErrorCode::invalid_argument, {"config.cluster", "no clusters", "got 2 for sm_80"},
                 [&] { call.forward(); });
    return;
  }
  // Rows that fill the blocks' tiles, that end within one, and that leave blocks without any.
  for (const int cluster : {2, 4, 8})
    for (const std::int64_t n : {16 * cluster, 16 * cluster - 7, 11})
      for (const int rows : {1, 4})
        for (const NormFunction f : {NormFunction::rms, NormFunction::layer})
          expect_accurate_gradients(stream, {.function = f,
                                             .shape = {7, n},
                                             .x = DType::f16,
                                             .bias = DType::f32,
                                             .residual = DType::bf16,
                                             .x1 = DType::f32,
                                             .weight1 = DType::f16,
                                             .dropout_p = 0.27F,
                                             .prenorm = true,
                                             .return_dropout_mask = true,
                                             .config = ops::NormRowConfig({rows, 16, 2}, cluster)});
}

TEST_P(Norm, EpsMatters) {
  for (const float eps : {1e-12F, 0.5F, 100.F})
    expect_accurate_gradients(stream, {.function = NormFunction::layer, .eps = eps});
}

}  // namespace
}  // namespace tegula::testing
