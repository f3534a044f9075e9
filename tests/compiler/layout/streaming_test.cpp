#include "compiler/layout/streaming.h"

#include <gtest/gtest.h>

#include <set>
#include <stdexcept>

#include "compiler/layout/shuffle.h"
#include "tests/compiler/layout/random_layouts.h"

namespace tegula::layout {
namespace {

using testing::Random;

// Sectors of 32 bytes that one access of `width` elements touches in a row-major tile, and the
// fewest that hold as many bytes.
struct Sectors {
  int64_t touched = 0, least = 0;
};
Sectors sectors(const Distributed& layout, int width, int bytes) {
  std::set<int64_t> touched;
  std::set<uint32_t> elements;
  for (uint32_t lane = 0; lane < 32; ++lane)
    for (int k = 0; k < width; ++k) {
      const uint32_t element = layout.index(k, lane, 0);
      touched.insert(int64_t{element} * bytes / 32);
      elements.insert(element);
    }
  return {static_cast<int64_t>(touched.size()),
          (static_cast<int64_t>(elements.size()) * bytes + 31) / 32};
}

TEST(Streaming, EveryDtypeMovesFullVectorsAndSectors) {
  for (const auto& [narrow_bytes, wide_bytes] : {std::pair{4, 2}, {4, 1}, {2, 1}, {8, 4}, {8, 2}})
    for (const Shape& shape : {Shape{1, 4096}, Shape{16, 256}, Shape{8192}})
      for (const int warps : {1, 4}) {
        const Distributed at = streaming(shape, 16 / narrow_bytes, 16 / wide_bytes, warps);
        EXPECT_GE(at.vector_elements(), 16 / narrow_bytes);
        const auto first = sectors(at, 16 / narrow_bytes, narrow_bytes);
        EXPECT_EQ(first.touched, first.least) << at.to_string();
        const auto wide = widened(at, 16 / wide_bytes);
        ASSERT_TRUE(wide) << at.to_string();
        EXPECT_EQ(wide->vector_elements(), 16 / wide_bytes);
        const auto second = sectors(*wide, 16 / wide_bytes, wide_bytes);
        EXPECT_EQ(second.touched, second.least) << wide->to_string();
        EXPECT_TRUE(plan_shuffles(*wide, at, wide_bytes));
      }
}

TEST(Streaming, HalfTheWordsGoToTheNeighbour) {
  const Distributed at = streaming({1, 1024}, 4, 8, 4);
  EXPECT_EQ(at.to_string(), "[1x1024] register:(1 2 8) lane:(4 16 32 64 128) warp:(256 512)");
  const auto wide = widened(at, 8);
  EXPECT_EQ(wide->to_string(), "[1x1024] register:(1 2 4) lane:(8 16 32 64 128) warp:(256 512)");
  const auto plan = plan_shuffles(*wide, at, 2);
  ASSERT_TRUE(plan);
  EXPECT_TRUE(plan->is_butterfly());
  EXPECT_EQ(plan->shuffles(2), 2);  // of 4 words
  EXPECT_EQ(plan->selects(2), 8);
}

TEST(Streaming, IsBlockedWhereThereIsNothingToChange) {
  EXPECT_EQ(streaming({1, 1024}, 8, 8, 4), Distributed::blocked({1, 1024}, 8, 4));
  EXPECT_EQ(streaming({1, 256}, 4, 8, 4), Distributed::blocked({1, 256}, 4, 4));  // too small
  EXPECT_EQ(streaming({512, 4}, 4, 8, 4), Distributed::blocked({512, 4}, 4, 4));  // short rows
  EXPECT_THROW(streaming({64}, 8, 4, 1), std::invalid_argument);
  EXPECT_THROW(streaming({64}, 4, 12, 1), std::invalid_argument);
}

TEST(Streaming, WidenedHoldsTheSameInOtherPlaces) {
  Random random(1);
  int found = 0;
  for (int i = 0; i < testing::rounds(6000); ++i) {
    const Distributed at = random.layout(random.shape(9));
    const auto wide = widened(at, 1 << random.in(0, 4));
    if (!wide) continue;
    ++found;
    EXPECT_GT(wide->vector_elements(), at.vector_elements());
    EXPECT_EQ(wide->registers(), at.registers());
    EXPECT_EQ(wide->warp_columns(), at.warp_columns());
  }
  EXPECT_GT(found, testing::rounds(100));
}

TEST(Streaming, ContiguousRuns) {
  EXPECT_EQ(contiguous_run(Distributed::blocked({1, 1024}, 4, 4), 4), 128);
  EXPECT_EQ(contiguous_run(Distributed::blocked({16, 16}, 4, 1), 4), 16);
  EXPECT_EQ(contiguous_run(Distributed::blocked({32, 32}, 1, 1).transpose({1, 0}), 1), 1);
  EXPECT_EQ(contiguous_run(streaming({1, 1024}, 4, 8, 4), 4), 8);
}

}  // namespace
}  // namespace tegula::layout
