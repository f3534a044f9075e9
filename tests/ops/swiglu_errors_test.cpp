// Misuse of swiglu and its gradients.
#include "tegula/ops/swiglu.h"

#include "tests/runtime/device/fake_device.h"
#include "tests/runtime/expect_error.h"

namespace tegula::ops {
namespace {

using tegula::testing::expect_error;
using tegula::testing::FakeDevice;
constexpr auto invalid = ErrorCode::invalid_argument;

class SwigluErrors : public ::testing::Test {
 protected:
  std::shared_ptr<FakeDevice> device = std::make_shared<FakeDevice>();
  Stream stream{device};
  Tensor a_ = stream.empty(DType::bf16, {6, 32}), b_ = stream.empty(DType::f32, {6, 32});
  Tensor dy_ = stream.empty(DType::f16, {6, 32}), spare = stream.empty(DType::bf16, {6, 32});
  TensorRef a = a_, b = b_, dy = dy_;
  SwigluOptions options;
  SwigluBwdOptions backward;

  void expect(std::initializer_list<const char*> parts) {
    expect_error(invalid, parts, [&] { swiglu(stream, a, b, options); });
    EXPECT_TRUE(device->launches.empty());
  }
  void expect_bwd(std::initializer_list<const char*> parts) {
    expect_error(invalid, parts, [&] { swiglu_bwd(stream, dy, a, b, backward); });
    EXPECT_TRUE(device->launches.empty());
  }
};

TEST_F(SwigluErrors, Inputs) {
  b.shape = {6, 31};
  expect({"swiglu: error: b: wrong shape", "got 6x31", "6x32, the shape of a"});
  b = {};
  expect({"b: the tensor is absent"});
  b = b_;
  a.dtype = DType::u8;
  expect({"a: wrong dtype", "got u8"});
  a = a_;
  dy.shape = {5, 32};
  expect_bwd({"swiglu_bwd: error: dy: wrong shape", "got 5x32"});
}

TEST_F(SwigluErrors, Destinations) {
  options.out = a;  // in place
  options.out.data = static_cast<std::byte*>(a.data) + 4;
  expect({"out: the destination overlaps a"});
  options.out = spare;
  options.out_dtype = DType::f16;
  expect({"out: wrong dtype", "got bf16", "f16, out_dtype"});
  options = {.config = RowConfig{.warps = 33}};
  expect({"config.warps: no such configuration"});
}

TEST_F(SwigluErrors, BackwardDestinations) {
  backward.db = a;
  expect_bwd({"db: the destination overlaps a"});
  backward.db = {};
  backward.da = dy;
  expect_bwd({"da: the destination overlaps dy"});
  backward.da = backward.db = spare;
  expect_bwd({"db: the destination overlaps da"});
  backward = {.da = spare};
  backward.da.shape = {6};
  backward.da.strides = {1};
  expect_bwd({"da: wrong shape"});
}

}  // namespace
}  // namespace tegula::ops
