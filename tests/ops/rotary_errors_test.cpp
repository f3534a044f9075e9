// Misuse of rotary and its gradient.
#include "tegula/ops/rotary.h"

#include "tests/runtime/device/fake_device.h"
#include "tests/runtime/expect_error.h"

namespace tegula::ops {
namespace {

using tegula::testing::expect_error;
using tegula::testing::FakeDevice;
constexpr auto invalid = ErrorCode::invalid_argument;

class RotaryErrors : public ::testing::Test {
 protected:
  std::shared_ptr<FakeDevice> device = std::make_shared<FakeDevice>();
  Stream stream{device};
  Tensor x_ = stream.empty(DType::bf16, {2, 5, 3, 16}), cos_ = stream.empty(DType::f32, {9, 8});
  Tensor sin_ = stream.empty(DType::f32, {9, 8}), offsets_ = stream.empty(DType::i32, {2});
  Tensor spare = stream.empty(DType::bf16, {2, 5, 3, 16});
  TensorRef x = x_, cos = cos_, sin = sin_;
  RotaryOptions options;

  void expect(std::initializer_list<const char*> parts) {
    expect_error(invalid, parts, [&] { rotary(stream, x, cos, sin, options); });
    EXPECT_TRUE(device->launches.empty());
  }
};

TEST_F(RotaryErrors, Input) {
  x.shape = {2, 5, 48};
  x.strides = {240, 48, 1};
  expect({"rotary: error: x: wrong rank", "got 2x5x48", "(b, s, h, d)"});
  expect_error(invalid, {"rotary_bwd: error: dy: wrong rank"},
               [&] { rotary_bwd(stream, x, cos, sin); });
  x = x_;
  x.strides[3] = 2;
  expect({"x: the last dimension is not contiguous"});
  x = x_;
  x.dtype = DType::i16;
  expect({"x: wrong dtype"});
}

TEST_F(RotaryErrors, Tables) {
  cos.shape = {9};
  cos.strides = {1};
  expect({"cos: wrong rank", "(t, r)"});
  cos = cos_;
  sin.shape = {9, 7};
  expect({"sin: wrong shape", "got 9x7", "9x8, the shape of cos"});
  sin = sin_;
  sin.strides = {1, 9};
  expect({"sin: the last dimension is not contiguous", "stride 9"});
  sin = sin_;
  cos.shape = sin.shape = {9, 9};
  cos.strides = sin.strides = {9, 1};
  expect({"cos: more angles than the head has pairs", "got 9x9", "at most 8 columns"});
  cos.shape = sin.shape = {9, 0};
  expect({"cos: there are no angles"});
  cos = cos_, sin = sin_;
  cos.shape = sin.shape = {4, 8};
  expect({"cos: fewer rows than positions", "got 4x8", "at least 5 rows"});
}

TEST_F(RotaryErrors, MoreAnglesThanABlockTakes) {
  x.shape = {1, 1, 1, 1 << 20};
  x.strides = contiguous_strides(x.shape);
  cos.shape = sin.shape = {1, 8193};
  cos.strides = sin.strides = {8193, 1};
  expect({"cos: more angles than a block takes", "got 1x8193", "at most 8192 columns"});
}

TEST_F(RotaryErrors, Offsets) {
  options.seqlen_offset = 5;
  expect({"cos: fewer rows than positions", "at least 10 rows", "seqlen_offset 5"});
  options.seqlen_offset = -1;
  expect({"seqlen_offset: out of range", "got -1", "0 to 9"});
  options.seqlen_offset = 10;
  expect({"seqlen_offset: out of range", "got 10"});
  options.seqlen_offset = 0;
  options.seqlen_offsets = cos;
  expect({"seqlen_offsets: wrong dtype", "got f32", "i32"});
  options.seqlen_offsets = offsets_;
  options.seqlen_offsets.shape = {3};
  expect({"seqlen_offsets: wrong shape", "got 3", "2, the first extent of x"});
}

TEST_F(RotaryErrors, Destination) {
  options.out = x;  // in place
  options.out.data = static_cast<std::byte*>(x.data) + 32;
  expect({"out: the destination overlaps x"});
  options.out = x;
  options.out.strides = {240, 16, 80, 1};
  expect({"out: the destination overlaps x"});
  options.out = spare;
  options.out.strides[0] = 0;
  expect({"out: the elements of a destination overlap", "stride 0 in dimension 0"});
  options.out = spare;
  options.out.strides[1] = 4;  // positions that overlap by half
  expect({"out: the elements of a destination overlap", "in dimension 1"});
  options.out = spare;
  options.out.data = cos.data;
  expect({"out: the destination overlaps cos"});
  options.out = spare;
  options.out_dtype = DType::f32;
  expect({"out: wrong dtype", "got bf16"});
}

TEST_F(RotaryErrors, Config) {
  options.config = RotaryConfig{.bs = 3};
  expect({"config.bs: no such configuration", "got 3"});
  options.config = RotaryConfig{.turns = 0};
  expect({"config.turns: no such configuration", "got 0", "1 to 64"});
  options.config = RotaryConfig{.bs = 1024, .bh = 64};
  expect({"config.bs: a tile is too large for its threads", "got 1024"});
  options.config = RotaryConfig{.bs = 256, .bh = 1, .turns = 64, .warps = 1};
  expect({"config.turns: too many turns", "got 64", "at most 4"});
}

}  // namespace
}  // namespace tegula::ops
