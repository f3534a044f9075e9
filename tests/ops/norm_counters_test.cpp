// What the norms' kernels move: every input and output once, weights once a block, in full vectors
// and full sectors.
#include <gtest/gtest.h>

#include "tests/ops/norm_case.h"

namespace tegula::testing {
namespace {

class NormCounters : public OpTest {
 protected:
  static constexpr std::int64_t rows = 5;

  /// What the forward of bf16 x with a residual did, at this row length.
  void run(std::int64_t n, DType residual = DType::bf16, DType weight = DType::bf16) {
    const NormCall call(
        stream, {.shape = {rows, n}, .x = DType::bf16, .weight = weight, .residual = residual});
    device->reset_statistics();
    call.forward();
  }
  static NormCase everything(NormFunction function, std::int64_t n) {
    return {.function = function,
            .shape = {rows, n},
            .x = DType::bf16,
            .weight = DType::bf16,
            .bias = DType::bf16,
            .residual = DType::f32,
            .x1 = DType::bf16,
            .weight1 = DType::bf16,
            .bias1 = DType::bf16,
            .dropout_p = 0.27F,
            .prenorm = true,
            .return_dropout_mask = true};
  }
  void expect_loaded(const char* name, std::int64_t bytes) const {
    EXPECT_EQ(argument(name).load_bytes, static_cast<std::uint64_t>(bytes)) << name;
    EXPECT_EQ(argument(name).store_bytes, 0U) << name;
  }
  void expect_stored(const char* name, std::int64_t bytes) const {
    EXPECT_EQ(argument(name).store_bytes, static_cast<std::uint64_t>(bytes)) << name;
    EXPECT_EQ(argument(name).load_bytes, 0U) << name;
  }
  /// A vector of `bytes` is loaded at most once a block; where several rows share one, each row's
  /// threads ask for it themselves.
  void expect_once_a_block(const char* name, std::int64_t bytes, std::int64_t blocks,
                           const ops::RowConfig& config) const {
    EXPECT_GE(argument(name).load_bytes, static_cast<std::uint64_t>(bytes)) << name;
    EXPECT_LE(argument(name).load_bytes, static_cast<std::uint64_t>(bytes * blocks * config.rows))
        << name;
  }
};
INSTANTIATE_TEST_SUITE_P(Sim, NormCounters, ::testing::Values("sim:sm_80", "sim:sm_90a"),
                         target_name);

constexpr std::int64_t lengths[] = {8, 64, 128, 1000, 3000, 4096, 5120, 8192, 12288, 16384};

TEST_P(NormCounters, TheForwardMovesEveryByteOnce) {
  for (const NormFunction f : {NormFunction::rms, NormFunction::layer})
    for (const std::int64_t n : lengths) {
      SCOPED_TRACE(n);
      const NormCall call(stream, everything(f, n));
      device->reset_statistics();
      call.forward();
      const std::int64_t count = rows * n;
      expect_loaded("x", count * 2);
      expect_loaded("x1", count * 2);
      expect_loaded("residual", count * 4);
      expect_stored("y", count * 2);
      expect_stored("y1", count * 2);
      expect_stored("residual_out", count * 4);
      expect_stored("mask", count);
      expect_stored("mask1", count);
      expect_stored("rstd", rows * 4);
      if (f == NormFunction::layer) expect_stored("mean", rows * 4);
      const auto blocks = static_cast<std::int64_t>(device->counters().blocks);
      for (const char* vector : {"weight", "bias", "weight1", "bias1"})
        expect_once_a_block(vector, n * 2, blocks, ops::choose_row_config(rows, n));
    }
}

TEST_P(NormCounters, TheBackwardMovesEveryByteOnce) {
  for (const NormFunction f : {NormFunction::rms, NormFunction::layer})
    for (const std::int64_t n : lengths) {
      SCOPED_TRACE(n);
      const NormCall call(stream, everything(f, n));
      const ops::NormOut saved = call.forward();
      device->reset_statistics();
      call.backward(saved);
      const std::int64_t count = rows * n;
      expect_loaded("dy", count * 2);
      expect_loaded("dy1", count * 2);
      expect_loaded("s", count * 4);
      expect_loaded("dresidual_out", count * 4);
      expect_stored("dx", count * 2);
      expect_stored("dx1", count * 2);
      expect_stored("dresidual", count * 4);
      const ops::NormRowConfig config =
          ops::choose_norm_bwd_config(rows, n, stream.device()->target().arch != "sm_80");
      const std::int64_t blocks = (rows + config.rows - 1) / config.rows;
      for (const char* vector : {"weight", "weight1"})
        expect_once_a_block(vector, n * 2, blocks, config);
      for (const char* gradient : {"dweight", "dbias", "dweight1", "dbias1"})
        expect_stored(gradient, n * 2);
      // A part from each block, written and read once.
      for (const char* parts : {"dweight_parts", "dbias_parts", "dweight1_parts", "dbias1_parts"}) {
        EXPECT_LE(argument(parts).store_bytes, static_cast<std::uint64_t>(count * 4)) << parts;
        EXPECT_EQ(argument(parts).load_bytes, argument(parts).store_bytes) << parts;
      }
    }
}

TEST_P(NormCounters, PartsOfTheBackwardAreBounded) {
  // As many as the device runs blocks side by side, however many rows there are.
  const auto parts_of = [&](std::int64_t many) {
    const NormCall call(stream, {.shape = {many, 512}, .x = DType::bf16, .weight = DType::bf16});
    const ops::NormOut saved = call.forward();
    device->reset_statistics();
    call.backward(saved);
    return argument("dweight_parts").store_bytes;
  };
  const std::uint64_t few = parts_of(4096);
  EXPECT_EQ(parts_of(8192), few);
  EXPECT_LE(few, 16U * static_cast<unsigned>(stream.device()->multiprocessors()) * 512 * 4);
}

TEST_P(NormCounters, LongRowsMoveInFullVectors) {
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

TEST_P(NormCounters, ResidualsInF32MoveInFullVectorsToo) {
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
      expect_loaded("residual", rows * n * 4);
      expect_stored("y", rows * n * 2);
    }
}

// A cluster's blocks hold such a row together; where there are none it is read a second time.
TEST_P(NormCounters, ALongerRow) {
  const bool clusters = stream.device()->target().arch != "sm_80";
  for (const std::int64_t n : {20000, 65536}) {
    SCOPED_TRACE(n);
    run(n);
    expect_loaded("x", (clusters ? 1 : 2) * rows * n * 2);
    expect_stored("y", rows * n * 2);
    EXPECT_GE(device->counters().vector128_fraction(), 0.98);
    EXPECT_EQ(device->counters().global_sectors, device->counters().min_sectors);
  }
}

TEST_P(NormCounters, ALongerRowBackward) {
  const bool clusters = stream.device()->target().arch != "sm_80";
  for (const std::int64_t n : {20000, 65536}) {
    SCOPED_TRACE(n);
    const NormCall call(stream, everything(NormFunction::layer, n));
    const ops::NormOut saved = call.forward();
    device->reset_statistics();
    call.backward(saved);
    expect_loaded("dy", (clusters ? 1 : 2) * rows * n * 2);
    expect_loaded("s", (clusters ? 1 : 2) * rows * n * 4);
    expect_loaded("dresidual_out", rows * n * 4);
    expect_stored("dx", rows * n * 2);
  }
}

}  // namespace
}  // namespace tegula::testing
