#include "ops/common/overlap.h"

#include <gtest/gtest.h>

#include "tests/runtime/device/fake_device.h"

namespace tegula::ops {
namespace {

TensorRef at(std::uintptr_t address, Dims shape, Dims strides) {
  static tegula::testing::FakeDevice device;
  return {reinterpret_cast<void*>(address), DType::bf16, shape, strides, &device};
}

TEST(Overlap, ColumnSlicesOfOneBuffer) {
  // 16 of 32 columns: rows of 32 bytes, 64 bytes apart.
  const TensorRef left = at(1024, {6, 16}, {32, 1});
  for (const int offset : {-32, 32, 96}) {
    const TensorRef right = at(1024 + offset, {6, 16}, {32, 1});
    EXPECT_FALSE(overlaps(left, right, "out")) << offset;
    EXPECT_FALSE(overlaps(right, left, "out")) << offset;
  }
  for (const int offset : {-64, -34, -2, 0, 2, 30, 34, 62, 64})
    EXPECT_TRUE(overlaps(left, at(1024 + offset, {6, 16}, {32, 1}), "out")) << offset;
}

TEST(Overlap, OtherwiseByTheRangesThatAreSpanned) {
  const TensorRef matrix = at(1024, {6, 16}, {32, 1});
  EXPECT_FALSE(overlaps(matrix, at(1024 + 5 * 64 + 32, {16}, {1}), "out"));
  EXPECT_TRUE(overlaps(matrix, at(1024 + 5 * 64 + 30, {16}, {1}), "out"));
  EXPECT_TRUE(overlaps(matrix, at(1024 + 32, {16}, {1}), "out")) << "a gap, but not told apart";
  EXPECT_FALSE(overlaps(matrix, at(1024, {0, 16}, {16, 1}), "out"));
}

TEST(Overlap, NothingOverlapsATensorWithoutElements) {
  const TensorRef matrix = at(1024, {6, 16}, {32, 1});
  // Inside of the matrix, with a pitch that would overflow.
  for (const TensorRef& empty :
       {at(1030, {0, 16}, {16, 1}), at(1030, {6, 0}, {std::int64_t{1} << 62, 1})}) {
    EXPECT_FALSE(overlaps(matrix, empty, "out"));
    EXPECT_FALSE(overlaps(empty, matrix, "out"));
  }
}

}  // namespace
}  // namespace tegula::ops
