// Misuse of the norms' backward functions: each mistake, and that the message names it. Nothing is
// launched.
#include <cmath>

#include "tegula/ops/norm.h"
#include "tests/runtime/device/fake_device.h"
#include "tests/runtime/expect_error.h"

namespace tegula::ops {
namespace {

using tegula::testing::expect_error;
using tegula::testing::FakeDevice;
constexpr auto invalid = ErrorCode::invalid_argument;

class NormBwdErrors : public ::testing::Test {
 protected:
  std::shared_ptr<FakeDevice> device = std::make_shared<FakeDevice>();
  Stream stream{device};
  Tensor dy_ = stream.empty(DType::bf16, {6, 32}), s_ = stream.empty(DType::f32, {6, 32});
  Tensor rstd_ = stream.empty(DType::f32, {6}), mean_ = stream.empty(DType::f32, {6});
  Tensor weight_ = stream.empty(DType::f32, {32}), other_ = stream.empty(DType::bf16, {6, 32});
  TensorRef dy = dy_, s = s_, rstd = rstd_, weight = weight_;
  NormBwdOptions options;

  NormGrads layer_norm() { return layer_norm_fn_bwd(stream, dy, s, rstd, weight, options); }
  /// Of both functions.
  void expect(std::initializer_list<const char*> parts) {
    options.mean = {};
    expect_error(invalid, parts, [&] { rms_norm_fn_bwd(stream, dy, s, rstd, weight, options); });
    options.mean = mean_;
    expect_error(invalid, parts, [&] { layer_norm(); });
    EXPECT_TRUE(device->launches.empty());
  }
  /// The tensor is refused with a wrong dtype, shape and device, and with a null pointer.
  void expect_checked(const char* name, TensorRef& tensor) {
    const TensorRef good = tensor;
    tensor.dtype = DType::i32;
    expect({name, ": wrong dtype", "got i32"});
    tensor = good;
    tensor.shape[0] += 1;
    expect({"wrong", to_string(tensor.shape).c_str()});
    tensor = good;
    FakeDevice second("fake:1");
    tensor.device = &second;
    expect({name, ": the tensor lies on another device", "got fake:1"});
    tensor = good;
    tensor.data = nullptr;
    expect({name, ": a null pointer"});
    tensor = good;
  }
  ~NormBwdErrors() override { dy = s = rstd = weight = {}; }
};

TEST_F(NormBwdErrors, TheFunctionIsNamed) {
  dy = {};
  expect_error(invalid, {"rms_norm_fn_bwd: error: dy: the tensor is absent"},
               [&] { rms_norm_fn_bwd(stream, dy, s, rstd, weight); });
  options.mean = mean_;
  expect_error(invalid, {"layer_norm_fn_bwd: error: dy: the tensor is absent"},
               [&] { layer_norm(); });
}

TEST_F(NormBwdErrors, EveryTensor) {
  expect_checked("dy", dy);
  expect_checked("s", s);
  expect_checked("rstd", rstd);
  expect_checked("weight", weight);
  options.bias = weight_;
  expect_checked("bias", options.bias);
  options.dresidual_out = other_;
  expect_checked("dresidual_out", options.dresidual_out);
  options.rowscale = rstd_;
  expect_checked("rowscale", options.rowscale);
  options.rowscale = {};
  options.dy1 = other_;
  options.weight1 = weight_;
  expect_checked("dy1", options.dy1);
  expect_checked("weight1", options.weight1);
  options.bias1 = weight_;
  expect_checked("bias1", options.bias1);
}

TEST_F(NormBwdErrors, EveryDestination) {
  const Tensor dx = stream.empty(DType::f32, {6, 32}), dx1 = stream.empty(DType::f32, {6, 32}),
               dresidual = stream.empty(DType::f32, {6, 32});
  options.has_residual = options.has_x1 = true;
  options.dx = dx;
  expect_checked("dx", options.dx);
  options.dresidual = dresidual;
  expect_checked("dresidual", options.dresidual);
  options.dx1 = dx1;
  expect_checked("dx1", options.dx1);
  options.dx1 = {};
  options.dresidual.dtype = DType::bf16;
  expect({"dresidual: wrong dtype", "got bf16", "f32, the dtype of s"});
  options.dresidual = {};
  options.x_dtype = DType::bf16;
  expect({"dx: wrong dtype", "got f32", "bf16"});
  options.dx = {};
  options.dx1 = dx1;
  expect({"dx1: wrong dtype", "got f32", "bf16"});
  options.x_dtype = DType::i32;
  expect({"x_dtype: wrong dtype", "got i32"});
}

TEST_F(NormBwdErrors, DestinationsOfNothing) {
  options.dresidual = s_;
  expect({"dresidual: ", "has_residual"});
  options.dresidual = {};
  options.dx1 = other_;
  expect({"dx1: ", "has_x1"});
}

TEST_F(NormBwdErrors, Means) {
  expect_error(invalid, {"mean: the tensor is absent"}, [&] { layer_norm(); });
  options.mean = mean_;
  expect_error(invalid, {"mean: an rms norm has no mean"},
               [&] { rms_norm_fn_bwd(stream, dy, s, rstd, weight, options); });
  options.is_rms_norm = true;
  expect_error(invalid, {"mean: an rms norm has no mean"}, [&] { layer_norm(); });
  options.is_rms_norm = false;
  options.mean.dtype = DType::bf16;
  expect_error(invalid, {"mean: wrong dtype", "got bf16", "f32"}, [&] { layer_norm(); });
  options.mean = mean_;
  options.mean.shape = {5};
  expect_error(invalid, {"mean: wrong shape", "got 5", "6"}, [&] { layer_norm(); });
}

TEST_F(NormBwdErrors, SecondResults) {
  options.dy1 = other_;
  expect({"weight1: ", "dy1"});
  options.dy1 = {};
  options.weight1 = weight_;
  expect({"dy1: ", "weight1"});
  options.weight1 = {};
  options.bias1 = weight_;
  expect({"bias1: ", "weight1"});
}

TEST_F(NormBwdErrors, RowscaleAndX1) {
  options.rowscale = rstd_;
  options.has_x1 = true;
  expect({"rowscale: not with x1"});
}

TEST_F(NormBwdErrors, Dropout) {
  options.dropout_p = 0.5F;
  expect({"rng: ", "dropout_p = 0.5", "RngState"});
  options.rng = RngState{.seed = 1};
  for (const float p : {-0.1F, 1.0F, std::nanf("")}) {
    options.dropout_p = p;
    expect({"dropout_p: out of range", "[0, 1)"});
  }
}

TEST_F(NormBwdErrors, Strides) {
  dy.strides = {64, 2};
  expect({"dy: the last dimension is not contiguous", "got stride 2"});
  dy = dy_;
  rstd.shape = {2, 3};
  rstd.strides = {5, 1};
  s.shape = dy.shape = {2, 3, 32};
  s.strides = dy.strides = {96, 32, 1};
  options.mean = mean_;
  options.mean.shape = {2, 3};
  options.mean.strides = {3, 1};
  expect_error(invalid, {"rstd: the elements are not evenly spaced"}, [&] { layer_norm(); });
}

TEST_F(NormBwdErrors, Overlaps) {
  options.dx = s;
  expect({"dx: the destination overlaps s", "memory of its own"});
  options.dx = dy;
  expect({"dx: the destination overlaps dy"});
  const Tensor shared = stream.empty(DType::f32, {6, 32});
  options.has_residual = true;
  options.dx = options.dresidual = shared;
  expect({"dx: the destination overlaps dresidual"});
}

TEST_F(NormBwdErrors, Config) {
  options.config = RowConfig{.rows = 3, .bn = 32, .warps = 4};
  expect({"config.rows: no such configuration", "got 3", "power of two"});
}

TEST_F(NormBwdErrors, NoRowsIsNoError) {
  dy.shape = s.shape = {0, 32};
  rstd.shape = {0};
  dy.data = s.data = rstd.data = nullptr;
  options.bias = weight_;
  const NormGrads got = rms_norm_fn_bwd(stream, dy, s, rstd, weight, options);
  for (const Tensor& sum : {got.dweight, *got.dbias}) {
    std::array<float, 32> values;
    values.fill(7);
    sum.copy_to_host(values.data(), sizeof values);
    for (const float value : values) EXPECT_EQ(value, 0);
  }
  EXPECT_TRUE(device->launches.empty());
}

}  // namespace
}  // namespace tegula::ops
