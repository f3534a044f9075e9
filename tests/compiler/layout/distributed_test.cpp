// Distributed: the worked examples of its header, and each accessor against enumeration.
#include "compiler/layout/distributed.h"

#include <gtest/gtest.h>

#include <set>
#include <unordered_set>

#include "tests/compiler/layout/random_layouts.h"

namespace tegula::layout {
namespace {

using testing::held;
using testing::Random;
using testing::threads;

constexpr int distributed_cases = testing::rounds(2000);

TEST(Distributed, TutorialBlocked) {
  const auto layout = Distributed::blocked({8, 16}, 2, 1);
  EXPECT_EQ(layout.to_string(), "[8x16] register:(1 64) lane:(2 4 8 16 32)");
  EXPECT_EQ(layout.index(3, 9, 0), 83u);
  EXPECT_EQ(layout.coordinates(83), (std::vector<int64_t>{5, 3}));
  EXPECT_EQ(layout.index(0, 7, 0), 14u);   // the drawing: row 0, columns 14-15
  EXPECT_EQ(layout.index(1, 24, 0), 49u);  // row 3, columns 0-1
  EXPECT_EQ(layout.size(), 128);
  EXPECT_EQ(layout.registers(), 4);
  EXPECT_EQ(layout.warps(), 1);
  EXPECT_EQ(layout.ctas(), 1);
}

// PTX ISA, mma.m16n8k16: accumulator i of a lane is at row lane / 4 (+ 8 for i >= 2), column
// lane % 4 * 2 + i % 2. Here two of them are side by side.
TEST(Distributed, TutorialAccumulators) {
  const Distributed layout({16, 16}, {1, 128, 8}, {2, 4, 16, 32, 64});
  for (uint32_t lane = 0; lane < 32; ++lane)
    for (uint32_t i = 0; i < 8; ++i) {
      const int64_t row = lane / 4 + (i % 4 >= 2 ? 8 : 0);
      const int64_t column = lane % 4 * 2 + i % 2 + i / 4 * 8;
      EXPECT_EQ(layout.coordinates(layout.index(i, lane, 0)), (std::vector<int64_t>{row, column}));
    }
}

TEST(Distributed, TutorialSum) {
  const auto layout = Distributed::blocked({8, 16}, 2, 1);
  const auto sums = layout.reduced(1);
  EXPECT_EQ(sums.to_string(), "[8x1] register:(4) lane:(0 0 0 1 2)");
  EXPECT_EQ(sums.replicated_lanes(), 0b00111u);
  EXPECT_EQ(layout.axis_lane_bits(1), 0b00111u);
  EXPECT_EQ(layout.source_of_broadcast({8, 1}), sums);
}

TEST(Distributed, BlockedExamples) {
  EXPECT_EQ(Distributed::blocked({1, 4096}, 8, 4).to_string(),
            "[1x4096] register:(1 2 4 1024 2048) lane:(8 16 32 64 128) warp:(256 512)");
  // Vectors stop at the end of a row, also where axes of extent 1 follow; lanes go on.
  EXPECT_EQ(Distributed::blocked({64, 2}, 8, 1).to_string(),
            "[64x2] register:(1 64) lane:(2 4 8 16 32)");
  EXPECT_EQ(Distributed::blocked({64, 2, 1}, 8, 1).to_string(),
            "[64x2x1] register:(1 64) lane:(2 4 8 16 32)");
  // Too small for the threads: copies.
  EXPECT_EQ(Distributed::blocked({64}, 4, 2).to_string(),
            "[64] register:(1 2) lane:(4 8 16 32 0) warp:(0)");
  EXPECT_EQ(Distributed::blocked({}, 1, 1).to_string(), "[] lane:(0 0 0 0 0)");
}

TEST(Distributed, ReplicatedBitsOfDependentColumns) {
  // Lane bit 1 repeats lane bit 0, the warp bit is register bit 0 with lane bit 0.
  const Distributed layout({32}, {1}, {2, 2, 4, 8, 16}, {3}, {0});
  EXPECT_EQ(layout.replicated_registers(), 0u);
  EXPECT_EQ(layout.replicated_lanes(), 0b00010u);
  EXPECT_EQ(layout.replicated_warps(), 1u);
  EXPECT_EQ(layout.replicated_ctas(), 1u);
}

TEST(Distributed, IndexIsTheXorOfColumns) {
  Random random(1);
  for (int i = 0; i < distributed_cases; ++i) {
    const Distributed layout = random.layout(random.shape(9));
    for (const auto& [lane, warp, cta] : threads(layout)) {
      const uint32_t reg = random.in(0, layout.registers() - 1);
      uint32_t expected = 0;
      const auto add = [&](uint32_t number, const Columns& columns) {
        for (size_t bit = 0; bit < columns.size(); ++bit)
          if (number >> bit & 1) expected ^= columns[bit];
      };
      add(reg, layout.register_columns());
      add(lane, layout.lane_columns());
      add(warp, layout.warp_columns());
      add(cta, layout.cta_columns());
      ASSERT_EQ(layout.index(reg, lane, warp, cta), expected) << layout.to_string();
      const uint64_t thread = lane | warp << 5 | uint64_t{cta} * 32 * layout.warps();
      ASSERT_EQ(layout.register_map()(reg) ^ layout.thread_map()(thread), expected);
    }
  }
}

// Counts how often each element is held where no replicated bit is set.
void expect_one_copy(const Distributed& layout) {
  const uint32_t registers = layout.replicated_registers(), lanes = layout.replicated_lanes(),
                 warps = layout.replicated_warps(), ctas = layout.replicated_ctas();
  std::vector<int> copies(layout.size(), 0), all(layout.size(), 0);
  for (const auto& thread : threads(layout)) {
    const bool stores = !(thread.lane & lanes || thread.warp & warps || thread.cta & ctas);
    const auto elements = held(layout, thread);
    for (uint32_t r = 0; r < elements.size(); ++r) {
      ++all[elements[r]];
      if (stores && !(r & registers)) ++copies[elements[r]];
    }
  }
  for (int64_t element = 0; element < layout.size(); ++element) {
    ASSERT_GE(all[element], 1) << layout.to_string() << " element " << element;
    ASSERT_EQ(copies[element], 1) << layout.to_string() << " element " << element;
  }
}

TEST(Distributed, UnreplicatedPlacesAreOneCopy) {
  Random random(2);
  for (int i = 0; i < distributed_cases; ++i) {
    ASSERT_NO_FATAL_FAILURE(expect_one_copy(random.layout(random.shape(9))));
    ASSERT_NO_FATAL_FAILURE(expect_one_copy(
        Distributed::blocked(random.shape(11), 1 << random.in(0, 4), 1 << random.in(0, 3))));
  }
}

TEST(Distributed, BlockedVectorsAreAsWideAsAskedOrTheRow) {
  Random random(3);
  for (int i = 0; i < distributed_cases; ++i) {
    const Shape shape = random.shape(12);
    const int vector = 1 << random.in(0, 4), warps = 1 << random.in(0, 3);
    const auto layout = Distributed::blocked(shape, vector, warps);
    ASSERT_EQ(layout.replicated_registers(), 0u) << layout.to_string();
    ASSERT_EQ(layout.warps(), warps) << layout.to_string();
    const int64_t clipped = std::min<int64_t>(vector, inner_extent(shape));
    // With one row and no threads to share it, registers go on in order beyond the vector.
    if (layout.thread_map() != LinearMap::zero(layout.thread_map().in_bits(), tile_bits(shape)))
      ASSERT_EQ(layout.vector_elements(), clipped) << layout.to_string();
    else
      ASSERT_GE(layout.vector_elements(), clipped) << layout.to_string();
  }
}

bool holds_vectors(const Distributed& layout, int length) {
  if (length > layout.registers() || length > inner_extent(layout.shape())) return false;
  for (const auto& thread : threads(layout)) {
    const auto elements = held(layout, thread);
    for (size_t r = 0; r < elements.size(); ++r) {
      const uint32_t first = elements[r / length * length];
      if (first % length != 0 || elements[r] != first + r % length) return false;
    }
  }
  return true;
}

TEST(Distributed, VectorElementsAgreesWithEnumeration) {
  Random random(4);
  std::set<int> seen;
  for (int i = 0; i < distributed_cases; ++i) {
    const Distributed layout = random.layout(random.shape(9));
    int expected = 1;
    while (holds_vectors(layout, 2 * expected)) expected *= 2;
    ASSERT_EQ(layout.vector_elements(), expected) << layout.to_string();
    seen.insert(expected);
  }
  EXPECT_GE(seen.size(), 4u);  // the generator reaches real vectors
}

TEST(Distributed, VectorsNeedEveryThreadAligned) {
  const Distributed plain({64}, {1}, {2, 4, 8, 16, 32});
  const Distributed swapped({64}, {1}, {3, 4, 8, 16, 32});  // odd lanes hold 3, 2
  EXPECT_EQ(plain.vector_elements(), 2);
  EXPECT_EQ(swapped.vector_elements(), 1);
}

TEST(Distributed, ReshapeKeepsIndicesAndGoesBack) {
  Random random(5);
  for (int i = 0; i < distributed_cases; ++i) {
    const Distributed layout = random.layout(random.shape(9));
    const Shape flat = {layout.size()};
    const Distributed reshaped = layout.reshape(flat);
    ASSERT_EQ(reshaped.shape(), flat) << layout.to_string();
    ASSERT_EQ(reshaped.map(), layout.map()) << layout.to_string();
    ASSERT_EQ(reshaped.reshape(layout.shape()), layout) << layout.to_string();
  }
}

TEST(Distributed, TransposeMovesCoordinatesAndGoesBack) {
  Random random(6);
  for (int i = 0; i < distributed_cases; ++i) {
    const Distributed layout = random.layout(random.shape(8));
    const auto permutation = random.permutation(layout.shape().size());
    const Distributed result = layout.transpose(permutation);
    for (const auto& [lane, warp, cta] : threads(layout)) {
      const uint32_t reg = random.in(0, layout.registers() - 1);
      const auto from = layout.coordinates(layout.index(reg, lane, warp, cta));
      const auto to = result.coordinates(result.index(reg, lane, warp, cta));
      for (size_t axis = 0; axis < to.size(); ++axis)
        ASSERT_EQ(to[axis], from[permutation[axis]]) << layout.to_string();
    }
    std::vector<int> inverse(permutation.size());
    for (size_t axis = 0; axis < inverse.size(); ++axis) inverse[permutation[axis]] = axis;
    ASSERT_EQ(result.transpose(inverse), layout) << layout.to_string();
  }
}

TEST(Distributed, EqualityAndHashFollowTheContent) {
  const auto a = Distributed::blocked({8, 16}, 2, 1);
  const Distributed same({8, 16}, {1, 64}, {2, 4, 8, 16, 32});
  EXPECT_EQ(a, same);
  EXPECT_EQ(a.hash(), same.hash());
  EXPECT_NE(a, a.reshape({16, 8}));
  EXPECT_NE(a, Distributed({8, 16}, {64, 1}, {2, 4, 8, 16, 32}));
  // The same columns, of other kinds.
  EXPECT_NE(a, Distributed({8, 16}, {1}, {64, 2, 4, 8, 16}, {32}));

  Random random(7);
  std::unordered_set<std::string> texts;
  std::set<std::size_t> hashes;
  for (int i = 0; i < distributed_cases; ++i) {
    const Distributed layout = random.layout(random.shape(9));
    texts.insert(layout.to_string());
    hashes.insert(layout.hash());
  }
  EXPECT_EQ(texts.size(), hashes.size());
}

}  // namespace
}  // namespace tegula::layout
