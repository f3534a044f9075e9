// squared_relu and its gradient, by the rule against fp64.
#include "tegula/ops/squared_relu.h"

#include <cmath>
#include <limits>

#include "ops/reference/accuracy.h"
#include "ops/reference/transfer.h"
#include "tegula/op_call.h"
#include "tegula/reference.h"
#include "tests/ops/op_harness.h"

namespace tegula::testing {
namespace {

constexpr DType dtypes[] = {DType::f32, DType::f16, DType::bf16};

class SquaredRelu : public OpTest {
 protected:
  void check(const Dims& shape, DType x_dtype, DType dy_dtype,
             const std::optional<ops::RowConfig>& config = {}) {
    const PaddedTensor x = random(x_dtype, shape, 1, 3), dy = random(dy_dtype, shape, 2, 5);
    const PaddedTensor y = blank(x_dtype, shape, 1), dx = blank(dy_dtype, shape, 2);
    ops::squared_relu(stream, x.ref(), {.out = y.ref(), .config = config});
    ops::squared_relu_bwd(stream, dy.ref(), x.ref(), {.out = dx.ref(), .config = config});
    std::vector<double> y64, y_plain, dx64, dx_plain;
    const std::vector<double> xs = x.values(), dys = dy.values();
    const reference::Rounding r_x(reference::Precision::plain, x_dtype);
    const reference::Rounding r(reference::Precision::plain, reference::wider(x_dtype, dy_dtype));
    for (std::size_t i = 0; i < xs.size(); ++i) {
      const double p = std::max(xs[i], 0.0);
      y64.push_back(p * p);
      y_plain.push_back(r_x.output(x_dtype, r_x(p * p)));
      dx64.push_back(2 * p * dys[i]);
      dx_plain.push_back(r.output(dy_dtype, r(r_x(2 * p) * dys[i])));
    }
    expect_within("y", y.values(), y64, y_plain, x_dtype);
    expect_within("dx", dx.values(), dx64, dx_plain, dy_dtype, 3);
    EXPECT_TRUE(y.padding_untouched() && dx.padding_untouched());
  }
};
INSTANTIATE_TEST_SUITE_P(Ops, SquaredRelu, ::testing::ValuesIn(op_targets()), target_name);

TEST_P(SquaredRelu, EveryKindOfRowLength) {
  for (const std::int64_t n : {1, 7, 77, 1000, 4096, 8191}) check({5, n}, bf16, f32);
}

TEST_P(SquaredRelu, EveryMixOfDTypes) {
  for (const DType x : dtypes)
    for (const DType dy : dtypes) check({3, 2, 77}, x, dy);
}

TEST_P(SquaredRelu, EveryConfiguration) {
  for (const int rows : {1, 4})
    for (const int bn : {32, 128}) check({9, 77}, f32, f16, ops::RowConfig{rows, bn, 1});
}

TEST_P(SquaredRelu, InPlaceAndSpecialValues) {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  constexpr double infinity = std::numeric_limits<double>::infinity();
  const Tensor x = upload(stream, f32, {1, 5}, {-2, infinity, -infinity, nan, 3});
  const Tensor y = ops::squared_relu(stream, x, {.out = x});
  EXPECT_EQ(y.data(), x.data());
  const std::vector<double> got = reference::download(y);
  EXPECT_EQ(got[0], 0);
  EXPECT_EQ(got[1], infinity);
  EXPECT_EQ(got[2], 0);
  EXPECT_TRUE(std::isnan(got[3]));
  EXPECT_EQ(got[4], 9);
  EXPECT_EQ(ops::squared_relu(stream, stream.empty(f32, {0, 4})).shape()[0], 0);
}

}  // namespace
}  // namespace tegula::testing
