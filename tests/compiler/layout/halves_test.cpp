#include "compiler/layout/halves.h"

#include <gtest/gtest.h>

namespace tegula::layout {
namespace {

TEST(Halves, AreWhatTheWholeWasJoinedFrom) {
  for (int warps : {1, 4})
    for (const Shape& shape : {Shape{64}, Shape{8, 32}, Shape{1}}) {
      const Distributed half = Distributed::blocked(shape, 2, warps);
      const Distributed whole = whole_layout(half);
      Shape joined = shape;
      joined.push_back(2);
      EXPECT_EQ(whole.shape(), joined);
      ASSERT_TRUE(half_layout(whole).has_value());
      EXPECT_EQ(*half_layout(whole), half);
      EXPECT_EQ(nearest_half_layout(whole), half);
      // Both halves of an element are neighbouring registers of the thread that has it in `half`.
      for (std::uint32_t reg = 0; reg < static_cast<std::uint32_t>(half.registers()); ++reg)
        for (std::uint32_t lane : {0U, 7U, 31U}) {
          EXPECT_EQ(whole.index(2 * reg, lane, 0), 2 * half.index(reg, lane, 0));
          EXPECT_EQ(whole.index(2 * reg + 1, lane, 0), 2 * half.index(reg, lane, 0) + 1);
        }
    }
}

TEST(Halves, OfDifferentLanesAreNotJoinedByAThread) {
  // Neighbours along the last axis are in neighbouring lanes, and registers hold other rows.
  const Distributed whole({128, 2}, {64, 128}, {1, 2, 4, 8, 16}, {32});
  EXPECT_FALSE(half_layout(whole).has_value());
  const Distributed half = nearest_half_layout(whole);
  EXPECT_EQ(half.shape(), Shape({128}));
  EXPECT_EQ(half_layout(whole_layout(half)), half);
}

TEST(Halves, AreOfALastAxisOfTwo) {
  EXPECT_FALSE(half_layout(Distributed::blocked({2, 64}, 1, 1)).has_value());
}

}  // namespace
}  // namespace tegula::layout
