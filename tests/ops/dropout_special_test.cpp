// What dropout promises beyond numbers: random state in device memory, rows and elements beyond 32
// bits, nothing drawn where nothing is dropped, in place, NaN, bytes.
#include <sys/mman.h>

#include <cmath>
#include <limits>

#include "ops/common/dropout_mask.h"
#include "ops/reference/transfer.h"
#include "tegula/ops/dropout.h"
#include "tests/ops/op_harness.h"
#include "tests/ops/philox_reference.h"

namespace tegula::testing {
namespace {

using reference::download;

class DropoutSpecial : public OpTest {
 protected:
  /// {seed, offset} on the device.
  Tensor state(DType dtype, std::uint64_t seed, std::uint64_t offset) {
    const std::uint64_t values[] = {seed, offset};
    Tensor tensor = stream.empty(dtype, {2});
    tensor.copy_from_host(values, sizeof values);
    return tensor;
  }
  std::vector<double> mask(const ops::RngState& rng, bool of_x1 = false) {
    return download(
        ops::dropout_mask(stream, 5, 130, {.dropout_p = 0.37F, .rng = rng, .of_x1 = of_x1}));
  }
};
INSTANTIATE_TEST_SUITE_P(Ops, DropoutSpecial, ::testing::ValuesIn(op_targets()), target_name);

TEST_P(DropoutSpecial, StateInMemoryIsThatByValue) {
  constexpr std::uint64_t seed = 0xfedcba9876543210;
  for (const DType dtype : {DType::i64, DType::u64})
    // Sums carry into the upper half, and past the end.
    for (const auto& [in_memory, added] : {std::pair<std::uint64_t, std::uint64_t>{6, 0},
                                           {0xffffffff, 0},
                                           {0xffffffff, 1},
                                           {0x1fffffffe, 4},
                                           {0xffffffffffffffff, 3}})
      for (const bool of_x1 : {false, true}) {
        const Tensor memory = state(dtype, seed, in_memory);
        const auto got = mask({.seed = 1, .offset = added, .memory = memory}, of_x1);
        EXPECT_EQ(got, mask({.seed = seed, .offset = in_memory + added}, of_x1));
        EXPECT_EQ(got[131],
                  rng_doc::kept(seed, in_memory + added,
                                of_x1 ? rng_doc::Operand::x1 : rng_doc::Operand::x, 1, 1, 0.37F));
      }
}

TEST_P(DropoutSpecial, AdvancingMemoryDrawsAnew) {
  const Tensor memory = state(DType::i64, 7, 10);
  ops::RngState rng = {.memory = memory};
  const auto first = mask(rng.next()), second = mask(rng.next());
  EXPECT_EQ(first, mask({.seed = 7, .offset = 10}));
  EXPECT_EQ(second, mask({.seed = 7, .offset = 12}));
  const std::uint64_t advanced[] = {7, 14};
  memory.ref().device->copy_to_device(memory.data(), advanced, sizeof advanced);
  EXPECT_EQ(mask({.memory = memory}), mask({.seed = 7, .offset = 14}));
}

/// The mask of rows and columns that no tensor here has.
void far_mask(const ops::RowConfig& c, Out mask, OptIn state, U64 seed, U64 offset, U32 threshold,
              I64 first_row, I32 first_column) {
  auto [i] = grid({cdiv(mask.dim(0), c.rows)});
  Tile row = (i.to(i64) * c.rows + iota(i64, c.rows) + first_row).reshape({c.rows, 1});
  Mask keep = ops::kept(ops::dropout_state(state, seed, offset), ops::DropoutStream::x, row,
                        first_column, c.bn, threshold);
  mask.tiles({c.rows, c.bn}).store(keep.to(i1), {i, 0});
}
const auto far_kernel =
    kernel("far_mask", far_mask,
           {"mask", "state", "seed", "offset", "threshold", "first_row", "first_column"})
        .field("rows", &ops::RowConfig::rows)
        .field("bn", &ops::RowConfig::bn)
        .field("warps", &ops::RowConfig::warps);

TEST_P(DropoutSpecial, RowsBeyond32Bits) {
  constexpr std::int64_t rows = 6, n = 64;
  constexpr std::int32_t column = (1 << 30) + 8;
  for (const std::int64_t first :
       {(std::int64_t{1} << 31) - 3, (std::int64_t{1} << 32) - 3, std::int64_t{1} << 62}) {
    const Tensor out = stream.empty(DType::i1, {rows, n});
    far_kernel.with({2, n, 1}).launch(stream, out, TensorRef{}, 42, 1, rng_doc::threshold(0.27F),
                                      first, column);
    const std::vector<double> got = download(out);
    for (std::int64_t i = 0; i < rows * n; ++i)
      ASSERT_EQ(got[static_cast<std::size_t>(i)],
                rng_doc::kept(42, 1, rng_doc::Operand::x, static_cast<std::uint64_t>(first + i / n),
                              static_cast<std::uint64_t>(column + i % n), 0.27F));
  }
}

TEST_P(DropoutSpecial, ElementsBeyond31Bits) {
  if (!simulates()) GTEST_SKIP() << "SKIP: host memory";
  constexpr std::int64_t pitch = (std::int64_t{1} << 31) + 64, rows = 3, n = 100;
  constexpr std::size_t bytes = pitch * rows * 4;
  void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) GTEST_SKIP() << "SKIP: no 25 GiB of addresses";
  const TensorRef x{memory, DType::f32, {rows, n}, {pitch, 1}, stream.device().get()};
  for (std::int64_t i = 0; i < rows * n; ++i)
    static_cast<float*>(memory)[i / n * pitch + i % n] = static_cast<float>(i + 1);
  const ops::DropoutOptions options = {.dropout_p = 0.5F, .rng = ops::RngState{.seed = 3}};
  const auto near = download(ops::dropout(stream, x, options).y);
  ops::DropoutOptions in_place = options;
  in_place.out = x;
  ops::dropout(stream, x, in_place);
  for (std::int64_t i = 0; i < rows * n; ++i) {
    const bool kept = rng_doc::kept(3, 0, rng_doc::Operand::x, static_cast<std::uint64_t>(i / n),
                                    static_cast<std::uint64_t>(i % n), 0.5F);
    const double wanted = kept ? static_cast<double>(i + 1) * 2 : 0;
    EXPECT_EQ(near[static_cast<std::size_t>(i)], wanted);
    EXPECT_EQ(static_cast<float*>(memory)[i / n * pitch + i % n], wanted);
  }
  munmap(memory, bytes);
}

TEST_P(DropoutSpecial, NothingIsDrawnWhereNothingIsDropped) {
  const std::vector<double> values = normal_values(3 * 77, 1);
  const Tensor x = upload(stream, DType::f32, {3, 77}, values);
  const Tensor memory = state(DType::i64, 1, 2);
  device->reset_statistics();
  for (const float p : {0.F, 0x1p-17F})
    for (const bool given : {false, true}) {
      ops::DropoutOptions options = {.dropout_p = p, .return_mask = true};
      if (given) options.rng = ops::RngState{.memory = memory};
      const ops::DropoutOut out = ops::dropout(stream, x, options);
      EXPECT_EQ(download(out.y), download(x));
      EXPECT_EQ(download(*out.mask), std::vector<double>(3 * 77, 1));
      EXPECT_EQ(download(ops::dropout_bwd(stream, x, options)), download(x));
      EXPECT_EQ(download(ops::dropout_mask(stream, 3, 77, {.dropout_p = p, .rng = options.rng})),
                std::vector<double>(3 * 77, 1));
    }
  EXPECT_EQ(argument("state").load_bytes, 0U);
  if (!simulates()) return;
  ops::dropout(stream, x, {.dropout_p = 0.5F, .rng = ops::RngState{.memory = memory}});
  EXPECT_GT(argument("state").load_bytes, 0U);
}

TEST_P(DropoutSpecial, InPlaceAndSpecialNumbers) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  const ops::RngState rng = {.seed = 9};
  for (const DType dtype : {DType::f32, DType::f16, DType::bf16})
    for (const double value : {std::nan(""), infinity, -infinity}) {
      const Tensor x = upload(stream, dtype, {1, 64}, std::vector<double>(64, value));
      ops::dropout(stream, x, {.dropout_p = 0.5F, .rng = rng, .out = x});
      const std::vector<double> y = download(x);
      for (std::size_t i = 0; i < y.size(); ++i)
        if (!rng_doc::kept(9, 0, rng_doc::Operand::x, 0, i, 0.5F))
          EXPECT_EQ(y[i], 0);
        else if (std::isnan(value))
          EXPECT_TRUE(std::isnan(y[i]));
        else
          EXPECT_EQ(y[i], value);
    }
}

