// What the kernel moves: every byte once, in full vectors and full sectors.
#include <gtest/gtest.h>

#include "tests/ops/rms_case.h"

namespace tegula::testing {
namespace {

class RmsNormCounters : public OpTest {
 protected:
  static constexpr std::int64_t rows = 5;

  /// Runs bf16 x with a residual at this row length; the counters are the device's.
  void run(std::int64_t n, DType residual_type = DType::bf16, DType weight_type = DType::bf16) {
    device->reset_statistics();
    const PaddedTensor x(stream, DType::bf16, {rows, n}, 0, normal_values(rows * n, 1));
    const PaddedTensor residual(stream, residual_type, {rows, n}, 0, normal_values(rows * n, 2));
    const PaddedTensor weight(stream, weight_type, {n}, 0, normal_values(n, 3));
    ops::RmsNormOptions options;
    options.residual = residual.ref();
    ops::rms_norm_fn(stream, x.ref(), weight.ref(), options);
  }
};
INSTANTIATE_TEST_SUITE_P(Sim, RmsNormCounters, ::testing::Values("sim:sm_80", "sim:sm_90a"),
                         target_name);

TEST_P(RmsNormCounters, EveryByteMovesOnce) {
  for (const std::int64_t n : {8, 64, 128, 1000, 3000, 4096, 5120, 8192, 12288, 16384}) {
    SCOPED_TRACE(n);
    run(n);
    const auto bytes = static_cast<std::uint64_t>(rows * n * 2);
    for (const char* input : {"x", "residual"}) {
      EXPECT_EQ(argument(input).load_bytes, bytes) << input;
      EXPECT_EQ(argument(input).store_bytes, 0U) << input;
    }
    for (const char* output : {"y", "residual_out"}) {
      EXPECT_EQ(argument(output).store_bytes, bytes) << output;
      EXPECT_EQ(argument(output).load_bytes, 0U) << output;
    }
    EXPECT_EQ(argument("rstd").store_bytes, rows * 4U);
  }
}

TEST_P(RmsNormCounters, LongRowsMoveInFullVectors) {
  for (const std::int64_t n : {4096, 16384}) {
    SCOPED_TRACE(n);
    run(n);
    const SimCounters& counters = device->counters();
    EXPECT_GE(counters.vector128_fraction(), 0.98);
    EXPECT_LE(static_cast<double>(counters.global_sectors),
              1.01 * static_cast<double>(counters.min_sectors));
    EXPECT_EQ(counters.shared_wavefronts, counters.min_shared_wavefronts);
    EXPECT_EQ(counters.blocks, static_cast<std::uint64_t>(rows));
    EXPECT_EQ(counters.barriers, counters.blocks);  // the fewest that join warps in a sum
  }
}

TEST_P(RmsNormCounters, ResidualsInF32MoveInFullVectorsToo) {
  for (const DType weight : {DType::bf16, DType::f32})
    for (const std::int64_t n : {1024, 3072, 4096, 16384}) {
      SCOPED_TRACE(n);
      run(n, DType::f32, weight);
      const SimCounters& counters = device->counters();
      EXPECT_GE(counters.vector128_fraction(), 0.98);
      // Of a single element, rstd, a sector is touched: not more than it has to be.
      EXPECT_EQ(counters.global_sectors, counters.min_sectors);
      EXPECT_EQ(counters.shared_wavefronts, counters.min_shared_wavefronts);
      EXPECT_EQ(counters.barriers, counters.blocks);
      EXPECT_EQ(argument("residual").load_bytes, static_cast<std::uint64_t>(rows * n * 4));
      EXPECT_EQ(argument("y").store_bytes, static_cast<std::uint64_t>(rows * n * 2));
    }
}

TEST_P(RmsNormCounters, ALongerRowIsReadTwice) {
  run(65536);
  EXPECT_EQ(argument("x").load_bytes, 2U * rows * 65536 * 2);
  EXPECT_EQ(argument("y").store_bytes, 1U * rows * 65536 * 2);
  EXPECT_GE(device->counters().vector128_fraction(), 0.98);
  EXPECT_EQ(device->counters().global_sectors, device->counters().min_sectors);
}

}  // namespace
}  // namespace tegula::testing
