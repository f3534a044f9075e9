// Each op with each of its dimensions long: all its blocks stand on the grid's first axis, the only
// one that takes more than 65,535. Kernels are compiled, but the device runs nothing, and nothing
// lies where the tensors are said to.
#include "tegula/ops.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "tests/runtime/device/fake_device.h"
#include "tests/runtime/expect_error.h"

namespace tegula::testing {
namespace {

constexpr std::int64_t many = 140'000'000;  // more than 65,535 tiles of 2048

class LongGrids : public ::testing::Test {
 protected:
  std::shared_ptr<FakeDevice> device = std::make_shared<FakeDevice>("fake:long_grids");
  Stream stream{device};

  /// A tensor far from every other.
  TensorRef tensor(DType dtype, const Dims& shape) {
    place += std::uintptr_t{1} << 40;
    return contiguous(reinterpret_cast<void*>(place), dtype, shape, *device);
  }
  TensorRef half(const Dims& shape) { return tensor(bf16, shape); }

  /// The op's launches, of which the largest must have at least `blocks`.
  void expect_blocks(const std::string& what, std::int64_t blocks,
                     const std::function<void()>& op) {
    SCOPED_TRACE(what);
    device->launches.clear();
    ASSERT_NO_THROW(op());
    std::int64_t most = 0;
    for (const FakeLaunch& launch : device->launches) {
      most = std::max<std::int64_t>(most, launch.grid[0]);
      EXPECT_EQ(launch.grid[1], 1U);
      EXPECT_EQ(launch.grid[2], 1U);
    }
    EXPECT_GE(most, blocks);
  }

