// The norms' dropout: its masks are those of docs/rng.md whatever the kernel, and nothing is drawn
// where nothing is dropped.
#include <gtest/gtest.h>

#include <cmath>

#include "ops/reference/transfer.h"
#include "tests/ops/norm_case.h"

namespace tegula::testing {
namespace {

using reference::download;

class NormMasks : public OpTest {
 protected:
  static NormCase masked(std::int64_t n) {
    return {.shape = {9, n},
            .x1 = DType::f32,
            .dropout_p = 0.27F,
            .prenorm = true,
            .return_dropout_mask = true};
  }
  /// {seed, offset} in memory.
  Tensor state(DType dtype, std::uint64_t seed, std::uint64_t offset) {
    Tensor memory = stream.empty(dtype, {2});
    const std::uint64_t words[2] = {seed, offset};
    memory.copy_from_host(words, sizeof words);
    return memory;
  }
};
INSTANTIATE_TEST_SUITE_P(Ops, NormMasks, ::testing::ValuesIn(op_targets()), target_name);

TEST_P(NormMasks, OfXAndOfX1Differ) {
  const NormCall call(stream, masked(1000));
  const ops::NormOut got = call.forward();
  const std::vector<double> mask = download(*got.mask), mask1 = download(*got.mask1);
  EXPECT_NE(mask, mask1);
  for (const std::vector<double>& each : {mask, mask1}) {
    double kept = 0;
    for (const double keep : each) kept += keep;
    // 9,000 draws: five standard deviations are 0.023.
    EXPECT_NEAR(kept / static_cast<double>(each.size()), 0.73, 0.024);
  }
}

TEST_P(NormMasks, AreTheSameHoweverRowsAreCut) {
  for (const std::int64_t n : {5, 77, 128})
    for (const ops::RowConfig& config : {ops::RowConfig{1, 8, 1}, ops::RowConfig{4, 16, 1},
                                         ops::RowConfig{1, 128, 4}, ops::RowConfig{8, 128, 2}}) {
      NormCase c = masked(n);
      c.config = config;
      expect_accurate_gradients(stream, c);
    }
}

TEST_P(NormMasks, SeedsAndOffsetsOf64Bits) {
  for (const ops::RngState& rng :
       {ops::RngState{.seed = 0, .offset = 0}, ops::RngState{.seed = ~0ULL, .offset = ~0ULL},
        ops::RngState{.seed = 1ULL << 32, .offset = (1ULL << 32) - 1}}) {
    NormCase c = masked(33);
    c.rng = rng;
    expect_accurate_gradients(stream, c);
  }
}

TEST_P(NormMasks, TheStateMayLieInMemory) {
  for (const DType dtype : {DType::i64, DType::u64}) {
    NormCase c = masked(77);
    c.rng = {.seed = 99, .offset = 40};  // what the call amounts to
    NormCall call(stream, c);
    Tensor memory = state(dtype, 99, 36);
    call.options.rng = ops::RngState{.seed = 5, .offset = 4, .memory = memory};
    ops::NormOut saved = call.forward();
    call.expect_forward(saved);
    call.expect_gradients(saved, call.backward(saved));
    // Somebody advances the state: the same call draws anew.
    const std::vector<double> first = download(*saved.mask);
    const std::uint64_t words[2] = {99, 38};
    memory.copy_from_host(words, sizeof words);
    EXPECT_NE(download(*call.forward().mask), first);
  }
}

TEST_P(NormMasks, EveryCallOfAStateDrawsAnew) {
  NormCall call(stream, masked(77));
  ops::RngState state{.seed = 7};
  call.options.rng = state.next();
  const std::vector<double> first = download(*call.forward().mask);
  const std::vector<double> again = download(*call.forward().mask);
  call.options.rng = state.next();
  const ops::NormOut next = call.forward();
  EXPECT_EQ(first, again);
  EXPECT_NE(download(*next.mask), first);
  EXPECT_NE(download(*next.mask1), first);
}

TEST_P(NormMasks, WithoutDropoutNoStateIsTouched) {
  NormCase c = masked(77);
  c.dropout_p = 0;
  NormCall call(stream, c);
  const Tensor memory = state(DType::u64, 1, 2);
  // A state that would be refused, and one that would be read.
  ops::RngState wrong{.memory = memory};
  wrong.memory.dtype = DType::f16;
  for (const ops::RngState& rng : {wrong, ops::RngState{.memory = memory}}) {
    call.options.rng = rng;
    const ops::NormOut saved = call.forward();
    call.expect_forward(saved);
    EXPECT_FALSE(saved.mask.has_value());
    call.expect_gradients(saved, call.backward(saved));
    EXPECT_EQ(argument("rng").load_bytes, 0U);
  }
}

TEST_P(NormMasks, SoLittleDropoutThatAllIsKept) {
  NormCase c = masked(77);
  c.dropout_p = 1e-6F;  // of 65,536 parts not one
  expect_accurate_gradients(stream, c);
}

TEST_P(NormMasks, NearlyEverythingIsDropped) {
  NormCase c = masked(256);
  c.dropout_p = 1 - 0x1p-16F;  // one of 65,536 parts is kept
  c.residual = DType::f32;
  expect_accurate_gradients(stream, c);
}

TEST_P(NormMasks, WhatIsDroppedIsZeroWhateverItWas) {
  NormCase c = masked(77);
  c.x1 = std::nullopt;
  const NormCall call(stream, c);
  const ops::NormOut once = call.forward();
  std::vector<double> values = call.problem().x.data;
  const std::vector<double> mask = download(*once.mask);
  for (std::size_t i = 0; i < values.size(); ++i)
    if (mask[i] == 0) values[i] = i % 2 == 0 ? std::nan("") : INFINITY;
  const Tensor poisoned = upload(stream, DType::f32, c.shape, values);
  const ops::NormOut got = ops::rms_norm_fn(stream, poisoned, call.weight_ref(), call.options);
  EXPECT_EQ(download(got.y), download(once.y));
}

}  // namespace
}  // namespace tegula::testing
