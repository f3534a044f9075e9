// The grid of FlashAttention's tests/ops/triton/test_layer_norm.py, forward and backward: its row
// lengths, dtypes and options, with 6 rows instead of 8 x 512. All of it is 14,400 kernels; of
// these run so many that any three options meet in each of their combinations.
#include <gtest/gtest.h>

#include <iterator>

#include "tests/ops/covering.h"
#include "tests/ops/norm_case.h"

namespace tegula::testing {
namespace {

constexpr std::int64_t lengths[] = {192, 2048, 2560, 3000, 4096};
struct Pair {
  DType x, residual;
};
constexpr Pair pairs[] = {{DType::f32, DType::f32},
                          {DType::f16, DType::f16},
                          {DType::f16, DType::f32},
                          {DType::bf16, DType::bf16},
                          {DType::bf16, DType::f32}};
constexpr DType weights[] = {DType::f32, DType::f16, DType::bf16};
constexpr float dropouts[] = {0, 0.27F};
enum Branch { alone, with_x1, with_rowscale, branches };

NormCase grid_case(const std::vector<int>& row) {
  auto at = [&row, next = std::size_t{0}]() mutable { return row[next++]; };
  NormCase c;
  c.shape = Dims{2, 3, lengths[at()]};
  const Pair pair = pairs[at()];
  c.x = pair.x;
  c.weight = weights[at()];
  c.dropout_p = dropouts[at()];
  if (at() == 1) c.residual = pair.residual;
  c.prenorm = at() == 1;
  c.function = at() == 1 ? NormFunction::rms : NormFunction::layer;
  const int branch = at();
  if (branch == with_x1) c.x1 = c.x;
  if (branch == with_rowscale) c.rowscale = c.x;
  // As there: a layer norm has biases.
  if (c.function == NormFunction::layer) c.bias = c.weight;
  if (at() == 1) {
    c.weight1 = c.weight;
    c.bias1 = c.bias;
  }
  c.zero_centered_weight = at() == 1;
  c.residual_in_fp32 = !c.residual && pair.residual == DType::f32;
  c.return_dropout_mask = true;
  return c;
}

class NormGrid : public OpTest {};
INSTANTIATE_TEST_SUITE_P(Ops, NormGrid, ::testing::ValuesIn(op_targets()), target_name);

TEST_P(NormGrid, AnyThreeOptionsMeet) {
  const std::vector<int> levels = {std::size(lengths),
                                   std::size(pairs),
                                   std::size(weights),
                                   std::size(dropouts),
                                   2,
                                   2,
                                   2,
                                   branches,
                                   2,
                                   2};
  for (const std::vector<int>& row : covering_design(levels))
    expect_true_gradients(stream, grid_case(row));
}

}  // namespace
}  // namespace tegula::testing
