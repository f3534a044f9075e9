// Shuffle plans, carried out on the numbers of the elements.
#include "compiler/layout/shuffle.h"

#include <gtest/gtest.h>

#include <bit>

#include "compiler/layout/conversion.h"
#include "tests/compiler/layout/random_layouts.h"

namespace tegula::layout {
namespace {

using testing::held;
using testing::Random;

using Word = std::vector<uint32_t>;  // the elements in it

void apply(const std::vector<SelectStage>& stages, uint32_t thread, std::vector<Word>& words) {
  for (const SelectStage& stage : stages) {
    if (std::popcount(thread & stage.threads) % 2 == 0) continue;
    const std::vector<Word> before = words;
    for (uint32_t w = 0; w < words.size(); ++w) words[w] = before[w ^ stage.words];
  }
}

// What each thread (lane + 32 * warp) has in its target registers.
std::vector<Word> carry_out(const ShufflePlan& plan, const Distributed& source) {
  const size_t per_word = plan.elements_per_word;
  std::vector<std::vector<Word>> given;
  for (uint32_t thread = 0; thread < 32u * source.warps(); ++thread) {
    const Word registers = held(source, {thread % 32, thread / 32, 0});
    std::vector<Word> words(plan.source_order.size() / per_word);
    for (size_t k = 0; k < plan.source_order.size(); ++k)
      words[k / per_word].push_back(registers[plan.source_order[k]]);
    apply(plan.send, thread, words);
    given.push_back(words);
  }
  std::vector<Word> result;
  for (uint32_t thread = 0; thread < given.size(); ++thread) {
    std::vector<Word> taken;
    for (const ShuffleRound& round : plan.rounds) {
      const auto lane = static_cast<uint32_t>(round.lane ^ plan.lanes(thread));
      taken.push_back(given[thread / 32 * 32 + lane][round.source_word]);
    }
    apply(plan.receive, thread, taken);
    Word& registers = result.emplace_back();
    for (uint32_t place : plan.target_index)
      registers.push_back(taken[place / per_word][place % per_word]);
  }
  return result;
}

void expect_right(const ShufflePlan& plan, const Distributed& source, const Distributed& target) {
  const auto got = carry_out(plan, source);
  for (uint32_t thread = 0; thread < got.size(); ++thread)
    ASSERT_EQ(got[thread], held(target, {thread % 32, thread / 32, 0}))
        << source.to_string() << " to " << target.to_string() << ", thread " << thread;
}

// A layout of 32 lanes whose columns within a warp are a random order of units and zeros.
Distributed units(Random& random, const Shape& shape, int warp_bits, int copies) {
  const int bits = tile_bits(shape);
  std::vector<uint32_t> inside;
  for (int bit = 0; bit + warp_bits < bits; ++bit) inside.push_back(1u << bit);
  while (static_cast<int>(inside.size()) < lane_bits + copies) inside.push_back(0);
  Columns columns;
  for (int at : random.permutation(inside.size())) columns.push_back(inside[at]);
  Columns warps;
  for (int bit = 0; bit < warp_bits; ++bit)
    warps.push_back(bits > bit ? 1u << std::max(0, bits - 1 - bit) : 0);
  return Distributed(shape, Columns(columns.begin() + lane_bits, columns.end()),
                     Columns(columns.begin(), columns.begin() + lane_bits), warps);
}

TEST(Shuffle, CarriesOutConversionsOfUnits) {
  Random random(1);
  int planned = 0, conversions = 0;
  for (int i = 0; i < testing::rounds(3000); ++i) {
    const Shape shape = {int64_t{1} << random.in(0, 5), int64_t{1} << random.in(2, 5)};
    const int warp_bits = random.in(0, std::min(2, tile_bits(shape)));
    const Distributed source = units(random, shape, warp_bits, random.in(0, 2));
    const Distributed target = units(random, shape, warp_bits, random.in(0, 2));
    if (classify(source, target) != ConversionKind::lanes) continue;
    ++conversions;
    for (const int bytes : {1, 2, 4, 8}) {
      const auto plan = plan_shuffles(source, target, bytes);
      if (!plan) continue;
      ++planned;
      expect_right(*plan, source, target);
      // A round for each word that a thread of the target wants, and no more.
      EXPECT_EQ(
          plan->rounds.size() * plan->elements_per_word,
          static_cast<size_t>(target.registers()) >> std::popcount(target.replicated_registers()));
    }
  }
  EXPECT_GT(conversions, testing::rounds(1000));
  EXPECT_GE(planned, conversions * 4 * 95 / 100);
}

TEST(Shuffle, CarriesOutConversionsOfAnyLayouts) {
  Random random(2);
  int planned = 0;
  for (int i = 0; i < testing::rounds(20000); ++i) {
    const Distributed source = random.layout(random.shape(8)),
                      target = random.layout(source.shape());
    if (const auto plan = plan_shuffles(source, target, 1 << random.in(0, 3))) {
      ++planned;
      expect_right(*plan, source, target);
    }
  }
  EXPECT_GT(planned, testing::rounds(500));
}

TEST(Shuffle, ExchangeOfALaneAndARegister) {
  const Distributed source({64}, {1}, {2, 4, 8, 16, 32}), target({64}, {2}, {1, 4, 8, 16, 32});
  const auto plan = plan_shuffles(source, target, 4);
  ASSERT_TRUE(plan);
  expect_right(*plan, source, target);
  EXPECT_TRUE(plan->is_butterfly());
  EXPECT_EQ(plan->shuffles(4), 1);
  EXPECT_EQ(plan->shuffles(8), 2);
  EXPECT_EQ(plan->selects(4), 4);
}

TEST(Shuffle, CopiesGiveOneRegisterEach) {
  // Row sums of [32x32] to one element a lane: seven selects and a single shuffle.
  const Distributed source({32}, {4, 8, 16}, {0, 0, 0, 1, 2}), target({32}, {}, {1, 2, 4, 8, 16});
  const auto plan = plan_shuffles(source, target, 4);
  ASSERT_TRUE(plan);
  expect_right(*plan, source, target);
  EXPECT_EQ(plan->shuffles(4), 1);
  EXPECT_EQ(plan->selects(4), 7);
}

TEST(Shuffle, WarpsTakeTheirPartWithoutMoving) {
  // Every warp has all; each wants its own half.
  const Distributed source({64}, {32}, {1, 2, 4, 8, 16}, {0}),
      target({64}, {}, {1, 2, 4, 8, 16}, {32});
  const auto plan = plan_shuffles(source, target, 4);
  ASSERT_TRUE(plan);
  expect_right(*plan, source, target);
  EXPECT_EQ(plan->shuffles(4), 0);
  EXPECT_EQ(plan->selects(4), 1);
}

TEST(Shuffle, NarrowNeighboursTravelTogether) {
  const Distributed source({128}, {1, 2}, {4, 8, 16, 32, 64}),
      target({128}, {1, 2}, {8, 4, 16, 32, 64});
  EXPECT_EQ(plan_shuffles(source, target, 1)->shuffles(1), 1);
  EXPECT_EQ(plan_shuffles(source, target, 2)->shuffles(2), 2);
  EXPECT_EQ(plan_shuffles(source, target, 4)->shuffles(4), 4);
}

TEST(Shuffle, SharedMemoryWhereItIsCheaper) {
  // A transpose of 32x32 within a warp: 32 registers, all of which change their place.
  const Distributed rows({32, 32}, {1, 2, 4, 8, 16}, {32, 64, 128, 256, 512});
  const Distributed columns({32, 32}, {32, 64, 128, 256, 512}, {1, 2, 4, 8, 16});
  EXPECT_TRUE(plan_shuffles(rows, columns, 4));
  EXPECT_FALSE(plan_cheap_shuffles(rows, columns, 4));
  const Distributed source({64}, {1}, {2, 4, 8, 16, 32}), target({64}, {2}, {1, 4, 8, 16, 32});
  EXPECT_TRUE(plan_cheap_shuffles(source, target, 4));
}

TEST(Shuffle, NoPlanForOtherConversions) {
  const Distributed rows({2, 32}, {}, {1, 2, 4, 8, 16}, {32});
  const Distributed halves({2, 32}, {}, {32, 1, 2, 4, 8}, {16});
  EXPECT_FALSE(plan_shuffles(rows, halves, 4));
  EXPECT_FALSE(plan_shuffles(rows, rows, 4));
}

}  // namespace
}  // namespace tegula::layout
