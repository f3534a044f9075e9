// The grid of FlashAttention's tests/ops/test_dropout_layer_norm.py, forward and backward: its 15
// row lengths, dtypes and options, with a few rows instead of 8 x 512. Any three options meet in
// each of their combinations; lengths take turns.
#include <gtest/gtest.h>

#include <iterator>

#include "ops/reference/transfer.h"
#include "tests/ops/covering.h"
#include "tests/ops/dropout_add_norm_case.h"

namespace tegula::testing {
namespace {

using Case = DropoutAddNormCase;
using Form = Case::Form;

constexpr std::int64_t lengths[] = {192,  256,  384,  768,  1024, 1280, 1536, 1600,
                                    2048, 2560, 3000, 3072, 4096, 5120, 6144};
struct Pair {
  DType x0, residual;
};
constexpr Pair pairs[] = {{DType::f32, DType::f32},
                          {DType::f16, DType::f16},
                          {DType::f16, DType::f32},
                          {DType::bf16, DType::bf16},
                          {DType::bf16, DType::f32}};
constexpr DType weights[] = {DType::f32, DType::f16, DType::bf16};

class DropoutAddNorm : public OpTest {
 protected:
  /// `extend` sets what one form has of its own, from as many flags.
  template <class Extend>
  void check_grid(int flags, const Extend& extend) {
    std::vector<int> levels = {std::size(pairs), std::size(weights), 2, 2, 2, 2};
    levels.insert(levels.end(), static_cast<std::size_t>(flags), 2);
    std::size_t turn = 0;
    for (const std::vector<int>& row : covering_design(levels)) {
      Case c;
      c.n = lengths[turn++ % std::size(lengths)];
      const Pair pair = pairs[row[0]];
      c.x0 = pair.x0;
      c.weight = weights[row[1]];
      c.dropout_p = row[2] == 1 ? 0.37F : 0;
      if (row[3] == 1) c.residual = pair.residual;
      c.residual_in_fp32 = !c.residual && pair.residual == DType::f32;
      c.prenorm = row[4] == 1;
      c.is_rms_norm = row[5] == 1;
      c.bias = !c.is_rms_norm;
      extend(c, std::vector<int>(row.begin() + 6, row.end()));
      expect_accurate(stream, c);
    }
    EXPECT_GE(turn, 2 * std::size(lengths));
  }
};
INSTANTIATE_TEST_SUITE_P(Ops, DropoutAddNorm, ::testing::ValuesIn(op_targets()), target_name);

TEST_P(DropoutAddNorm, Plain) {
  check_grid(2, [](Case& c, const std::vector<int>& flags) {
    c.layerscale = flags[0] == 1;
    c.rowscale = flags[1] == 1;
  });
}

TEST_P(DropoutAddNorm, Subset) {
  check_grid(3, [](Case& c, const std::vector<int>& flags) {
    c.form = Form::subset;
    c.rows = 8;
    c.layerscale = flags[0] == 1;
    // In their order, and in another.
    if (flags[1] == 1) c.x0_subset = {0, 1, 2, 0, 3, 4, 5, 0};
    if (flags[2] == 1) c.out_subset = {3, 0, 1, 0, 2, 6, 5, 4};
    if (flags[1] == 1 || flags[2] == 1) c.rowscale_const = 1.25F;
  });
}

TEST_P(DropoutAddNorm, ParallelResidual) {
  check_grid(2, [](Case& c, const std::vector<int>& flags) {
    c.form = Form::parallel;
    c.x1 = flags[0] == 1;
    c.weight1 = flags[1] == 1;
  });
}

TEST_P(DropoutAddNorm, EveryKindOfRowLength) {
  for (const std::int64_t n : {1, 7, 77, 1000, 8191, 20000})
    for (const Form form : {Form::plain, Form::subset, Form::parallel}) {
      Case c;
      c.form = form;
      c.n = n;
      c.rows = 4;
      c.x0 = DType::bf16;
      c.residual = DType::bf16;
      c.dropout_p = 0.37F;
      c.is_rms_norm = n % 2 == 0;
      c.layerscale = form != Form::parallel;
      c.x1 = c.weight1 = form == Form::parallel;
      if (form == Form::subset) c.x0_subset = {2, 0, 1, 3}, c.out_subset = {0, 1, 2, 0};
      expect_accurate(stream, c);
    }
}

TEST_P(DropoutAddNorm, NoRowsThere) {
  for (const bool of_x0 : {false, true}) {
    Case c;
    c.form = Form::subset;
    c.rows = 3;
    c.residual = DType::f32;
    (of_x0 ? c.x0_subset : c.out_subset) = {0, 0, 0};
    const Tensor x0 = stream.empty(DType::f32, {c.x0_rows(), c.n});
    const Tensor s = upload(stream, DType::f32, {3, c.n}, normal_values(3 * c.n, 1));
    const Tensor weight = upload(stream, DType::f32, {c.n}, normal_values(c.n, 2));
    const Tensor map = upload(stream, DType::i32, {3}, {0, 0, 0});
    ops::DropoutAddNormSubsetOptions options = {.residual = s, .epsilon = 1e-5F};
    (of_x0 ? options.x0_subset : options.out_subset) = map;
    const ops::NormOut out =
        ops::dropout_add_rms_norm_subset(stream, of_x0 ? x0 : s, weight, options);
    EXPECT_TRUE(out.y.shape() == (Dims{of_x0 ? 3 : 0, c.n}));
    EXPECT_TRUE(out.rstd->shape() == Dims{3});
  }
}

// The reference, too, of x0 or of results without a row.
TEST(DropoutAddNormReference, NoRowsThere) {
  reference::NormProblem problem;
  problem.rows = 2;
  problem.n = 3;
  problem.weight = {DType::f32, {1, 1, 1}};
  reference::NormSubset subset;
  subset.x_subset = {0, 0};
  const auto none = reference::norm(problem, subset, reference::Precision::fp64);
  EXPECT_EQ(none.y, std::vector<double>(6, 0.0));

  problem.x = {DType::f32, {1, 2, 3, 4, 5, 6}};
  subset = {.out_subset = {0, 0}};
  const auto unwanted =
      reference::norm_bwd(problem, subset, {.x_dtype = DType::f32}, reference::Precision::fp64);
  EXPECT_EQ(unwanted.dx, std::vector<double>(6, 0.0));
  EXPECT_EQ(unwanted.dweight, std::vector<double>(3, 0.0));
}

TEST_P(DropoutAddNorm, SubsetGradientsOfAnyLeadingShape) {
  const Dims shape = {2, 3, 64};
  const std::vector<double> numbers = normal_values(6 * 64, 1);
  const Tensor x = upload(stream, DType::f32, shape, numbers),
               dy = upload(stream, DType::f32, shape, normal_values(6 * 64, 2)),
               weight = upload(stream, DType::f32, {64}, normal_values(64, 3));
  const ops::NormOut saved =
      ops::dropout_add_rms_norm_subset(stream, x, weight, {.epsilon = 1e-5F, .prenorm = true});
  const auto got = ops::dropout_add_rms_norm_subset_bwd(stream, dy, saved.residual_out->ref(),
                                                        *saved.rstd, weight, {}, {.x0 = x});
  const auto wanted = ops::rms_norm_fn_bwd(stream, dy, x, *saved.rstd, weight);
  EXPECT_TRUE(got.dx0.shape() == shape);
  EXPECT_EQ(reference::download(got.dx0), reference::download(wanted.dx));
}

}  // namespace
}  // namespace tegula::testing
