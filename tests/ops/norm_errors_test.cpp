// Misuse of the norms: each mistake, and that the message names it. Nothing is launched.
#include <cmath>
#include <limits>

#include "tegula/ops/norm.h"
#include "tests/runtime/device/fake_device.h"
#include "tests/runtime/expect_error.h"

namespace tegula::ops {
namespace {

using tegula::testing::expect_error;
using tegula::testing::FakeDevice;
constexpr auto invalid = ErrorCode::invalid_argument;

class NormErrors : public ::testing::Test {
 protected:
  std::shared_ptr<FakeDevice> device = std::make_shared<FakeDevice>();
  Stream stream{device};
  Tensor x_ = stream.empty(DType::bf16, {6, 32}), weight_ = stream.empty(DType::f32, {32});
  Tensor other_ = stream.empty(DType::bf16, {6, 32});
  TensorRef x = x_, weight = weight_, other = other_;
  NormOptions options;

  /// Of both functions.
  void expect(std::initializer_list<const char*> parts) {
    for (const auto function : {rms_norm_fn, layer_norm_fn})
      expect_error(invalid, parts, [&] { function(stream, x, weight, options); });
    EXPECT_TRUE(device->launches.empty());
  }
  /// The tensor of that name is refused with a wrong dtype, shape, device, pointer and stride.
  void expect_checked(const char* name, TensorRef NormOptions::*member, const Tensor& good) {
    options.*member = good;
    (options.*member).dtype = DType::i32;
    expect({name, ": wrong dtype", "got i32"});
    options.*member = good;
    (options.*member).shape[0] += 1;
    expect({name, "wrong", to_string((options.*member).shape).c_str()});
    options.*member = good;
    FakeDevice second("fake:1");
    (options.*member).device = &second;
    expect({name, ": the tensor lies on another device", "got fake:1"});
    options.*member = good;
    (options.*member).data = nullptr;
    expect({name, ": a null pointer"});
    options = {};
  }
  ~NormErrors() override { x = weight = other = {}; }
};

TEST_F(NormErrors, TheFunctionIsNamed) {
  x = {};
  expect_error(invalid, {"rms_norm_fn: error: x: the tensor is absent"},
               [&] { rms_norm_fn(stream, x, weight); });
  expect_error(invalid, {"layer_norm_fn: error: x: the tensor is absent"},
               [&] { layer_norm_fn(stream, x, weight); });
}

TEST_F(NormErrors, Rank) {
  x.shape = x.strides = {};
  expect({"x: wrong rank", "scalar", "(..., N)"});
}

TEST_F(NormErrors, DTypes) {
  x.dtype = DType::i32;
  expect({"x: wrong dtype", "got i32", "f32, f16 or bf16"});
  x.dtype = DType::bf16;
  weight.dtype = DType::f64;
  expect({"weight: wrong dtype", "got f64"});
  weight.dtype = DType::f32;
  options.out_dtype = DType::i64;
  expect({"out_dtype: wrong dtype", "got i64"});
}

TEST_F(NormErrors, EveryOptionalTensor) {
  expect_checked("bias", &NormOptions::bias, weight_);
  expect_checked("weight1", &NormOptions::weight1, weight_);
  expect_checked("residual", &NormOptions::residual, other_);
  expect_checked("x1", &NormOptions::x1, other_);
  expect_checked("rowscale", &NormOptions::rowscale, stream.empty(DType::f32, {6}));
  expect_checked("out", &NormOptions::out, other_);
  expect_checked("residual_out", &NormOptions::residual_out, other_);
  expect_checked("rstd", &NormOptions::rstd, stream.empty(DType::f32, {6}));
}

TEST_F(NormErrors, Shapes) {
  weight.shape = {31};
  expect({"weight: wrong shape", "got 31", "wanted 32, the last extent of x"});
  weight = weight_;
  options.bias = weight;
  options.bias.shape = {1, 32};
  options.bias.strides = {32, 1};
  expect({"bias: wrong shape", "got 1x32"});
  options = {};
  options.residual = other;
  options.residual.shape = {32, 6};
  expect({"residual: wrong shape", "got 32x6", "wanted 6x32, the shape of x"});
  options = {};
  options.x1 = other;
  options.x1.shape = {5, 32};
  expect({"x1: wrong shape", "got 5x32", "wanted 6x32"});
}

TEST_F(NormErrors, SecondResults) {
  options.bias1 = weight;
  expect({"bias1: ", "weight1"});
  options.weight1 = weight;
  options.bias1.shape = {31};
  expect({"bias1: wrong shape", "got 31"});
  options.bias1 = {};
  options.weight1.shape = {16};
  expect({"weight1: wrong shape", "got 16", "32"});
}

TEST_F(NormErrors, RowscaleAndX1) {
  const Tensor rowscale = stream.empty(DType::f32, {6});
  options.rowscale = rowscale;
  options.x1 = other;
  expect({"rowscale: not with x1"});
  options.x1 = {};
  options.rowscale.shape = {5};
  expect({"rowscale: ", "5", "6, one for each row"});
}

TEST_F(NormErrors, DropoutP) {
  options.rng = RngState{.seed = 1};
  for (const float p : {-0.1F, 1.0F, 1.5F, std::nanf("")}) {
    options.dropout_p = p;
    expect({"dropout_p: out of range", "[0, 1)"});
  }
  options.dropout_p = 1 - 0x1p-18F;
  expect({"dropout_p: so near 1", "1 - 2^-17"});
}

TEST_F(NormErrors, Rng) {
  options.dropout_p = 0.5F;
  expect({"rng: ", "dropout_p = 0.5", "RngState"});
  const Tensor memory = stream.empty(DType::u64, {2});
  options.rng = RngState{.memory = memory};
  options.rng->memory.dtype = DType::i32;
  expect({"rng.memory: wrong dtype", "got i32", "i64", "u64"});
  options.rng->memory = memory;
  options.rng->memory.shape = {1};
  expect({"rng.memory: wrong shape", "got 1", "2"});
  options.rng->memory = memory;
  FakeDevice second("fake:1");
  options.rng->memory.device = &second;
  expect({"rng.memory: the tensor lies on another device"});
}

TEST_F(NormErrors, Destinations) {
  options.out = other;
  options.out.shape = {3, 64};
  expect({"out: wrong shape", "got 3x64"});
  options.out = other;
  options.out_dtype = DType::f32;
  expect({"out: wrong dtype", "got bf16", "f32, out_dtype"});
  options = {};
  const Tensor residual = stream.empty(DType::f32, {6, 32});
  options.residual = residual;
  options.residual_out = other;
  expect({"residual_out: wrong dtype", "got bf16", "f32, the dtype of residual"});
  options.residual = {};
  options.residual_in_fp32 = true;
  expect({"residual_out: wrong dtype", "got bf16", "f32", "residual_in_fp32"});
  options = {};
  options.rstd = other;
  expect({"rstd: wrong dtype", "got bf16", "wanted f32"});
  const Tensor statistics = stream.empty(DType::f32, {6, 2});
  options.rstd = statistics;
  expect({"rstd: wrong shape", "got 6x2", "wanted 6, the shape of x without its last extent"});
  options.rstd.shape = {6};
  options.rstd.strides = {0};
  expect({"rstd: the elements of a destination overlap"});
}

TEST_F(NormErrors, AnRmsNormHasNoMean) {
  const Tensor mean = stream.empty(DType::f32, {6});
  options.mean = mean;
  const auto expect_none = [&](auto function) {
    expect_error(invalid, {"mean: an rms norm has no mean"},
                 [&] { function(stream, x, weight, options); });
  };
  expect_none(rms_norm_fn);
  options.is_rms_norm = true;
  expect_none(layer_norm_fn);
}

TEST_F(NormErrors, Pointers) {
  x.data = nullptr;
  expect({"x: a null pointer", "6x32:bf16"});
  x.data = static_cast<char*>(x_.data()) + 1;
  expect({"x: the pointer is not aligned to an element", "a multiple of 2"});
}

TEST_F(NormErrors, Strides) {
  x.strides = {64, 2};
  expect({"x: the last dimension is not contiguous", "got stride 2", "contiguous first"});
  x.strides = {1};
  expect({"x: not one stride for each dimension"});
  x = x_;
  weight.strides = {0};
  expect({"weight: the last dimension is not contiguous", "got stride 0"});
  weight = weight_;
  x.shape = {2, 3, 16};
  x.strides = {100, 16, 1};
  weight.shape = {16};
  expect({"x: the leading dimensions are not evenly spaced", "strides 100x16x1",
          "stride 48 in dimension 0", "contiguous first"});
}

TEST_F(NormErrors, OverlappingRowsOfADestination) {
  options.out = other;
  options.out.strides = {16, 1};
  expect({"out: the rows of a destination overlap", "row stride 16", "at least 32"});
}

TEST_F(NormErrors, Eps) {
  for (const float eps : {0.0F, -1e-6F, std::numeric_limits<float>::infinity(), std::nanf("")}) {
    options.eps = eps;
    expect({"eps: out of range", "a finite number above 0"});
  }
}

TEST_F(NormErrors, Overlaps) {
  options.out = x;
  expect({"out: the destination overlaps x", "memory of its own"});
  options.out = {};
  options.residual = other;
  options.residual_out = other;
  expect({"residual_out: the destination overlaps residual"});
  options.residual = {};
  options.x1 = other;
  expect({"residual_out: the destination overlaps x1"});
  options.x1 = {};
  options.residual = other;
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

TEST_F(NormErrors, ColumnSlicesOfOneBufferDoNotOverlap) {
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

TEST_F(NormErrors, Config) {
  options.config = RowConfig{.rows = 3, .bn = 32, .warps = 4};
  expect({"config.rows: no such configuration", "got 3", "power of two"});
  options.config = RowConfig{.rows = 1, .bn = 32, .warps = 64};
  expect({"config.warps", "got 64", "1 to 32"});
  options.config = RowConfig{.rows = 1024, .bn = 16384, .warps = 4};
  expect({"config.rows: a tile is too large for its threads", "got 1024", "at most 2 with bn"});
  options.config = RowConfig{.rows = 1, .bn = 65536, .warps = 4};
  expect({"config.bn: a tile is too large for its threads", "got 65536", "at most 32768"});
}

TEST_F(NormErrors, NothingToDoIsNoError) {
  x.shape = {0, 32};
  x.data = nullptr;
  options.prenorm = true;
  const NormOut none = layer_norm_fn(stream, x, weight, options);
  EXPECT_TRUE(none.y.shape() == (Dims{0, 32}));
  EXPECT_TRUE(none.rstd->shape() == Dims{0});
  EXPECT_TRUE(none.mean->shape() == Dims{0});
  EXPECT_TRUE(none.residual_out.has_value());
  x.shape = {6, 0};
  weight.shape = {0};
  weight.data = nullptr;
  const NormOut empty = layer_norm_fn(stream, x, weight, options);
  EXPECT_TRUE(empty.rstd->shape() == Dims{6});
  for (const Tensor& statistic : {*empty.rstd, *empty.mean}) {
    std::array<float, 6> values{};
    statistic.copy_to_host(values.data(), sizeof values);
    EXPECT_TRUE(std::isnan(values[5]));
  }
  EXPECT_TRUE(device->launches.empty());
}

}  // namespace
}  // namespace tegula::ops
