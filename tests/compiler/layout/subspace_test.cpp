#include "compiler/layout/subspace.h"

#include <gtest/gtest.h>

#include <set>

#include "tests/compiler/layout/random_layouts.h"

namespace tegula::layout {
namespace {

using testing::Random;

std::set<uint64_t> span(const std::vector<uint64_t>& vectors) {
  std::set<uint64_t> result = {0};
  for (uint64_t vector : vectors)
    for (uint64_t before : std::set<uint64_t>(result)) result.insert(before ^ vector);
  return result;
}

std::vector<uint64_t> vectors(Random& random, int most, int bits) {
  std::vector<uint64_t> result;
  for (int count = random.in(0, most); count > 0; --count) result.push_back(random.bits(bits));
  return result;
}

TEST(Subspace, HoldsItsSpan) {
  Random random(1);
  for (int i = 0; i < testing::rounds(500); ++i) {
    const auto generators = vectors(random, 5, 6);
    const Subspace subspace(generators);
    const auto all = span(generators);
    EXPECT_EQ(size_t{1} << subspace.dimension(), all.size());
    for (uint64_t x = 0; x < 64; ++x) ASSERT_EQ(subspace.contains(x), all.contains(x)) << x;
  }
}

TEST(Subspace, AddTellsWhetherItGrew) {
  Subspace subspace;
  EXPECT_TRUE(subspace.add(5));
  EXPECT_TRUE(subspace.add(6));
  EXPECT_FALSE(subspace.add(3));
  EXPECT_FALSE(subspace.add(0));
}

TEST(Subspace, CommonComplementMeetsNeitherAndIsAsLargeAsPossible) {
  Random random(2);
  std::vector<uint64_t> units;
  for (int bit = 0; bit < 7; ++bit) units.push_back(uint64_t{1} << bit);
  for (int i = 0; i < testing::rounds(500); ++i) {
    const auto a = vectors(random, 6, 7), b = vectors(random, 6, 7);
    const int most = 7 - std::max(Subspace(a).dimension(), Subspace(b).dimension());
    const int wanted = random.in(0, most);
    const auto chosen = common_complement(Subspace(a), Subspace(b), wanted, units);
    ASSERT_EQ(static_cast<int>(chosen.size()), wanted);
    EXPECT_EQ(Subspace(chosen).dimension(), wanted);
    for (uint64_t x : span(chosen))
      EXPECT_TRUE(x == 0 || !(span(a).contains(x) || span(b).contains(x))) << x;
  }
}

TEST(Subspace, CommonComplementTakesTheFirstCandidates) {
  EXPECT_EQ(common_complement(Subspace({1}), Subspace({2}), 2, {4, 1, 2}),
            (std::vector<uint64_t>{4, 3}));
}

}  // namespace
}  // namespace tegula::layout
