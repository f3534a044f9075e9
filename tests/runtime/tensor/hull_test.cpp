#include <limits>

#include "runtime/tensor/hull.h"
#include "tests/runtime/device/fake_device.h"
#include "tests/runtime/expect_error.h"

namespace tegula::runtime {
namespace {

using tegula::testing::expect_error;
using tegula::testing::FakeDevice;

TensorRef tensor_at(std::uintptr_t address, Dims shape, Dims strides) {
  static FakeDevice device;
  return {reinterpret_cast<void*>(address), DType::f32, shape, strides, &device};
}

TEST(Hull, SpansFromTheLowestToTheHighestByte) {
  const Hull dense = hull(tensor_at(1000, {2, 3}, {3, 1}), "x");
  EXPECT_EQ(dense.begin, 1000U);
  EXPECT_EQ(dense.end, 1024U);
  EXPECT_EQ(hull(tensor_at(1000, {2, 3}, {10, 1}), "x").end, 1000U + 13 * 4);
  EXPECT_EQ(hull(tensor_at(1000, {5}, {0}), "x").end, 1004U);
  const Hull backwards = hull(tensor_at(1000, {2, 3}, {-3, 1}), "x");
  EXPECT_EQ(backwards.begin, 988U);
  EXPECT_EQ(backwards.end, 1012U);
}

TEST(Hull, OfNothingIsEmpty) {
  EXPECT_TRUE(hull(tensor_at(0, {0, 3}, {3, 1}), "x").empty());
  EXPECT_EQ(hull(tensor_at(1000, {}, {}), "x").end, 1004U);
}

TEST(Hull, RefusesToWrapAround) {
  constexpr auto code = ErrorCode::invalid_argument;
  constexpr std::int64_t huge = std::numeric_limits<std::int64_t>::max();
  expect_error(code, {"residual", "address space", "shape 3, strides 9223372036854775807"},
               [&] { hull(tensor_at(1000, {3}, {huge}), "residual"); });
  expect_error(code, {"x"}, [&] { hull(tensor_at(1000, {2}, {huge / 2}), "x"); });
  expect_error(code, {"x"}, [&] { hull(tensor_at(1000, {2}, {-1000}), "x"); });
  expect_error(code, {"x"}, [&] { hull(tensor_at(~std::uintptr_t{7}, {4}, {1}), "x"); });
}

TEST(Hull, Overlaps) {
  EXPECT_TRUE((Hull{0, 10}).overlaps({9, 20}));
  EXPECT_FALSE((Hull{0, 10}).overlaps({10, 20}));
  EXPECT_FALSE((Hull{5, 5}).overlaps({5, 5}));
  EXPECT_FALSE((Hull{5, 5}).overlaps({0, 10}));
  EXPECT_FALSE((Hull{0, 10}).overlaps({5, 5}));
}

}  // namespace
}  // namespace tegula::runtime
