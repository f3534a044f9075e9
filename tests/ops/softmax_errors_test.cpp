// Misuse of softmax, log_softmax and their gradients: the message names the argument, and nothing
// is launched.
#include "tegula/ops/softmax.h"

#include "tests/runtime/device/fake_device.h"
#include "tests/runtime/expect_error.h"

namespace tegula::ops {
namespace {

using tegula::testing::expect_error;
using tegula::testing::FakeDevice;
constexpr auto invalid = ErrorCode::invalid_argument;

class SoftmaxErrors : public ::testing::Test {
 protected:
  std::shared_ptr<FakeDevice> device = std::make_shared<FakeDevice>();
  Stream stream{device};
  Tensor x_ = stream.empty(DType::bf16, {6, 32}), other_ = stream.empty(DType::bf16, {6, 32});
  TensorRef x = x_, other = other_;
  SoftmaxOptions options;

  void expect(std::initializer_list<const char*> parts) {
    expect_error(invalid, parts, [&] { softmax(stream, x, options); });
    EXPECT_TRUE(device->launches.empty());
  }
  void expect_bwd(std::initializer_list<const char*> parts) {
    expect_error(invalid, parts, [&] { log_softmax_bwd(stream, x, other, options); });
    EXPECT_TRUE(device->launches.empty());
  }
};

TEST_F(SoftmaxErrors, Input) {
  TensorRef good = x;
  x = {};
  expect({"softmax: error: x: the tensor is absent"});
  x = good;
  x.dtype = DType::f64;
  expect({"x: wrong dtype", "got f64", "f32, f16 or bf16"});
  x = good;
  x.shape = x.strides = {};
  expect({"x: wrong rank", "scalar"});
  x = good;
  x.strides = {64, 2};
  expect({"x: the last dimension is not contiguous", "stride 2"});
  x = good;
  x.shape = {2, 3, 16};
  x.strides = {100, 16, 1};
  expect({"x: the leading dimensions are not evenly spaced", "stride 48 in dimension 0"});
  x = good;
  x.data = nullptr;
  expect({"x: a null pointer"});
  x = good;
  FakeDevice second("fake:1");
  x.device = &second;
  expect({"x: the tensor lies on another device", "fake:1"});
}

TEST_F(SoftmaxErrors, Destination) {
  options.out = other;
  options.out_dtype = DType::f32;
  expect({"out: wrong dtype", "got bf16", "f32, out_dtype"});
  options = {.out_dtype = DType::i32};
  expect({"out_dtype: wrong dtype", "got i32"});
  options = {.out = other};
  options.out.shape = {32, 6};
  expect({"out: wrong shape", "got 32x6", "6x32, the shape of x"});
  options.out = other;
  options.out.strides = {16, 1};
  expect({"out: the rows of a destination overlap"});
  options.out = x;
  expect({"out: the destination overlaps x", "memory of its own"});
}

TEST_F(SoftmaxErrors, Config) {
  options.config = RowConfig{.rows = 3};
  expect({"config.rows: no such configuration", "got 3"});
  options.config = RowConfig{.rows = 1024, .bn = 16384};
  expect({"config.rows: a tile is too large for its threads"});
}

TEST_F(SoftmaxErrors, Backward) {
  const TensorRef good = other;
  other.shape = {6, 31};
  expect_bwd({"log_softmax_bwd: error: y: wrong shape", "got 6x31", "6x32, the shape of dy"});
  other = good;
  other.dtype = DType::i8;
  expect_bwd({"y: wrong dtype"});
  other = {};
  expect_bwd({"y: the tensor is absent"});
  other = good;
  options.out = other;
  expect_bwd({"out: the destination overlaps y"});
  options.out = x;
  expect_bwd({"out: the destination overlaps dy"});
}

}  // namespace
}  // namespace tegula::ops
