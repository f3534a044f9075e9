// Scan steps: the example of the header, and random layouts against enumeration.
#include "compiler/layout/scan_steps.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>

#include "tests/compiler/layout/random_layouts.h"

namespace tegula::layout {
namespace {

using testing::Random;
using Kind = ScanStep::Kind;

TEST(ScanSteps, Tutorial) {
  const Distributed layout({1024}, {1, 2, 512}, {4, 8, 16, 32, 64}, {128, 256});
  const std::vector<ScanStep> wanted = {{Kind::registers, {0, 1}},
                                        {Kind::lanes, {0, 1, 2, 3, 4}},
                                        {Kind::warps, {0, 1}},
                                        {Kind::registers, {2}}};
  EXPECT_EQ(scan_steps(layout, 0), wanted);
  EXPECT_EQ(wanted[2].mask(), 0b11u);
}

TEST(ScanSteps, BitsInDescendingOrderAreStepsOfTheirOwn) {
  const Distributed layout({32}, {}, {16, 1, 2, 8, 4});
  const std::vector<ScanStep> wanted = {
      {Kind::lanes, {1, 2, 4}}, {Kind::lanes, {3}}, {Kind::lanes, {0}}};
  EXPECT_EQ(scan_steps(layout, 0), wanted);
}

TEST(ScanSteps, AnExtentOfOneHasNone) {
  EXPECT_EQ(scan_steps(Distributed::blocked({64, 1}, 1, 2), 1), std::vector<ScanStep>{});
  EXPECT_THROW(scan_steps(Distributed::blocked({64, 1}, 1, 2), 2), std::invalid_argument);
}

TEST(ScanSteps, SwizzlesAndCopiesHaveNoOrder) {
  EXPECT_FALSE(scan_steps(Distributed({64}, {1}, {2, 4, 8, 16, 33}), 0));
  EXPECT_FALSE(scan_steps(Distributed({32}, {1}, {1, 2, 4, 8, 16}), 0));
  // Along the other axis the same bits do not matter.
  EXPECT_TRUE(scan_steps(Distributed({2, 32}, {1}, {1, 2, 4, 8, 16}, {32}), 0));
}

TEST(LayoutForScan, KeepsNeighboursInRegisters) {
  // Loaded four at a time: 8 groups a thread, 56 shuffles of at most 96.
  const auto wide = Distributed::blocked({4096}, 4, 4);
  EXPECT_EQ(layout_for_scan(wide, 0), wide);
  // One at a time: 32 groups. A single register is not worth it.
  EXPECT_EQ(layout_for_scan(Distributed::blocked({4096}, 1, 4), 0),
            Distributed::blocked({4096}, 32, 4));
  EXPECT_EQ(layout_for_scan(Distributed::blocked({128}, 1, 4), 0),
            Distributed::blocked({128}, 1, 4));
  // Short rows: each in one thread.
  EXPECT_EQ(layout_for_scan(Distributed::blocked({1024, 4}, 1, 4), 1),
            Distributed::blocked({1024, 4}, 4, 4));
  // Along an outer axis neighbours are not together anyway.
  const auto columns = Distributed::blocked({64, 64}, 1, 4);
  EXPECT_EQ(layout_for_scan(columns, 0), columns);
}

TEST(LayoutForScan, AlwaysHasScanSteps) {
  Random random(43);
  for (int k = 0; k < 2000; ++k) {
    const Shape shape = random.shape(9);
    const Distributed layout = random.layout(shape);
    const int axis = random.in(0, static_cast<int>(shape.size()) - 1);
    if (layout.ctas() > 1) continue;  // blocked layouts are of one CTA
    EXPECT_TRUE(scan_steps(layout_for_scan(layout, axis), axis)) << layout.to_string();
    EXPECT_EQ(layout_for_scan(layout, axis).warps(), layout.warps());
  }
}

TEST(ScanSteps, WalkTheAxisOfRandomLayouts) {
  Random random(41);
  int walked = 0;
  for (int k = 0; k < 3000; ++k) {
    const Shape shape = random.shape(9);
    const Distributed layout = random.layout(shape);
    const int axis = random.in(0, static_cast<int>(shape.size()) - 1);
    const std::uint32_t along = layout.axis_mask(axis);
    const auto steps = scan_steps(layout, axis);

    int moving = 0;  // columns that move along the axis
    bool single = true;
    for (const std::uint64_t column : layout.map().columns())
      if ((column & along) != 0) {
        ++moving;
        single = single && std::has_single_bit(column);
      }
    bool in_cta = true;
    for (const std::uint32_t column : layout.cta_columns()) in_cta = in_cta && !(column & along);
    ASSERT_EQ(steps.has_value(), single && in_cta && moving == std::popcount(along))
        << layout.to_string() << " along " << axis;
    if (!steps) continue;
    ++walked;
    // Index i of the axis, by the steps' bits, is where the layout says.
    for (std::uint32_t i = 0; i < shape[axis]; ++i) {
      std::uint32_t reg = 0, lane = 0, warp = 0, rest = i;
      for (const ScanStep& step : *steps)
        for (const int bit : step.bits) {
          std::uint32_t& place = step.kind == Kind::registers ? reg
                                 : step.kind == Kind::lanes   ? lane
                                                              : warp;
          place |= (rest & 1) << bit;
          rest >>= 1;
        }
      ASSERT_EQ(layout.index(reg, lane, warp), i << std::countr_zero(along | 1u << 31))
          << layout.to_string() << " along " << axis;
    }
  }
  EXPECT_GT(walked, 500);
}

}  // namespace
}  // namespace tegula::layout
