// Misuse of cross_entropy and its gradient.
#include <cmath>
#include <limits>

#include "tegula/ops/cross_entropy.h"
#include "tests/runtime/device/fake_device.h"
#include "tests/runtime/expect_error.h"

namespace tegula::ops {
namespace {

using tegula::testing::expect_error;
using tegula::testing::FakeDevice;
constexpr auto invalid = ErrorCode::invalid_argument;

class CrossEntropyErrors : public ::testing::Test {
 protected:
  std::shared_ptr<FakeDevice> device = std::make_shared<FakeDevice>();
  Stream stream{device};
  Tensor x_ = stream.empty(DType::bf16, {6, 32}), target_ = stream.empty(DType::i64, {6});
  Tensor vector_ = stream.empty(DType::f32, {6}), lse_ = stream.empty(DType::f32, {6});
  Tensor spare = stream.empty(DType::bf16, {6, 32});
  TensorRef x = x_, target = target_, dloss = vector_, lse = lse_;
  CrossEntropyOptions options;

  void expect(std::initializer_list<const char*> parts) {
    expect_error(invalid, parts, [&] { cross_entropy(stream, x, target, options); });
    EXPECT_TRUE(device->launches.empty());
  }
  void expect_bwd(std::initializer_list<const char*> parts) {
    expect_error(invalid, parts,
                 [&] { cross_entropy_bwd(stream, dloss, x, lse, target, options); });
    EXPECT_TRUE(device->launches.empty());
  }
};

TEST_F(CrossEntropyErrors, Target) {
  target.dtype = DType::i32;
  expect({"cross_entropy: error: target: wrong dtype", "got i32", "i64, class indices"});
  target = target_;
  target.shape = {5};
  expect({"target: wrong shape", "got 5", "wanted 6, the shape of x without its last dimension"});
  target = {};
  expect({"target: the tensor is absent"});
}

TEST_F(CrossEntropyErrors, UnevenTarget) {
  x.shape = {2, 3, 16};
  x.strides = {48, 16, 1};
  target.shape = {2, 3};
  target.strides = {4, 1};
  expect({"target: the elements are not evenly spaced", "stride 3 in dimension 0"});
}

TEST_F(CrossEntropyErrors, Input) {
  x.dtype = DType::i64;
  expect({"x: wrong dtype"});
  x = x_;
  x.shape = {6, 0};
  expect({"x: there are no classes", "got 6x0", "N of at least 1"});
  x.shape = x.strides = {};
  expect({"x: wrong rank"});
}

TEST_F(CrossEntropyErrors, Terms) {
  for (const float value : {-0.1F, 1.5F, std::nanf("")}) {
    options.label_smoothing = value;
    expect({"label_smoothing: out of range", "from 0 to 1"});
    expect_bwd({"cross_entropy_bwd: error: label_smoothing: out of range"});
  }
  options = {};
  for (const float value : {0.F, -1.F, std::numeric_limits<float>::infinity()}) {
    options.logit_scale = value;
    expect({"logit_scale: out of range", "above 0"});
  }
  options = {.lse_square_scale = std::numeric_limits<float>::infinity()};
  expect({"lse_square_scale: out of range", "got inf", "a finite number"});
  options = {.config = RowConfig{.bn = 100}};
  expect({"config.bn: no such configuration", "got 100"});
}

TEST_F(CrossEntropyErrors, Destinations) {
  options.loss = spare;
  expect({"loss: wrong dtype", "got bf16", "f32"});
  options.loss = vector_;
  options.loss.shape = {5};
  expect({"loss: wrong shape"});
  options.loss = vector_;
  options.lse = vector_;
  expect({"lse: the destination overlaps loss"});
  options.lse = {};
  options.loss.strides = {0};
  expect({"loss: the elements of a destination overlap"});
  options.loss = vector_;
  options.loss.data = x.data;
  expect({"loss: the destination overlaps x"});
  options.loss.data = target.data;
  expect({"loss: the destination overlaps target"});
}

TEST_F(CrossEntropyErrors, Backward) {
  dloss.shape = {7};
  expect_bwd({"dloss: wrong shape", "the shape of target"});
  dloss = vector_;
  lse.dtype = DType::f16;
  expect_bwd({"lse: wrong dtype", "got f16", "f32, as cross_entropy gives it"});
  lse = lse_;
  options.out = x;  // in place
  options.out.data = static_cast<std::byte*>(x.data) + 2;
  expect_bwd({"out: the destination overlaps x"});
  options.out.data = lse.data;
  expect_bwd({"out: the destination overlaps lse"});
  options.out = spare;
  options.out_dtype = DType::f16;
  expect_bwd({"out: wrong dtype", "got bf16", "f16, out_dtype"});
}

}  // namespace
}  // namespace tegula::ops
