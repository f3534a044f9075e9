// Broadcasts and reductions: what each thread holds and folds, against enumeration.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "compiler/layout/conversion.h"
#include "tests/compiler/layout/random_layouts.h"

namespace tegula::layout {
namespace {

using testing::broadcast_source;
using testing::held;
using testing::Random;
using testing::threads;

constexpr int broadcast_cases = testing::rounds(2000);

TEST(Broadcast, SourceLayoutMakesItFreeInEveryThread) {
  Random random(1);
  for (int i = 0; i < broadcast_cases; ++i) {
    const Distributed target = random.layout(random.shape(8));
    Shape shape = target.shape();
    for (int64_t& extent : shape)
      if (random.chance(50)) extent = 1;
    const Distributed source = target.source_of_broadcast(shape);
    ASSERT_EQ(source.shape(), shape);
    ASSERT_EQ(std::ranges::count(source.register_columns(), 0u), 0) << source.to_string();

    const auto registers =
        register_sources(source, target, broadcast_projection(shape, target.shape()));
    ASSERT_TRUE(registers) << source.to_string() << " to " << target.to_string();
    for (const auto& thread : threads(target)) {
      const auto wanted = held(target, thread), has = held(source, thread);
      for (size_t r = 0; r < wanted.size(); ++r)
        ASSERT_EQ(has[(*registers)[r]], broadcast_source(shape, target.shape(), wanted[r]))
            << source.to_string() << " to " << target.to_string() << " register " << r;
    }
  }
}

TEST(Broadcast, OfNothingIsTheLayoutItself) {
  const auto layout = Distributed::blocked({8, 16}, 2, 2);
  EXPECT_EQ(layout.source_of_broadcast({8, 16}), layout);
}

TEST(Broadcast, AlongAnOuterAxis) {
  const auto layout = Distributed::blocked({64, 32}, 4, 4);
  EXPECT_EQ(layout.to_string(),
            "[64x32] register:(1 2 512 1024) lane:(4 8 16 32 64) warp:(128 256)");
  EXPECT_EQ(layout.source_of_broadcast({1, 32}).to_string(),
            "[1x32] register:(1 2) lane:(4 8 16 0 0) warp:(0 0)");
  EXPECT_EQ(layout.reduced(0), layout.source_of_broadcast({1, 32}));
}

TEST(Reduction, SeparableAgreesWithEnumeration) {
  Random random(2);
  int separable = 0;
  for (int i = 0; i < broadcast_cases; ++i) {
    const Distributed layout = random.layout(random.shape(8));
    for (int axis = 0; axis < static_cast<int>(layout.shape().size()); ++axis) {
      bool expected = true;
      for (uint64_t column : layout.map().columns()) {
        const auto at = layout.coordinates(static_cast<uint32_t>(column));
        bool along = at[axis] != 0, across = false;
        for (size_t other = 0; other < at.size(); ++other)
          across |= static_cast<int>(other) != axis && at[other] != 0;
        expected &= !(along && across);
      }
      ASSERT_EQ(layout.is_separable(axis), expected) << layout.to_string() << " axis " << axis;
      separable += expected;
    }
  }
  EXPECT_GT(separable, broadcast_cases / 4);
}

// Reduces by counting: each register starts as one count of its element, is folded within the
// thread as reduction_targets says, then over the lanes, warps and ctas of the axis's masks. Each
// thread must then have counted every element of its row once, no more and no less.
void expect_complete_reduction(const Distributed& layout, int axis) {
  const Distributed reduced = layout.reduced(axis);
  const auto targets = reduction_targets(layout, axis);
  ASSERT_EQ(targets.size(), size_t(layout.registers()));
  const uint32_t lane_mask = layout.axis_lane_bits(axis), warp_mask = layout.axis_warp_bits(axis),
                 cta_mask = layout.axis_cta_bits(axis);
  const auto all = threads(layout);
  std::vector<std::vector<uint32_t>> elements;
  for (const auto& thread : all) elements.push_back(held(layout, thread));
  for (const auto& thread : all) {
    std::vector<std::map<uint32_t, int>> counts(reduced.registers());
    for (size_t t = 0; t < all.size(); ++t) {
      if (((thread.lane ^ all[t].lane) & ~lane_mask) ||
          ((thread.warp ^ all[t].warp) & ~warp_mask) || ((thread.cta ^ all[t].cta) & ~cta_mask))
        continue;
      for (size_t r = 0; r < targets.size(); ++r) ++counts[targets[r]][elements[t][r]];
    }
    const auto results = held(reduced, thread);
    for (size_t r = 0; r < results.size(); ++r) {
      ASSERT_EQ(counts[r].size(), size_t(layout.shape()[axis]))
          << layout.to_string() << " axis " << axis << " to " << reduced.to_string();
      for (const auto& [element, count] : counts[r]) {
        ASSERT_EQ(count, 1) << layout.to_string() << " axis " << axis << " element " << element;
        ASSERT_EQ(broadcast_source(reduced.shape(), layout.shape(), element), results[r])
            << layout.to_string() << " axis " << axis << " element " << element;
      }
    }
  }
}

TEST(Reduction, FoldsEachElementOnceInEveryThread) {
  Random random(3);
  int reductions = 0, refused = 0;
  for (int i = 0; i < broadcast_cases / 2; ++i) {
    const Shape shape = random.shape(8);
    const Distributed layout =
        random.chance(20) ? Distributed::blocked(shape, 1 << random.in(0, 3), 1 << random.in(0, 2))
                          : random.layout(shape);
    for (int axis = 0; axis < static_cast<int>(shape.size()); ++axis) {
      if (!layout.is_separable(axis) || layout.replicated_registers()) {
        ASSERT_THROW(reduction_targets(layout, axis), std::invalid_argument) << layout.to_string();
        ++refused;
      } else {
        ASSERT_NO_FATAL_FAILURE(expect_complete_reduction(layout, axis));
        ++reductions;
      }
    }
  }
  EXPECT_GT(reductions, testing::rounds(400));
  EXPECT_GT(refused, testing::rounds(100));
}

TEST(Reduction, Examples) {
  const auto layout = Distributed::blocked({8, 16}, 2, 1);
  EXPECT_EQ(reduction_targets(layout, 1), (std::vector<uint32_t>{0, 0, 1, 1}));
  EXPECT_EQ(reduction_targets(layout, 0), (std::vector<uint32_t>{0, 1, 0, 1}));
  EXPECT_EQ(layout.axis_lane_bits(0), 0b11000u);
  const auto row = Distributed::blocked({1, 4096}, 8, 4);
  EXPECT_EQ(reduction_targets(row, 1), std::vector<uint32_t>(32, 0));
  EXPECT_EQ(row.axis_lane_bits(1), 0b11111u);
  EXPECT_EQ(row.axis_warp_bits(1), 0b11u);
}

// Lane bit 1 repeats lane bit 0: a butterfly over both would count every element twice.
TEST(Reduction, CopiesDoNotCountAsMovingAlongTheAxis) {
  const Distributed layout({16}, {}, {1, 1, 2, 4, 8});
  EXPECT_EQ(layout.axis_lane_bits(0), 0b11101u);
}

}  // namespace
}  // namespace tegula::layout
