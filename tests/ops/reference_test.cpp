// The gradients of the fp64 references are the slopes of the fp64 references of the forward
// functions: central differences of sum(dy * f(x)).
#include <gtest/gtest.h>

#include "ops/reference/cross_entropy.h"
#include "ops/reference/rotary.h"
#include "ops/reference/softmax.h"
#include "ops/reference/swiglu.h"
#include "tests/ops/op_harness.h"
#include "tests/ops/slopes.h"

namespace tegula::reference {
namespace {

using tegula::testing::expect_slopes;
using tegula::testing::Function;
using tegula::testing::normal_values;

const std::vector<double> x = normal_values(21, 1), dy = normal_values(21, 2);

TEST(References, SoftmaxSlopes) {
  for (const bool logarithm : {false, true}) {
    const Function f = [&](const std::vector<double>& at) {
      return softmax({3, 7, {DType::f32, at}, DType::f32, logarithm}, Precision::fp64);
    };
    expect_slopes(softmax_bwd({3, 7, {DType::f32, dy}, {DType::f32, f(x)}, DType::f32, logarithm},
                              Precision::fp64),
                  dy, x, f);
  }
}

TEST(References, CrossEntropySlopes) {
  CrossEntropyProblem p = {.rows = 3,
                           .n = 7,
                           .x = {DType::f32, x},
                           .target = {6, -100, 2},
                           .label_smoothing = 0.2,
                           .logit_scale = 0.7,
                           .lse_square_scale = 0.3};
  const Values dloss = {DType::f32, {0.5, 2, -1}};
  expect_slopes(cross_entropy_bwd(p, dloss, cross_entropy(p, Precision::fp64).lse, DType::f32,
                                  Precision::fp64),
                dloss.data, x, [&](const std::vector<double>& at) {
                  p.x.data = at;
                  return cross_entropy(p, Precision::fp64).loss;
                });
}

TEST(References, SwigluSlopes) {
  const std::vector<double> b = normal_values(21, 3);
  const auto gradients = swiglu_bwd({DType::f32, dy}, {DType::f32, x}, {DType::f32, b}, DType::f32,
                                    DType::f32, Precision::fp64);
  expect_slopes(gradients.da, dy, x, [&](const std::vector<double>& at) {
    return swiglu({DType::f32, at}, {DType::f32, b}, DType::f32, Precision::fp64);
  });
  expect_slopes(gradients.db, dy, b, [&](const std::vector<double>& at) {
    return swiglu({DType::f32, x}, {DType::f32, at}, DType::f32, Precision::fp64);
  });
}

TEST(References, RotarySlopes) {
  for (const bool interleaved : {false, true}) {
    RotaryProblem p = {.b = 1,
                       .s = 3,
                       .h = 1,
                       .d = 7,
                       .t = 5,
                       .pairs = 3,
                       .x = {DType::f32, x},
                       .cos = {DType::f32, normal_values(15, 4)},
                       .sin = {DType::f32, normal_values(15, 5)},
                       .interleaved = interleaved,
                       .offsets = {3}};
    RotaryProblem back = p;
    back.x.data = dy;
    back.inverse = true;
    expect_slopes(rotary(back, Precision::fp64), dy, x, [&](const std::vector<double>& at) {
      p.x.data = at;
      return rotary(p, Precision::fp64);
    });
  }
}

TEST(References, PlainRoundsEveryResult) {
  // 1 + 2^-9 is no bf16, and neither is e^-1.
  const auto y = softmax({1, 2, {DType::bf16, {0, 1}}, DType::f32, false}, Precision::plain);
  EXPECT_EQ(y[1], 0.73046875) << "the nearest bf16 of 1 / 1.3671875";
}

}  // namespace
}  // namespace tegula::reference
