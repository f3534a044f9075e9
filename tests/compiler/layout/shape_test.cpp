// Shapes: flat indices and projections against plain arithmetic on coordinates.
#include "compiler/layout/shape.h"

#include <gtest/gtest.h>

#include <stdexcept>

#include "tests/compiler/layout/random_layouts.h"

namespace tegula::layout {
namespace {

using testing::flat_index;
using testing::Random;

constexpr int shape_cases = testing::rounds(1000);

TEST(Shape, ExampleOfTheHeader) {
  EXPECT_EQ(coordinates({4, 8}, 21), (std::vector<int64_t>{2, 5}));
  EXPECT_EQ(axis_mask({4, 8}, 0), 0b11000u);
  EXPECT_EQ(axis_mask({4, 8}, 1), 0b00111u);
}

TEST(Shape, Scalar) {
  EXPECT_EQ(shape_to_string({}), "[]");
  EXPECT_EQ(tile_bits({}), 0);
  EXPECT_EQ(inner_extent({}), 1);
  EXPECT_TRUE(coordinates({}, 0).empty());
}

TEST(Shape, InnerExtentSkipsTrailingOnes) {
  EXPECT_EQ(inner_extent({4, 8}), 8);
  EXPECT_EQ(inner_extent({4, 8, 1}), 8);
  EXPECT_EQ(inner_extent({1, 1}), 1);
}

TEST(Shape, CoordinatesAreRowMajor) {
  Random random(1);
  for (int i = 0; i < shape_cases; ++i) {
    const Shape shape = random.shape(8);
    for (uint32_t flat = 0; flat < 1u << tile_bits(shape); ++flat) {
      const auto at = coordinates(shape, flat);
      for (size_t axis = 0; axis < shape.size(); ++axis) {
        ASSERT_LT(at[axis], shape[axis]) << shape_to_string(shape);
        auto origin = at;
        origin[axis] = 0;
        ASSERT_EQ(flat & ~axis_mask(shape, axis), flat_index(shape, origin))
            << shape_to_string(shape);
      }
      ASSERT_EQ(flat_index(shape, at), flat) << shape_to_string(shape);
    }
  }
}

TEST(Shape, BroadcastProjection) {
  Random random(2);
  for (int i = 0; i < shape_cases; ++i) {
    const Shape target = random.shape(8);
    Shape source = target;
    for (int64_t& extent : source)
      if (random.chance(50)) extent = 1;
    const LinearMap projection = broadcast_projection(source, target);
    for (uint32_t flat = 0; flat < 1u << tile_bits(target); ++flat)
      ASSERT_EQ(projection(flat), testing::broadcast_source(source, target, flat))
          << shape_to_string(source) << " to " << shape_to_string(target) << " at " << flat;
  }
}

TEST(Shape, TransposeProjection) {
  Random random(3);
  for (int i = 0; i < shape_cases; ++i) {
    const Shape shape = random.shape(8);
    const std::vector<int> permutation = random.permutation(shape.size());
    const Shape result = transpose_shape(shape, permutation);
    const LinearMap projection = transpose_projection(shape, permutation);
    for (uint32_t flat = 0; flat < 1u << tile_bits(shape); ++flat) {
      const auto from = coordinates(shape, flat);
      const auto to = coordinates(result, static_cast<uint32_t>(projection(flat)));
      for (size_t axis = 0; axis < shape.size(); ++axis)
        ASSERT_EQ(to[axis], from[permutation[axis]]) << shape_to_string(shape);
    }
  }
}

TEST(Shape, Errors) {
  EXPECT_THROW(tile_bits({3}), std::invalid_argument);
  EXPECT_THROW(tile_bits({0}), std::invalid_argument);
  EXPECT_THROW(tile_bits({-4}), std::invalid_argument);
  EXPECT_THROW(tile_bits({1 << 15, 1 << 16}), std::invalid_argument);
  EXPECT_THROW(axis_mask({4, 8}, 2), std::invalid_argument);
  EXPECT_THROW(axis_mask({4, 8}, -1), std::invalid_argument);
  EXPECT_THROW(coordinates({4, 8}, 32), std::invalid_argument);
  EXPECT_THROW(broadcast_projection({4}, {1, 4}), std::invalid_argument);
  EXPECT_THROW(broadcast_projection({4, 2}, {4, 8}), std::invalid_argument);
  EXPECT_THROW(broadcast_projection({4, 8}, {4, 1}), std::invalid_argument);
  EXPECT_THROW(transpose_shape({4, 8}, {0, 0}), std::invalid_argument);
  EXPECT_THROW(transpose_shape({4, 8}, {0}), std::invalid_argument);
}

}  // namespace
}  // namespace tegula::layout