TEST_P(DropoutSpecial, NothingToDo) {
  const ops::RngState rng = {.seed = 9};
  for (const Dims& shape : {Dims{0, 8}, Dims{3, 0}}) {
    const Tensor x = stream.empty(DType::f32, shape);
    const ops::DropoutOut out =
        ops::dropout(stream, x, {.dropout_p = 0.5F, .rng = rng, .return_mask = true});
    EXPECT_TRUE(out.y.shape() == shape && out.mask->shape() == shape);
    EXPECT_TRUE(ops::dropout_bwd(stream, x, {.dropout_p = 0.5F, .rng = rng}).shape() == shape);
    EXPECT_TRUE(
        ops::dropout_mask(stream, shape[0], shape[1], {.dropout_p = 0.5F, .rng = rng}).shape() ==
        shape);
  }
  EXPECT_EQ(device->counters().blocks, 0U);
}

TEST_P(DropoutSpecial, EveryByteMovesOnceAndThreadsKeepTheirNumbers) {
  if (!simulates()) GTEST_SKIP() << "SKIP: a GPU counts nothing";
  const ops::RngState rng = {.seed = 9};
  for (const DType dtype : {DType::bf16, DType::f32})
    for (const std::int64_t n : {1000, 4096}) {
      const PaddedTensor x = random(dtype, {2, n}, 1);
      device->reset_statistics();
      ops::dropout(stream, x.ref(), {.dropout_p = 0.5F, .rng = rng});
      const auto bytes = static_cast<std::uint64_t>(2 * n * dtype_bytes(dtype));
      EXPECT_EQ(argument("x").load_bytes, bytes);
      EXPECT_EQ(argument("y").store_bytes, bytes);
      EXPECT_EQ(device->counters().vector128_fraction(), 1);
      EXPECT_EQ(device->counters().barriers, 0U);
      EXPECT_EQ(device->counters().shared_wavefronts, 0U);
    }
}

}  // namespace
}  // namespace tegula::testing
