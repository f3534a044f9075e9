// The algebra of LinearMap: laws over random maps, against enumeration where maps are small.
#include "compiler/layout/linear_map.h"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <stdexcept>

#include "tests/compiler/layout/random_layouts.h"

namespace tegula::layout {
namespace {

using testing::Random;

constexpr int linear_map_cases = testing::rounds(3000);

std::string show(const LinearMap& map) {
  std::string text = "columns (";
  for (uint64_t column : map.columns()) text += " " + std::to_string(column);
  return text + " ) to " + std::to_string(map.out_bits()) + " bits";
}

TEST(LinearMap, ExampleOfTheHeader) {
  const LinearMap f({1, 6, 2}, 3);
  EXPECT_EQ(f(1), 1u);
  EXPECT_EQ(f(2), 6u);
  EXPECT_EQ(f(5), 3u);
  EXPECT_TRUE(f.is_invertible());
  EXPECT_EQ(f.solve(3), 5u);
}

TEST(LinearMap, EmptyMapIsTheIdentityOfNoBits) {
  const LinearMap none;
  EXPECT_EQ(none(0), 0u);
  EXPECT_EQ(none, LinearMap::identity(0));
  EXPECT_TRUE(none.is_invertible());
  EXPECT_EQ(none.solve(1), std::nullopt);
}

TEST(LinearMap, SixtyFourBits) {
  const LinearMap all = LinearMap::identity(64);
  EXPECT_EQ(all(~uint64_t{0}), ~uint64_t{0});
  EXPECT_EQ(all.rank(), 64);
  EXPECT_EQ(all.inverse(), all);
  EXPECT_EQ(LinearMap::zero(64, 64).kernel().size(), 64u);
}

TEST(LinearMap, IsLinear) {
  Random random(1);
  for (int i = 0; i < linear_map_cases; ++i) {
    const LinearMap f = random.map(random.in(0, 64), random.in(0, 64));
    const uint64_t x = random.bits(f.in_bits()), y = random.bits(f.in_bits());
    ASSERT_EQ(f(x ^ y), f(x) ^ f(y)) << show(f);
    for (int bit = 0; bit < f.in_bits(); ++bit)
      ASSERT_EQ(f(uint64_t{1} << bit), f.column(bit)) << show(f);
  }
}

TEST(LinearMap, ComposeIsApplicationInTurn) {
  Random random(2);
  for (int i = 0; i < linear_map_cases; ++i) {
    const LinearMap f = random.map(random.in(0, 20), random.in(0, 20));
    const LinearMap g = random.map(f.out_bits(), random.in(0, 20));
    const LinearMap h = random.map(g.out_bits(), random.in(0, 20));
    const uint64_t x = random.bits(f.in_bits());
    ASSERT_EQ(g.compose(f)(x), g(f(x))) << show(f) << " then " << show(g);
    ASSERT_EQ(h.compose(g).compose(f), h.compose(g.compose(f)));
    ASSERT_EQ(f.compose(LinearMap::identity(f.in_bits())), f);
    ASSERT_EQ(LinearMap::identity(f.out_bits()).compose(f), f);
  }
}

TEST(LinearMap, ConcatAndRestrictAreOpposites) {
  Random random(3);
  for (int i = 0; i < linear_map_cases; ++i) {
    const int out = random.in(0, 30);
    const LinearMap low = random.map(random.in(0, 20), out),
                    high = random.map(random.in(0, 20), out);
    const LinearMap both = LinearMap::concat(low, high);
    const uint64_t l = random.bits(low.in_bits()), h = random.bits(high.in_bits());
    ASSERT_EQ(both(l | h << low.in_bits()), low(l) ^ high(h)) << show(both);
    ASSERT_EQ(both.restrict_to(0, low.in_bits()), low);
    ASSERT_EQ(both.restrict_to(low.in_bits(), high.in_bits()), high);
  }
}

// Everything that elimination answers, against the list of all inputs.
TEST(LinearMap, EliminationAgreesWithEnumeration) {
  Random random(4);
  for (int i = 0; i < linear_map_cases; ++i) {
    const LinearMap f = random.map(random.in(0, 8), random.in(0, 8));
    std::map<uint64_t, uint64_t> smallest;  // output -> smallest input
    std::set<uint64_t> kernel;
    for (uint64_t x = 0; x < uint64_t{1} << f.in_bits(); ++x) {
      smallest.emplace(f(x), x);
      if (f(x) == 0) kernel.insert(x);
    }
    ASSERT_EQ(smallest.size(), size_t{1} << f.rank()) << show(f);
    ASSERT_EQ(f.is_injective(), kernel.size() == 1) << show(f);
    ASSERT_EQ(f.is_surjective(), smallest.size() == size_t{1} << f.out_bits()) << show(f);
    for (uint64_t y = 0; y < uint64_t{1} << f.out_bits(); ++y) {
      const auto found = smallest.find(y);
      const auto expected =
          found == smallest.end() ? std::nullopt : std::optional<uint64_t>(found->second);
      ASSERT_EQ(f.solve(y), expected) << show(f) << " for " << y;
    }
    std::set<uint64_t> span = {0};
    for (uint64_t vector : f.kernel())
      for (uint64_t x : std::set<uint64_t>(span)) span.insert(x ^ vector);
    ASSERT_EQ(span, kernel) << show(f);
    ASSERT_EQ(f.kernel().size() + f.rank(), size_t(f.in_bits())) << show(f);
  }
}

TEST(LinearMap, IndependentColumnsAreThoseThatRaiseTheRank) {
  Random random(5);
  for (int i = 0; i < linear_map_cases; ++i) {
    const LinearMap f = random.map(random.in(0, 24), random.in(0, 12));
    for (int bit = 0; bit < f.in_bits(); ++bit) {
      const bool raises = f.restrict_to(0, bit + 1).rank() > f.restrict_to(0, bit).rank();
      ASSERT_EQ(f.independent_columns() >> bit & 1, raises) << show(f) << " bit " << bit;
    }
  }
}

TEST(LinearMap, Inverses) {
  Random random(6);
  for (int i = 0; i < linear_map_cases; ++i) {
    const LinearMap f = random.map(random.in(0, 12), random.in(0, 8));
    ASSERT_EQ(f.right_inverse().has_value(), f.is_surjective()) << show(f);
    ASSERT_EQ(f.inverse().has_value(), f.is_invertible()) << show(f);
    if (const auto right = f.right_inverse()) {
      ASSERT_EQ(f.compose(*right), LinearMap::identity(f.out_bits())) << show(f);
      const uint64_t y = random.bits(f.out_bits());
      ASSERT_EQ((*right)(y), f.solve(y)) << show(f);
    }
    const LinearMap g = random.invertible(random.in(0, 16));
    ASSERT_EQ(g.inverse()->compose(g), LinearMap::identity(g.in_bits())) << show(g);
    ASSERT_EQ(g.inverse()->inverse(), g) << show(g);
  }
}

TEST(LinearMap, Errors) {
  EXPECT_THROW(LinearMap({4}, 2), std::invalid_argument);
  EXPECT_THROW(LinearMap(std::vector<uint64_t>(65, 0), 2), std::invalid_argument);
  EXPECT_THROW(LinearMap({}, 65), std::invalid_argument);
  EXPECT_THROW(LinearMap({}, -1), std::invalid_argument);
  EXPECT_THROW(LinearMap::identity(65), std::invalid_argument);
  EXPECT_THROW(LinearMap::identity(3)(8), std::invalid_argument);
  EXPECT_THROW(LinearMap::identity(3).compose(LinearMap::identity(2)), std::invalid_argument);
  EXPECT_THROW(LinearMap::identity(3).restrict_to(2, 2), std::invalid_argument);
  EXPECT_THROW(LinearMap::concat(LinearMap::zero(1, 2), LinearMap::zero(1, 3)),
               std::invalid_argument);
}

}  // namespace
}  // namespace tegula::layout
