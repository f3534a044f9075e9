// Misuse of dropout, its gradient and its mask.
#include "tegula/ops/dropout.h"

#include <cmath>

#include "tests/runtime/device/fake_device.h"
#include "tests/runtime/expect_error.h"

namespace tegula::ops {
namespace {

using tegula::testing::expect_error;
using tegula::testing::FakeDevice;
constexpr auto invalid = ErrorCode::invalid_argument;

class DropoutErrors : public ::testing::Test {
 protected:
  std::shared_ptr<FakeDevice> device = std::make_shared<FakeDevice>();
  Stream stream{device};
  Tensor x_ = stream.empty(DType::bf16, {6, 32}), spare = stream.empty(DType::bf16, {6, 32});
  TensorRef x = x_;
  DropoutOptions options = {.dropout_p = 0.5F, .rng = RngState{}};

  void expect(std::initializer_list<const char*> parts) {
    expect_error(invalid, parts, [&] { dropout(stream, x, options); });
    EXPECT_TRUE(device->launches.empty());
  }
  void expect_mask(std::int64_t rows, std::int64_t columns, const DropoutMaskOptions& given,
                   std::initializer_list<const char*> parts) {
    expect_error(invalid, parts, [&] { dropout_mask(stream, rows, columns, given); });
    EXPECT_TRUE(device->launches.empty());
  }
};

TEST_F(DropoutErrors, Probabilities) {
  for (const float p : {-0.1F, 1.F, 2.F, std::nanf(""), INFINITY}) {
    options.dropout_p = p;
    expect({"dropout: error: dropout_p: out of range", "wanted in [0, 1)"});
  }
  options.dropout_p = 1 - 0x1p-18F;
  expect({"dropout_p: so near 1 that nothing would be kept", "at most 1 - 2^-17"});
  expect_error(invalid, {"dropout_bwd: error: dropout_p: so near 1"},
               [&] { dropout_bwd(stream, x, options); });
  expect_mask(2, 2, {.dropout_p = 1}, {"dropout_mask: error: dropout_p: out of range", "got 1"});
}

TEST_F(DropoutErrors, RandomState) {
  options.rng.reset();
  expect({"dropout: error: rng: dropout needs random numbers", "none, with dropout_p = 0.5"});
  Tensor memory = stream.empty(DType::i32, {2});
  options.rng = RngState{.memory = memory};
  expect({"rng.memory: wrong dtype", "got i32", "i64, or u64"});
  memory = stream.empty(DType::i64, {3});
  options.rng->memory = memory;
  expect({"rng.memory: wrong shape", "got 3", "wanted 2, {seed, offset}"});
  Stream elsewhere(std::make_shared<FakeDevice>());
  memory = elsewhere.empty(DType::i64, {2});
  options.rng->memory = memory;
  expect({"rng.memory: the tensor lies on another device than the stream"});
  options.rng->memory = {};
  memory = stream.empty(DType::i64, {2});
  options.rng->memory = memory;
  options.out = {memory.data(), DType::bf16, {6, 1}, {1, 1}, stream.device().get()};
  x.shape = {6, 1};
  expect({"out: the destination overlaps rng.memory"});
}

TEST_F(DropoutErrors, Tensors) {
  x.dtype = DType::f64;
  expect({"x: wrong dtype", "got f64", "f32, f16 or bf16"});
  x = {};
  expect({"x: the tensor is absent"});
  expect_error(invalid, {"dropout_bwd: error: dy: the tensor is absent"},
               [&] { dropout_bwd(stream, x, options); });
  x = x_;
  x.strides = {64, 2};
  expect({"x: the last dimension is not contiguous", "stride 2"});
  x = x_;
  options.out = x;  // in place
  options.out.data = static_cast<std::byte*>(x.data) + 4;
  expect({"out: the destination overlaps x"});
  options.out = spare;
  options.out_dtype = DType::f16;
  expect({"out: wrong dtype", "got bf16", "f16, out_dtype"});
  options.out_dtype.reset();
  options.out.shape = {6, 31};
  expect({"out: wrong shape", "6x32, the shape of x"});
  options.out = {};
  options.config = RowConfig{.warps = 33};
  expect({"config.warps: no such configuration"});
}

// Rows are counted in 64 bits, but a tensor's extents in 32.
TEST_F(DropoutErrors, TooManyRows) {
  x.shape = {std::int64_t{1} << 31, 1};
  x.strides = {1, 1};
  options.out = x;
  expect({"dropout: error: x: an extent is out of range", "got 2147483648x1"});
}

TEST_F(DropoutErrors, Masks) {
  expect_mask(-1, 2, {}, {"dropout_mask: error: m: out of range", "got -1"});
  expect_mask(1, -2, {}, {"n: out of range", "got -2"});
  const Tensor out = stream.empty(DType::u8, {6, 32});
  expect_mask(6, 32, {.out = out}, {"out: wrong dtype", "got u8", "i1, as all masks"});
  const Tensor mask = stream.empty(DType::i1, {6, 32});
  expect_mask(6, 31, {.out = mask}, {"out: wrong shape", "got 6x32", "6x31, m and n"});
}

}  // namespace
}  // namespace tegula::ops
