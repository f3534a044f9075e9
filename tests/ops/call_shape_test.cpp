// What counts as a call of the same shapes, and which of its tensors meet.
#include "ops/core/call_shape.h"

#include <gtest/gtest.h>

#include <array>

#include "tests/runtime/device/fake_device.h"

namespace tegula {
namespace {

/// Three tensors of 4 x 8 f32, of which the last two are written; 128 bytes each, 256 apart.
struct Call {
  testing::FakeDevice device;
  std::array<TensorRef, 3> tensors;
  std::array<std::uint64_t, 2> words = {1, 2};

  Call() {
    for (std::size_t i = 0; i < tensors.size(); ++i) tensors[i] = at(0x10000 + 0x100 * i);
  }
  TensorRef at(std::uintptr_t address) {
    return contiguous(reinterpret_cast<void*>(address), DType::f32, {4, 8}, device);
  }
  std::array<const TensorRef*, 3> list() const { return {&tensors[0], &tensors[1], &tensors[2]}; }
  bool same_as(const CallShape& shape) const { return shape.fits(list(), words); }
};

CallShape shape_of(const Call& call) {
  CallShape shape;
  shape.remember(call.list(), 1, call.words);
  return shape;
}

TEST(CallShapes, AddressesMayDiffer) {
  Call call;
  const CallShape shape = shape_of(call);
  EXPECT_TRUE(call.same_as(shape));
  call.tensors[2] = call.at(0x50000);
  EXPECT_TRUE(call.same_as(shape));
  call.tensors[2] = call.at(0x50004);
  EXPECT_FALSE(call.same_as(shape)) << "aligned otherwise";
  call.tensors[2] = call.at(0);
  EXPECT_FALSE(call.same_as(shape)) << "null";
}

TEST(CallShapes, NothingElseMay) {
  const auto differs = [](auto&& change) {
    Call call;
    const CallShape shape = shape_of(call);
    change(call);
    return !call.same_as(shape);
  };
  EXPECT_TRUE(differs([](Call& c) { c.words[1] = 3; }));
  EXPECT_TRUE(differs([](Call& c) { c.tensors[0].dtype = DType::i32; }));
  EXPECT_TRUE(differs([](Call& c) { c.tensors[0].read_only = true; }));
  EXPECT_TRUE(differs([](Call& c) { c.tensors[1].shape[0] = 3; }));
  EXPECT_TRUE(differs([](Call& c) { c.tensors[1].strides[0] = 9; }));
  EXPECT_TRUE(differs([](Call& c) { c.tensors[2].shape = {32}; }));
  testing::FakeDevice other;
  EXPECT_TRUE(differs([&](Call& c) { c.tensors[2].device = &other; }));
  for (std::size_t i = 0; i < 3; ++i)
    EXPECT_TRUE(differs([&](Call& c) { c.tensors[i] = {}; })) << "absent now: " << i;
}

TEST(CallShapes, WhatWasAbsentMustBe) {
  for (std::size_t i = 0; i < 3; ++i) {
    Call call;
    const TensorRef was = call.tensors[i];
    call.tensors[i] = {};
    const CallShape shape = shape_of(call);
    EXPECT_TRUE(call.same_as(shape)) << i;
    call.tensors[i] = was;
    EXPECT_FALSE(call.same_as(shape)) << "there now: " << i;
  }
}

TEST(CallShapes, OutputsMayNotMeetOthers) {
  for (const bool last_is_absent : {false, true}) {
    Call call;
    if (last_is_absent) call.tensors[2] = {};
    const CallShape shape = shape_of(call);
    EXPECT_TRUE(call.same_as(shape));
    call.tensors[1] = call.at(0x10000 + 112);
    EXPECT_FALSE(call.same_as(shape)) << "the last elements";
    call.tensors[1] = call.at(0x10000 + 128);
    EXPECT_TRUE(call.same_as(shape)) << "behind it";
    call.tensors[1] = call.at(0x10000 - 128);
    EXPECT_TRUE(call.same_as(shape)) << "before it";
  }
  Call call;
  const CallShape shape = shape_of(call);
  call.tensors[2] = call.tensors[1];
  EXPECT_FALSE(call.same_as(shape)) << "two outputs";
}

TEST(CallShapes, WhatWasInPlaceMustBe) {
  Call call;
  call.tensors[1] = call.tensors[0];
  const CallShape shape = shape_of(call);
  EXPECT_TRUE(call.same_as(shape));
  call.tensors[0] = call.tensors[1] = call.at(0x50000);
  EXPECT_TRUE(call.same_as(shape)) << "elsewhere, in place";
  call.tensors[1] = call.at(0x60000);
  EXPECT_FALSE(call.same_as(shape)) << "apart";
  call.tensors[1] = call.at(0x50010);
  EXPECT_FALSE(call.same_as(shape)) << "in part";
}

TEST(CallShapes, ForgottenIsLikeNothing) {
  const Call call;
  CallShape shape = shape_of(call);
  shape.forget();
  EXPECT_FALSE(call.same_as(shape));
}

}  // namespace
}  // namespace tegula
