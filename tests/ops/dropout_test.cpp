// dropout, its gradient and its mask against the reference: every length, dtype and configuration.
#include "tegula/ops/dropout.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "ops/reference/dropout.h"
#include "ops/reference/transfer.h"
#include "tests/ops/op_harness.h"

namespace tegula::testing {
namespace {

using reference::download;
using reference::Precision;
constexpr DType dtypes[] = {DType::f32, DType::f16, DType::bf16};
constexpr reference::DropoutProblem problem = {0.27f, 0x123456789abcdef, 0xfffffffe};

ops::RngState rng_of(const reference::DropoutProblem& p) {
  return {.seed = p.seed, .offset = p.offset};
}

struct Case {
  Dims shape;
  DType dtype = DType::f32;
  std::optional<DType> out;
  std::int64_t padding = 0;
  std::optional<ops::RowConfig> config;
  std::int64_t lead = 0;  ///< elements before the first: misaligns pointers
};

class Dropout : public OpTest {
 protected:
  void check(const Case& c) {
    SCOPED_TRACE(
        fmt::format("{} {} padding {}", to_string(c.shape), dtype_name(c.dtype), c.padding));
    const std::int64_t n = c.shape.back(), rows = element_count(c.shape) / n;
    const std::int64_t count = element_count(c.shape);
    const PaddedTensor x(stream, c.dtype, c.shape, c.padding, normal_values(count, 1), c.lead);
    const PaddedTensor y(stream, c.out.value_or(c.dtype), c.shape, c.padding,
                         std::vector<double>(static_cast<std::size_t>(count), std::nan("")),
                         c.lead);
    ops::DropoutOptions options = {.dropout_p = problem.p,
                                   .rng = rng_of(problem),
                                   .return_mask = true,
                                   .out_dtype = c.out,
                                   .out = y.ref(),
                                   .config = c.config};
    const ops::DropoutOut out = ops::dropout(stream, x.ref(), options);
    const reference::Values values = {c.dtype, x.values()};
    const DType dtype = y.ref().dtype;
    const auto ref64 = dropout(n, values, problem, dtype, Precision::fp64);
    const auto plain = dropout(n, values, problem, dtype, Precision::plain);
    expect_within("y", y.values(), ref64, plain, dtype);
    const auto mask = reference::dropout_mask(rows, n, problem);
    EXPECT_EQ(download(*out.mask), mask);
    EXPECT_TRUE(out.mask->shape() == c.shape);
    EXPECT_TRUE(y.padding_untouched());

    options.out = {};
    const Tensor dx = ops::dropout_bwd(stream, x.ref(), options);
    expect_within("dx", download(dx), ref64, plain, dtype, 3);

    for (const bool of_x1 : {false, true})
      EXPECT_EQ(download(ops::dropout_mask(stream, rows, n,
                                           {.dropout_p = problem.p,
                                            .rng = rng_of(problem),
                                            .of_x1 = of_x1,
                                            .config = c.config})),
                reference::dropout_mask(rows, n, problem, of_x1 ? 1 : 0));
  }
};
INSTANTIATE_TEST_SUITE_P(Ops, Dropout, ::testing::ValuesIn(op_targets()), target_name);

TEST_P(Dropout, EveryKindOfRowLength) {
  for (const std::int64_t n : {1, 2, 3, 4, 7, 8, 77, 128, 1000, 2048, 4100, 8191})
    for (const DType dtype : {DType::f32, DType::bf16}) check({.shape = {3, n}, .dtype = dtype});
}

TEST_P(Dropout, EveryMixOfDTypes) {
  for (const DType x : dtypes)
    for (const DType out : dtypes) check({.shape = {5, 72}, .dtype = x, .out = out});
}

TEST_P(Dropout, StridedRowsLeadingDimensionsMisalignedPointersAndConfigs) {
  for (const std::int64_t padding : {1, 8})
    check({.shape = {2, 3, 128}, .dtype = DType::bf16, .padding = padding});
  check({.shape = {300}});
  for (const DType dtype : dtypes)
    for (const std::int64_t lead : {1, 2, 4})
      check({.shape = {3, 256}, .dtype = dtype, .lead = lead});
  check({.shape = {1001, 3}, .dtype = DType::f16});
  // The same mask however it is cut: tiles of less than eight columns too.
  for (const int bn : {1, 2, 4, 8, 16, 256})
    for (const DType dtype : {DType::f32, DType::bf16})
      check({.shape = {5, 77}, .dtype = dtype, .config = ops::RowConfig{4, bn, 2}});
}

// A flat tensor: more tiles than the second axis of a grid has blocks.
TEST_P(Dropout, MoreTilesInARowThanAnAxisOfAGridHas) {
  check({.shape = {65536 * 4 + 3}, .config = ops::RowConfig{1, 4, 1}});
}

}  // namespace
}  // namespace tegula::testing
