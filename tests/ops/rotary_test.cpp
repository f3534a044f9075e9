// rotary and its gradient, by the rule against fp64.
#include "tegula/ops/rotary.h"

#include <fmt/format.h>

#include <cmath>
#include <cstring>

#include "ops/reference/rotary.h"
#include "ops/reference/transfer.h"
#include "tests/ops/op_harness.h"

namespace tegula::testing {
namespace {

using reference::download;
using reference::Precision;

struct Case {
  Dims shape = {2, 5, 3, 64};
  std::int64_t pairs = 32;
  DType x = DType::f32, table = DType::f32;
  std::optional<DType> out;
  std::int64_t table_rows = 16, padding = 0;
  std::vector<double> offsets;  ///< seqlen_offsets; empty: none
  ops::RotaryOptions options;
};

class Rotary : public OpTest {
 protected:
  /// Every combination of interleaved and inverse, forward and backward.
  void check(const Case& c) {
    for (const bool interleaved : {false, true})
      for (const bool inverse : {false, true})
        for (const bool backward : {false, true}) check_one(c, interleaved, inverse, backward);
  }

 private:
  void check_one(const Case& c, bool interleaved, bool inverse, bool backward) {
    SCOPED_TRACE(fmt::format("{} {} pairs {} table {} interleaved {} inverse {} backward {}",
                             to_string(c.shape), dtype_name(c.x), c.pairs, dtype_name(c.table),
                             interleaved, inverse, backward));
    const PaddedTensor x = random(c.x, c.shape, 1, c.padding);
    const PaddedTensor cosine = random(c.table, {c.table_rows, c.pairs}, 2, c.padding);
    const PaddedTensor sine = random(c.table, {c.table_rows, c.pairs}, 3, c.padding);
    const PaddedTensor y = blank(c.out.value_or(c.x), c.shape, c.padding);
    ops::RotaryOptions options = c.options;
    options.interleaved = interleaved;
    options.inverse = inverse;
    options.out_dtype = c.out;
    options.out = y.ref();
    Tensor offsets;
    if (!c.offsets.empty()) {
      offsets = upload(stream, DType::i32, {c.shape[0]}, c.offsets);
      options.seqlen_offsets = offsets;
    }
    (backward ? ops::rotary_bwd : ops::rotary)(stream, x.ref(), cosine.ref(), sine.ref(), options);

    reference::RotaryProblem problem = {c.shape[0],
                                        c.shape[1],
                                        c.shape[2],
                                        c.shape[3],
                                        c.table_rows,
                                        c.pairs,
                                        {c.x, x.values()},
                                        {c.table, cosine.values()},
                                        {c.table, sine.values()},
                                        interleaved,
                                        inverse != backward,
                                        {},
                                        y.ref().dtype};
    for (std::size_t b = 0; b < static_cast<std::size_t>(c.shape[0]); ++b)
      problem.offsets.push_back(options.seqlen_offset +
                                (c.offsets.empty() ? 0 : static_cast<std::int64_t>(c.offsets[b])));
    expect_within("y", y.values(), rotary(problem, Precision::fp64),
                  rotary(problem, Precision::plain), y.ref().dtype, backward ? 3 : 2);
    EXPECT_TRUE(y.padding_untouched());
  }
};
INSTANTIATE_TEST_SUITE_P(Ops, Rotary, ::testing::ValuesIn(op_targets()), target_name);

TEST_P(Rotary, EveryKindOfHead) {
  for (const auto& [d, pairs] : {std::pair{128, 64},
                                 {64, 32},
                                 {80, 40},
                                 {128, 10},
                                 {96, 48},
                                 {2, 1},
                                 {7, 3},
                                 {77, 37},
                                 {65, 32}})
    check({.shape = {2, 5, 3, d}, .pairs = pairs, .x = DType::bf16, .table = DType::bf16});
}

TEST_P(Rotary, EveryMixOfDTypes) {
  for (const DType x : {DType::f32, DType::f16, DType::bf16})
    for (const DType table : {DType::f32, DType::f16, DType::bf16})
      check({.shape = {1, 3, 2, 40}, .pairs = 16, .x = x, .table = table, .out = DType::f16});
  check({.x = DType::bf16, .out = DType::f32});
}

TEST_P(Rotary, PositionsAndHeads) {
  check({.shape = {3, 1, 32, 64}, .x = DType::f16});   // decoding
  check({.shape = {1, 65, 1, 64}, .table_rows = 65});  // more positions than one block takes
  check({.shape = {2, 7, 5, 16}, .pairs = 8, .padding = 8});
  check({.shape = {2, 7, 5, 16}, .pairs = 6, .padding = 3});
}

TEST_P(Rotary, HeadsOfWhichMostPasses) {
  check({.shape = {1, 3, 2, 1030}, .pairs = 4, .table_rows = 3});
  check({.shape = {1, 3, 2, 1040}, .pairs = 8, .x = DType::bf16, .table_rows = 3});
}

TEST_P(Rotary, Offsets) {
  check({.options = {.seqlen_offset = 11}});
  check({.shape = {5, 4, 2, 16}, .pairs = 8, .table_rows = 9, .offsets = {0, 5, 3, 1, 2}});
  check({.shape = {3, 4, 2, 16},
         .pairs = 8,
         .table_rows = 9,
         .offsets = {0, 1, 2},
         .options = {.seqlen_offset = 3}});
}

TEST_P(Rotary, PositionsOutsideTheTablesPass) {
  check({.shape = {6, 4, 2, 16},
         .pairs = 6,
         .table_rows = 9,
         .offsets = {6, 9, 100, -1, 2147483647, -2147483648.0}});
  // -3 from 5 on is row 2; the sums do not wrap.
  check({.shape = {6, 4, 2, 16},
         .pairs = 6,
         .table_rows = 9,
         .offsets = {-3, -5, -6, 1, 2147483647, -2147483648.0},
         .options = {.seqlen_offset = 5}});
}

/// Zeros, infinities, NaNs with a payload (quiet ones and signalling ones), a subnormal number, as
/// bits of the dtype.
std::vector<std::uint32_t> special_bits(DType dtype) {
  if (dtype == DType::f32)
    return {0x80000000, 0x7f800000, 0x3fc00000, 0xff800000, 0x7fc12345, 0xff812345, 0, 1};
  if (dtype == DType::f16) return {0x8000, 0x7c00, 0x3e00, 0xfc00, 0x7e12, 0xfd12, 0, 1};
  return {0x8000, 0x7f80, 0x3fc0, 0xff80, 0x7fd2, 0xff92, 0, 1};
}

TEST_P(Rotary, WhatPassesKeepsItsBits) {
  const Dims shape = {3, 3, 3, 11};
  constexpr std::int64_t pairs = 4, count = 3 * 3 * 3 * 11, of_entry = count / 3, head = 11;
  const PaddedTensor cosine = random(DType::f32, {2, pairs}, 2), sine = random(f32, {2, pairs}, 3);
  // Behind the tables, before them, and two positions in them with one that is not.
  const Tensor offsets = upload(stream, DType::i32, {3}, {5, -1, 0});
  const auto passes = [](std::int64_t i) {
    return i < 2 * of_entry || i % of_entry >= 2 * 3 * head || i % head >= 2 * pairs;
  };
  for (const DType dtype : {DType::f32, DType::f16, DType::bf16}) {
    const auto size = static_cast<std::size_t>(dtype_bytes(dtype));
    std::vector<std::byte> before(count * size), after(before.size());
    const std::vector<std::uint32_t> bits = special_bits(dtype);
    for (std::size_t i = 0; i < count; ++i)
      std::memcpy(&before[i * size], &bits[i * 5 % bits.size()], size);
    for (const bool interleaved : {false, true})
      for (const bool in_place : {false, true})
        for (const bool backward : {false, true}) {
          SCOPED_TRACE(fmt::format("{} interleaved {} in place {} backward {}", dtype_name(dtype),
                                   interleaved, in_place, backward));
          Tensor x = stream.empty(dtype, shape);
          x.copy_from_host(before.data(), before.size());
          ops::RotaryOptions options = {.interleaved = interleaved, .seqlen_offsets = offsets};
          if (in_place) options.out = x;
          const Tensor y = (backward ? ops::rotary_bwd : ops::rotary)(stream, x, cosine.ref(),
                                                                      sine.ref(), options);
          y.copy_to_host(after.data(), after.size());
          for (std::int64_t i = 0; i < count; ++i)
            if (passes(i)) {
              const auto at = static_cast<std::size_t>(i) * size;
              ASSERT_EQ(std::memcmp(&before[at], &after[at], size), 0) << "element " << i;
            }
        }
  }
}

TEST_P(Rotary, AnInfinityOutsideTheTablesStaysAlone) {
  const Tensor x = upload(stream, f32, {1, 1, 1, 2}, {INFINITY, 3});
  const Tensor one = upload(stream, f32, {1, 1}, {1}), zero = upload(stream, f32, {1, 1}, {0});
  const Tensor offset = upload(stream, DType::i32, {1}, {5});
  const std::vector<double> same = {INFINITY, 3};
  EXPECT_EQ(download(ops::rotary(stream, x, one, zero, {.seqlen_offsets = offset})), same);
  EXPECT_EQ(download(ops::rotary(stream, x, one, zero,
                                 {.seqlen_offsets = offset, .out_dtype = DType::bf16})),
            same);
}

TEST_P(Rotary, PinnedConfigs) {
  for (const ops::RotaryConfig& config :
       {ops::RotaryConfig{1, 1, 1, 1}, {2, 4, 1, 8}, {8, 1, 3, 2}, {16, 2, 1, 4}}) {
    ops::RotaryOptions options;
    options.config = config;
    check({.shape = {1, 9, 5, 20}, .pairs = 8, .options = options});
  }
}

TEST_P(Rotary, AnyStrideButTheLast) {
  // q of a packed (b, s, 3, h, d), then transposed to (b, h, s, d).
  const Tensor packed = upload(stream, DType::bf16, {2, 5, 3, 4, 16}, normal_values(1920, 1));
  TensorRef q = packed;
  q.shape = {2, 4, 5, 16};
  q.strides = {5 * 3 * 64, 16, 3 * 64, 1};
  const PaddedTensor cosine = random(DType::f32, {4, 8}, 2), sine = random(DType::f32, {4, 8}, 3);
  const std::vector<double> got = download(ops::rotary(stream, q, cosine.ref(), sine.ref()));
  const std::vector<double> all = download(packed);
  std::vector<double> gathered;
  for (std::size_t b = 0; b < 2; ++b)
    for (std::size_t h = 0; h < 4; ++h)
      for (std::size_t s = 0; s < 5; ++s)
        for (std::size_t k = 0; k < 16; ++k)
          gathered.push_back(all[((b * 5 + s) * 3 * 4 + h) * 16 + k]);
  const Tensor dense = upload(stream, DType::bf16, {2, 4, 5, 16}, gathered);
  EXPECT_EQ(got, download(ops::rotary(stream, dense, cosine.ref(), sine.ref())));
}

TEST_P(Rotary, InPlaceAndBack) {
  for (const bool interleaved : {false, true}) {
    const PaddedTensor x = random(DType::f32, {2, 5, 3, 20}, 1, 4);
    std::vector<double> angles = normal_values(40, 2), cosines, sines;
    for (const double angle : angles) {
      cosines.push_back(std::cos(angle));
      sines.push_back(std::sin(angle));
    }
    const Tensor cosine = upload(stream, DType::f32, {5, 8}, cosines);
    const Tensor sine = upload(stream, DType::f32, {5, 8}, sines);
    const std::vector<double> before = x.values();
    const std::vector<double> wanted =
        download(ops::rotary(stream, x.ref(), cosine, sine, {.interleaved = interleaved}));
    ops::rotary(stream, x.ref(), cosine, sine, {.interleaved = interleaved, .out = x.ref()});
    EXPECT_EQ(x.values(), wanted);
    ops::rotary_bwd(stream, x.ref(), cosine, sine, {.interleaved = interleaved, .out = x.ref()});
    const std::vector<double> after = x.values();
    for (std::size_t i = 0; i < before.size(); ++i) EXPECT_NEAR(after[i], before[i], 1e-6);
    EXPECT_TRUE(x.padding_untouched());
  }
}

TEST_P(Rotary, NothingToDo) {
  const Tensor table = stream.empty(DType::f32, {4, 2});
  for (const Dims& shape : {Dims{0, 4, 2, 8}, Dims{2, 0, 2, 8}, Dims{2, 4, 0, 8}})
    EXPECT_TRUE(ops::rotary(stream, stream.empty(DType::f32, shape), table, table).shape() ==
                shape);
  EXPECT_EQ(device->counters().blocks, 0U);
}

TEST_P(Rotary, EveryByteMovesOnceInFullVectors) {
  if (!simulates()) GTEST_SKIP() << "SKIP: a GPU counts nothing";
  const PaddedTensor x = random(DType::bf16, {2, 32, 4, 128}, 1);
  for (const std::int64_t pairs : {64, 32}) {  // the whole head, half of it
    const PaddedTensor cosine = random(DType::bf16, {32, pairs}, 2);
    const PaddedTensor sine = random(DType::bf16, {32, pairs}, 3);
    device->reset_statistics();
    ops::rotary(stream, x.ref(), cosine.ref(), sine.ref());
    const std::uint64_t bytes = 2 * 32 * 4 * 128 * 2;
    EXPECT_EQ(argument("x").load_bytes, bytes);
    EXPECT_EQ(argument("y").store_bytes, bytes);
    EXPECT_EQ(argument("cos").load_bytes, 2U * 32 * static_cast<std::uint64_t>(pairs) * 2)
        << "once for each batch entry, since a block takes four heads";
    EXPECT_EQ(device->counters().vector128_fraction(), 1);
    EXPECT_EQ(device->counters().global_sectors, device->counters().min_sectors);
    EXPECT_EQ(device->counters().barriers, 0U) << "the parts of a head have no element in common";
  }
}

}  // namespace
}  // namespace tegula::testing