 private:
  std::uintptr_t place = 0;
};

TEST_F(LongGrids, Rotary) {
  struct Case {
    const char* what;
    Dims x;
    std::int64_t pairs, blocks;
  };
  for (const auto& [what, x, pairs, blocks] :
       {Case{"positions", {1, 530'000, 1, 256}, 128, 66'250},
        {"many positions", {1, 70'000'000, 1, 64}, 32, 2'187'500},
        {"batch", {many, 1, 1, 4}, 2, many},
        {"heads", {1, 1, many, 4}, 2, 68'000},
        {"elements that pass", {1, 2, 1, 1 << 20}, 8, 1},
        {"all", {1000, 1000, 1000, 4}, 2, 400'000}}) {
    const TensorRef table = half({x[1], pairs}), offsets = tensor(DType::i32, {x[0]});
    for (const bool interleaved : {false, true})
      expect_blocks(what, blocks, [&] {
        ops::rotary(stream, half(x), table, table, {.interleaved = interleaved, .out = half(x)});
      });
    expect_blocks(what, blocks, [&] {
      ops::rotary_bwd(stream, half(x), table, table, {.seqlen_offsets = offsets, .out = half(x)});
    });
  }
}

TEST_F(LongGrids, BlocksBeyondEveryGrid) {
  const Dims x = {1 << 20, 4096, 1, 4};
  const TensorRef table = half({4096, 2});
  expect_error(ErrorCode::invalid_argument,
               {"rotary: error: x: more blocks than a grid may have (got 4294967296 blocks; wanted "
                "at most 2147483647); pin a .config with larger tiles"},
               [&] {
                 ops::rotary(stream, half(x), table, table,
                             {.out = half(x), .config = ops::RotaryConfig{1, 1, 1, 1}});
               });
  const ops::RowConfig small = {1, 64, 1};
  const Dims tall = {2'000'000'000, 128};
  expect_error(
      ErrorCode::invalid_argument, {"swiglu: error: a: more blocks", "4000000000 blocks"},
      [&] { ops::swiglu(stream, half(tall), half(tall), {.out = half(tall), .config = small}); });
  expect_error(ErrorCode::invalid_argument, {"dropout: error: x: more blocks"}, [&] {
    ops::dropout(stream, half(tall),
                 {.dropout_p = 0.5F, .rng = ops::RngState{}, .out = half(tall), .config = small});
  });
  expect_error(ErrorCode::invalid_argument, {"dropout_mask: error: m: more blocks"}, [&] {
    ops::dropout_mask(stream, tall[0], tall[1],
                      {.dropout_p = 0.5F,
                       .rng = ops::RngState{},
                       .out = tensor(DType::i1, tall),
                       .config = small});
  });
}

/// The other ops take (..., N): tall and wide.
TEST_F(LongGrids, Rows) {
  struct Case {
    Dims shape;
    std::int64_t elementwise;  ///< blocks of those that cut a row, too
    std::int64_t by_rows;
  };
  for (const auto& [x, elementwise, by_rows] :
       {Case{{many, 8}, many / 256, many / 256}, {{1, many}, many / 2048, 1}}) {
    const std::string what = to_string(x);
    const Dims rows = {x[0]};
    const TensorRef target = tensor(DType::i64, rows), statistic = tensor(f32, rows);
    const TensorRef weight = half({x[1]});
    const ops::RngState rng;
    expect_blocks("softmax " + what, by_rows,
                  [&] { ops::softmax(stream, half(x), {.out = half(x)}); });
    expect_blocks("log_softmax " + what, by_rows,
                  [&] { ops::log_softmax(stream, half(x), {.out = half(x)}); });
    expect_blocks("softmax_bwd " + what, by_rows,
                  [&] { ops::softmax_bwd(stream, half(x), half(x), {.out = half(x)}); });
    expect_blocks("log_softmax_bwd " + what, by_rows,
                  [&] { ops::log_softmax_bwd(stream, half(x), half(x), {.out = half(x)}); });
    expect_blocks("cross_entropy " + what, by_rows, [&] {
      ops::cross_entropy(stream, half(x), target, {.loss = tensor(f32, rows), .lse = statistic});
    });
    expect_blocks("cross_entropy_bwd " + what, by_rows, [&] {
      ops::cross_entropy_bwd(stream, statistic, half(x), tensor(f32, rows), target,
                             {.out = half(x)});
    });
    expect_blocks("swiglu " + what, elementwise,
                  [&] { ops::swiglu(stream, half(x), half(x), {.out = half(x)}); });
    expect_blocks("swiglu_bwd " + what, elementwise, [&] {
      ops::swiglu_bwd(stream, half(x), half(x), half(x), {.da = half(x), .db = half(x)});
    });
    expect_blocks("dropout " + what, elementwise, [&] {
      ops::dropout(stream, half(x), {.dropout_p = 0.5F, .rng = rng, .out = half(x)});
    });
    expect_blocks("dropout_bwd " + what, elementwise, [&] {
      ops::dropout_bwd(stream, half(x), {.dropout_p = 0.5F, .rng = rng, .out = half(x)});
    });
    expect_blocks("dropout_mask " + what, elementwise, [&] {
      ops::dropout_mask(stream, x[0], x[1],
                        {.dropout_p = 0.5F, .rng = rng, .out = tensor(DType::i1, x)});
    });
    expect_blocks("rms_norm_fn " + what, by_rows, [&] {
      ops::rms_norm_fn(stream, half(x), weight, {.out = half(x), .rstd = statistic});
    });
    expect_blocks("layer_norm_fn " + what, by_rows, [&] {
      ops::layer_norm_fn(stream, half(x), weight,
                         {.out = half(x), .rstd = statistic, .mean = tensor(f32, rows)});
    });
    // Sums over rows are of few blocks, which loop; a tile of columns has some of its own.
    const std::int64_t tiles = x[1] / 2048;
    expect_blocks("rms_norm_fn_bwd " + what, tiles, [&] {
      ops::rms_norm_fn_bwd(stream, half(x), half(x), statistic, weight, {.dx = half(x)});
    });
    expect_blocks("layer_norm_fn_bwd " + what, tiles, [&] {
      ops::layer_norm_fn_bwd(stream, half(x), half(x), statistic, weight,
                             {.mean = tensor(f32, rows), .dx = half(x)});
    });
  }
}

}  // namespace
}  // namespace tegula::testing
