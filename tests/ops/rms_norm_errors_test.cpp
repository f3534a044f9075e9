// Misuse of rms_norm_fn: each mistake, and that the message names it. Nothing is launched.
#include <cmath>
#include <limits>

#include "tegula/ops/norm.h"
#include "tests/runtime/expect_error.h"
#include "tests/runtime/fake_device.h"

namespace tegula::ops {
namespace {

using tegula::testing::expect_error;
using tegula::testing::FakeDevice;
constexpr auto invalid = ErrorCode::invalid_argument;

class RmsNormErrors : public ::testing::Test {
 protected:
  std::shared_ptr<FakeDevice> device = std::make_shared<FakeDevice>();
  Stream stream{device};
  Tensor x_ = stream.empty(DType::bf16, {6, 32}), weight_ = stream.empty(DType::f32, {32});
  Tensor other_ = stream.empty(DType::bf16, {6, 32});
  TensorRef x = x_, weight = weight_, other = other_;
  RmsNormOptions options;

  void expect(std::initializer_list<const char*> parts, ErrorCode code = invalid) {
    expect_error(code, parts, [&] { rms_norm_fn(stream, x, weight, options); });
    EXPECT_TRUE(device->launches.empty());
  }
  ~RmsNormErrors() override { x = weight = other = {}; }
};

TEST_F(RmsNormErrors, Absent) {
  x = {};
  expect({"rms_norm_fn: error: x: the tensor is absent"});
}

TEST_F(RmsNormErrors, Rank) {
  x.shape = x.strides = {};
  expect({"x: wrong rank", "scalar", "(..., N)"});
}

TEST_F(RmsNormErrors, DTypes) {
  x.dtype = DType::i32;
  expect({"x: wrong dtype", "got i32", "f32, f16 or bf16"});
  x.dtype = DType::bf16;
  weight.dtype = DType::f64;
  expect({"weight: wrong dtype", "got f64"});
  weight.dtype = DType::f32;
  options.out_dtype = DType::i64;
  expect({"out_dtype: wrong dtype", "got i64"});
}

TEST_F(RmsNormErrors, Shapes) {
  weight.shape = {31};
  expect({"weight: wrong shape", "got 31", "wanted 32, the last extent of x"});
  weight = weight_;
  options.bias = weight;
  options.bias.shape = {1, 32};
  options.bias.strides = {32, 1};
  expect({"bias: wrong shape", "got 1x32"});
  options.bias = {};
  options.residual = other;
  options.residual.shape = {32, 6};
  expect({"residual: wrong shape", "got 32x6", "wanted 6x32, the shape of x"});
}

TEST_F(RmsNormErrors, Destinations) {
  options.out = other;
  options.out.shape = {3, 64};
  expect({"out: wrong shape", "got 3x64"});
  options.out = other;
  options.out_dtype = DType::f32;
  expect({"out: wrong dtype", "got bf16", "f32, out_dtype"});
  options = {};
  options.residual_out = other;
  options.residual_in_fp32 = true;
  expect({"residual_out: wrong dtype", "got bf16", "f32, as residual_in_fp32 says"});
  options.residual_in_fp32 = false;
  Tensor residual = stream.empty(DType::f32, {6, 32});
  options.residual = residual;
  expect({"residual_out: wrong dtype", "got bf16", "f32, the dtype of residual"});
  options.residual_out.shape = {6, 31};
  expect({"residual_out: wrong shape"});
  options = {};
  options.rstd = other;
  expect({"rstd: wrong dtype", "got bf16", "wanted f32"});
  const Tensor rstd = stream.empty(DType::f32, {6, 2});
  options.rstd = rstd;
  expect({"rstd: wrong shape", "got 6x2", "wanted 6, the shape of x without its last extent"});
  options.rstd.shape = {6};
  options.rstd.strides = {0};
  expect({"rstd: the elements of a destination overlap"});
}

TEST_F(RmsNormErrors, Devices) {
  FakeDevice second("fake:1");
  weight.device = &second;
  expect({"weight: the tensor lies on another device", "got fake:1", "wanted fake:0"});
}

TEST_F(RmsNormErrors, Pointers) {
  x.data = nullptr;
  expect({"x: a null pointer", "6x32:bf16"});
  x.data = static_cast<char*>(x_.data()) + 1;
  expect({"x: the pointer is not aligned to an element", "a multiple of 2"});
}

TEST_F(RmsNormErrors, Strides) {
  x.strides = {64, 2};
  expect({"x: the last dimension is not contiguous", "got stride 2", "contiguous first"});
  x.strides = {1};
  expect({"x: not one stride for each dimension"});
  x = x_;
  weight.strides = {0};
  expect({"weight: the last dimension is not contiguous", "got stride 0"});
}

TEST_F(RmsNormErrors, UnevenLeadingDimensions) {
  x.shape = {2, 3, 16};
  x.strides = {100, 16, 1};
  weight.shape = {16};
  expect({"x: the leading dimensions are not evenly spaced", "strides 100x16x1",
          "stride 48 in dimension 0", "contiguous first"});
}

TEST_F(RmsNormErrors, OverlappingRowsOfADestination) {
  options.out = other;
  options.out.strides = {16, 1};
  expect({"out: the rows of a destination overlap", "row stride 16", "at least 32"});
}

TEST_F(RmsNormErrors, Eps) {
  for (const float eps : {0.0F, -1e-6F, std::numeric_limits<float>::infinity(), std::nanf("")}) {
    options.eps = eps;
    expect({"eps: out of range", "a finite number above 0"});
  }
}

TEST_F(RmsNormErrors, Overlaps) {
  options.out = x;
  expect({"out: the destination overlaps x", "memory of its own"});
  options.out = {};
  options.residual = other;
  options.residual_out = other;
  expect({"residual_out: the destination overlaps residual"});
  Tensor destination = stream.empty(DType::bf16, {6, 32});
  options.out = destination;
  options.residual_out = destination;
  expect({"residual_out: the destination overlaps out"});
  options.residual_out = {};
  options.rstd = contiguous(destination.data(), DType::f32, {6}, *device);
  expect({"rstd: the destination overlaps out"});
  options.rstd = {};
  options.out.data = static_cast<char*>(other.data) + 64;
  options.out.shape = x.shape = options.residual.shape = {5, 32};
  expect({"out: the destination overlaps residual"});
}

TEST_F(RmsNormErrors, ColumnSlicesOfOneBufferDoNotOverlap) {
  // x is the left half of each row and out the right half: no error until the kernel is wanted.
  x.shape = {0, 16};  // no rows, so that nothing is launched
  weight.shape = {16};
  x.strides = {32, 1};
  options.out = x;
  rms_norm_fn(stream, x, weight, options);
  x.shape = {6, 16};
  options.out = x;
  options.out.data = static_cast<char*>(x.data) + 30;
  expect({"out: the destination overlaps x"});
  options.out.data = static_cast<char*>(x.data) + 34;
  expect({"out: the destination overlaps x"});
}

TEST_F(RmsNormErrors, Config) {
  options.config = {.rows = 3, .bn = 32, .warps = 4};
  expect({"config.rows: no such configuration", "got 3", "power of two"});
  options.config = {.rows = 1, .bn = 32, .warps = 64};
  expect({"config.warps", "got 64", "1 to 32"});
  options.config = {.rows = 1024, .bn = 16384, .warps = 4};
  expect({"config.rows: a tile is too large for its threads", "got 1024", "at most 2 with bn"});
  options.config = {.rows = 1, .bn = 65536, .warps = 4};
  expect({"config.bn: a tile is too large for its threads", "got 65536", "at most 32768"});
}

TEST_F(RmsNormErrors, NothingToDoIsNoError) {
  x.shape = {0, 32};
  x.data = nullptr;
  options.prenorm = true;
  const NormOut none = rms_norm_fn(stream, x, weight, options);
  EXPECT_TRUE(none.y.shape() == (Dims{0, 32}));
  EXPECT_TRUE(none.rstd->shape() == Dims{0});
  EXPECT_TRUE(none.residual_out.has_value());
  x.shape = {6, 0};
  weight.shape = {0};
  weight.data = nullptr;
  const NormOut empty = rms_norm_fn(stream, x, weight, options);
  EXPECT_TRUE(empty.rstd->shape() == Dims{6});
  std::array<float, 6> rstd{};
  empty.rstd->copy_to_host(rstd.data(), sizeof rstd);
  EXPECT_TRUE(std::isnan(rstd[5]));
  EXPECT_TRUE(device->launches.empty());
}

}  // namespace
}  // namespace tegula::ops
