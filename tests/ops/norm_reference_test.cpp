// The references of the norms: by hand, and their gradients against their own slopes.
#include "ops/reference/norm.h"

#include <gtest/gtest.h>

#include <vector>

#include "tests/ops/op_harness.h"
#include "tests/ops/slopes.h"

namespace tegula::reference {
namespace {

using tegula::testing::expect_slopes;
using tegula::testing::normal_values;
using Doubles = std::vector<double>;

TEST(NormReference, ByHand) {
  NormProblem problem;
  problem.rows = 1;
  problem.n = 2;
  problem.x = {DType::f32, {1, 2}};
  problem.residual = {DType::f32, {2, 2}};
  problem.weight = {DType::f32, {1, 2}};
  problem.bias = {DType::f32, {0, 0.5}};
  problem.eps = 3.5;  // mean(9, 16) = 12.5, so the root is 4
  const NormResult result = norm(problem, Precision::fp64);
  EXPECT_EQ(result.rstd, Doubles{0.25});
  EXPECT_EQ(result.residual_out, (Doubles{3, 4}));
  EXPECT_EQ(result.y, (Doubles{0.75, 2.5}));
  const NormResult plain = norm(problem, Precision::plain);
  EXPECT_EQ(plain.y, result.y) << "every step is exact in f32";
}

TEST(NormReference, PlainRoundsEachResult) {
  NormProblem problem;
  problem.rows = problem.n = 1;
  problem.x = {DType::bf16, {1}};
  problem.residual = {DType::bf16, {0x1p-9}};  // lost in the rounded sum
  problem.weight = {DType::bf16, {1}};
  problem.out_dtype = DType::bf16;
  EXPECT_EQ(norm(problem, Precision::plain).residual_out, Doubles{1});
  problem.residual.dtype = DType::f32;  // of bf16 and f32 the sum is f32
  EXPECT_EQ(norm(problem, Precision::plain).residual_out, Doubles{1 + 0x1p-9});
}

TEST(NormReference, LayerNormByHand) {
  NormProblem problem;
  problem.rows = 1;
  problem.n = 2;
  problem.is_rms_norm = false;
  problem.zero_centered_weight = true;
  problem.x = {DType::f32, {2, 3}};
  problem.x1 = {DType::f32, {5, 1}};
  problem.mask = {1, 0};
  problem.mask1 = {0, 1};
  problem.keep_scale = 2;  // s = 4, 2: the mean is 3, the squares are 1
  problem.weight = {DType::f32, {0, 1}};
  problem.weight1 = {DType::f32, {2, 3}};
  problem.bias1 = {DType::f32, {0.5, 0}};
  problem.eps = 3;
  for (const Precision precision : {Precision::fp64, Precision::plain}) {
    const NormResult result = norm(problem, precision);
    EXPECT_EQ(result.residual_out, (Doubles{4, 2}));
    EXPECT_EQ(result.mean, Doubles{3});
    EXPECT_EQ(result.rstd, Doubles{0.5});
    EXPECT_EQ(result.y, (Doubles{0.5, -1}));
    EXPECT_EQ(result.y1, (Doubles{2, -2}));
  }
}

TEST(NormReference, RowscaleAndLayerscaleByHand) {
  NormProblem problem;
  problem.rows = 2;
  problem.n = 1;
  problem.x = {DType::f32, {2, 3}};
  problem.rowscale = {DType::f32, {0.5, 2}};
  problem.layerscale = {DType::f32, {4}};
  problem.weight = {DType::f32, {1}};
  EXPECT_EQ(norm(problem, Precision::fp64).residual_out, (Doubles{4, 24}));
}

/// 3 rows of 7 with everything that goes together.
NormProblem everything(bool rms, bool rowscale) {
  NormProblem p;
  p.rows = 3;
  p.n = 7;
  p.is_rms_norm = rms;
  p.zero_centered_weight = rms;
  p.eps = 0.1;
  p.x = {DType::f32, normal_values(21, 1)};
  p.weight = {DType::f32, normal_values(7, 2)};
  p.bias = {DType::f32, normal_values(7, 3)};
  p.residual = {DType::f32, normal_values(21, 4)};
  p.layerscale = {DType::f32, normal_values(7, 5)};
  p.mask.assign(21, 1);
  p.mask[4] = p.mask[11] = p.mask[12] = 0;
  p.keep_scale = 1.25;
  if (rowscale) {
    p.rowscale = {DType::f32, {0.5, 0, -2}};
    return p;
  }
  p.x1 = {DType::f32, normal_values(21, 6)};
  p.mask1.assign(21, 1);
  p.mask1[0] = p.mask1[11] = 0;
  p.weight1 = {DType::f32, normal_values(7, 7)};
  p.bias1 = {DType::f32, normal_values(7, 8)};
  return p;
}

TEST(NormReference, GradientsAreSlopes) {
  for (const bool rms : {false, true})
    for (const bool rowscale : {false, true}) {
      NormProblem p = everything(rms, rowscale);
      const Doubles dy = normal_values(21, 11), dy1 = normal_values(21, 12),
                    ds = normal_values(21, 13);
      NormOutputGradients d = {{DType::f32, dy}, {}, {DType::f32, ds}};
      if (!rowscale) d.dy1 = {DType::f32, dy1};
      const NormInputGradients got = norm_bwd(p, d, Precision::fp64);
      // All outputs in one vector, as a function of one input.
      Doubles all = dy;
      if (!rowscale) all.insert(all.end(), dy1.begin(), dy1.end());
      all.insert(all.end(), ds.begin(), ds.end());
      const auto expect = [&](const char* name, Values NormProblem::*input,
                              const Doubles& gradient) {
        SCOPED_TRACE(name);
        const Doubles at = (p.*input).data;
        expect_slopes(gradient, all, at, [&](const Doubles& moved) {
          (p.*input).data = moved;
          const NormResult result = norm(p, Precision::fp64);
          Doubles outputs = result.y;
          outputs.insert(outputs.end(), result.y1.begin(), result.y1.end());
          outputs.insert(outputs.end(), result.residual_out.begin(), result.residual_out.end());
          return outputs;
        });
        (p.*input).data = at;
      };
      expect("x", &NormProblem::x, got.dx);
      expect("residual", &NormProblem::residual, got.dresidual);
      expect("x1", &NormProblem::x1, got.dx1);
      expect("weight", &NormProblem::weight, got.dweight);
      expect("bias", &NormProblem::bias, got.dbias);
      expect("weight1", &NormProblem::weight1, got.dweight1);
      expect("bias1", &NormProblem::bias1, got.dbias1);
      expect("layerscale", &NormProblem::layerscale, got.dlayerscale);
    }
}

TEST(NormReference, PlainsBackwardStartsFromTheStoredSum) {
  NormProblem p;
  p.rows = 1;
  p.n = 2;
  p.eps = 0x1p-60;
  p.x = {DType::f32, {1 + 0x1p-9, 1}};
  p.residual = {DType::bf16, {0, 0}};  // so that bf16 1, 1 is stored
  p.weight = {DType::f32, {1, 1}};
  const NormOutputGradients d = {{DType::f32, {1, -1}}, {}, {}};
  const double exact = norm_bwd(p, d, Precision::fp64).dweight[0];
  const double stored = norm_bwd(p, d, Precision::plain).dweight[0];
  EXPECT_GT(exact, 1 + 0x1p-11);  // 1 + 2^-9 of a row whose rms is 1 + 2^-10
  EXPECT_LT(stored, 1);           // 1 of the same
}

TEST(NormReference, GradientsAtWhatWasSaved) {
  NormProblem p;
  p.rows = 1;
  p.n = 2;
  p.x = {DType::f32, {7, 7}};  // not looked at
  p.weight = {DType::f32, {1, 2}};
  NormOutputGradients d = {{DType::f32, {1, 2}}, {}, {}};
  d.saved = NormSaved{{2, 4}, {0.5}, {}};  // h = 1, 2 and g = 1, 4: mean(g h) = 4.5
  const NormInputGradients got = norm_bwd(p, d, Precision::fp64);
  EXPECT_EQ(got.dx, (Doubles{0.5 * (1 - 4.5), 0.5 * (4 - 9)}));
  EXPECT_EQ(got.dweight, (Doubles{1, 4}));
  p.is_rms_norm = false;
  d.saved->mean = {4};  // h = -1, 0: mean(g h) = -0.5, mean(g) = 2.5
  EXPECT_EQ(norm_bwd(p, d, Precision::fp64).dx, (Doubles{0.5 * (1 - 0.5 - 2.5), 0.5 * (4 - 2.5)}));
}

TEST(NormReference, GradientsOfNoRows) {
  NormProblem p;
  p.n = 2;
  p.weight = {DType::f32, {1, 2}};
  p.bias = {DType::f32, {1, 2}};
  const NormInputGradients got = norm_bwd(p, {}, Precision::plain);
  EXPECT_EQ(got.dweight, (Doubles{0, 0}));
  EXPECT_EQ(got.dbias, (Doubles{0, 0}));
  EXPECT_TRUE(got.dx.empty());
}

}  // namespace
}  // namespace tegula::reference
