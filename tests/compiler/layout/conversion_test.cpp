// Conversions against a search over all registers of all threads.
#include "compiler/layout/conversion.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <set>

#include "tests/compiler/layout/random_layouts.h"

namespace tegula::layout {
namespace {

using testing::held;
using testing::Random;
using testing::threads;

constexpr int conversion_cases = testing::rounds(4000);

// For each target register the lowest source register that serves every thread.
std::optional<std::vector<uint32_t>> search_registers(const Distributed& source,
                                                      const Distributed& target,
                                                      const LinearMap& projection) {
  if (source.warps() != target.warps() || source.ctas() != target.ctas()) return std::nullopt;
  std::vector<std::vector<uint32_t>> has, wants;
  for (const auto& thread : threads(target)) {
    has.push_back(held(source, thread));
    wants.push_back(held(target, thread));
  }
  std::vector<uint32_t> result;
  for (int r = 0; r < target.registers(); ++r) {
    const auto serves = [&](int s) {
      for (size_t t = 0; t < has.size(); ++t)
        if (has[t][s] != projection(wants[t][r])) return false;
      return true;
    };
    int s = 0;
    while (s < source.registers() && !serves(s)) ++s;
    if (s == source.registers()) return std::nullopt;
    result.push_back(s);
  }
  return result;
}

bool search_warps(const Distributed& source, const Distributed& target) {
  if (source.warps() != target.warps() || source.ctas() != target.ctas()) return false;
  for (int cta = 0; cta < source.ctas(); ++cta)
    for (int warp = 0; warp < source.warps(); ++warp) {
      std::set<uint32_t> has;
      for (uint32_t lane = 0; lane < 32; ++lane)
        has.merge([&] {
          const auto elements = held(source, {lane, uint32_t(warp), uint32_t(cta)});
          return std::set<uint32_t>(elements.begin(), elements.end());
        }());
      for (uint32_t lane = 0; lane < 32; ++lane)
        for (uint32_t element : held(target, {lane, uint32_t(warp), uint32_t(cta)}))
          if (!has.contains(element)) return false;
    }
  return true;
}

ConversionKind search_kind(const Distributed& source, const Distributed& target) {
  if (source == target) return ConversionKind::none;
  if (search_registers(source, target, LinearMap::identity(tile_bits(source.shape()))))
    return ConversionKind::registers;
  return search_warps(source, target) ? ConversionKind::lanes : ConversionKind::shared;
}

// A layout near `source`: some of its columns changed, so that cheap conversions are not a rarity.
Distributed neighbour(Random& random, const Distributed& source) {
  const LinearMap& map = source.map();
  const int registers = source.register_columns().size();
  // Columns are exchanged or added to one another among the first `reach` bits of the place.
  const std::array<int, 3> reaches = {registers, registers + lane_bits, map.in_bits()};
  const int reach = reaches[random.in(0, 2)];
  std::vector<uint64_t> columns = map.columns();
  for (int step = random.in(0, 3); step > 0 && reach > 1; --step) {
    const int a = random.in(0, reach - 1), b = random.in(0, reach - 1);
    if (a == b) continue;
    if (random.chance(50))
      std::swap(columns[a], columns[b]);
    else
      columns[a] ^= columns[b];
  }
  // Warps that exchange parts of what they have inside stay within themselves.
  if (random.chance(30) && source.warps() > 1)
    columns[registers + lane_bits] ^= columns[random.in(0, registers + lane_bits - 1)];
  const auto part = [&](int first, size_t count) {
    return Columns(columns.begin() + first, columns.begin() + first + count);
  };
  const int warps = source.warp_columns().size();
  Columns first = part(0, registers);
  if (random.chance(20)) first.push_back(0);
  return Distributed(source.shape(), first, part(registers, lane_bits),
                     part(registers + lane_bits, warps),
                     part(registers + lane_bits + warps, source.cta_columns().size()));
}

TEST(Conversion, ClassifyAgreesWithSearch) {
  Random random(1);
  std::array<int, 4> seen{};
  for (int i = 0; i < conversion_cases; ++i) {
    const Distributed source = random.layout(random.shape(7));
    const Distributed target =
        random.chance(80) ? neighbour(random, source) : random.layout(source.shape());
    const ConversionKind kind = classify(source, target);
    ASSERT_EQ(kind, search_kind(source, target))
        << source.to_string() << " to " << target.to_string();
    ++seen[static_cast<int>(kind)];
  }
  for (int count : seen) EXPECT_GT(count, conversion_cases / 20);
}

TEST(Conversion, RegisterSourcesAgreesWithSearch) {
  Random random(2);
  int found = 0;
  for (int i = 0; i < conversion_cases; ++i) {
    const Distributed target = random.layout(random.shape(7));
    Shape shape = target.shape();
    if (random.chance(50)) shape[random.in(0, shape.size() - 1)] = 1;
    const LinearMap projection = broadcast_projection(shape, target.shape());
    const Distributed source = random.chance(90)
                                   ? neighbour(random, target.source_of_broadcast(shape))
                                   : random.layout(shape);
    const auto result = register_sources(source, target, projection);
    ASSERT_EQ(result, search_registers(source, target, projection))
        << source.to_string() << " to " << target.to_string();
    found += result.has_value();
  }
  EXPECT_GT(found, conversion_cases / 10);
  EXPECT_LT(found, conversion_cases * 9 / 10);
}

TEST(Conversion, ExamplesOfTheHeader) {
  const Distributed source({4, 32}, {1, 64}, {2, 4, 8, 16, 32});
  const Distributed renamed({4, 32}, {64, 1}, {2, 4, 8, 16, 32});
  const Distributed shuffled({4, 32}, {32, 64}, {1, 2, 4, 8, 16});
  EXPECT_EQ(classify(source, source), ConversionKind::none);
  EXPECT_EQ(classify(source, renamed), ConversionKind::registers);
  EXPECT_EQ(classify(source, shuffled), ConversionKind::lanes);
  EXPECT_EQ(register_sources(source, renamed), (std::vector<uint32_t>{0, 2, 1, 3}));
  EXPECT_EQ(register_sources(source, shuffled), std::nullopt);
}

TEST(Conversion, BetweenWarpsNeedsSharedMemory) {
  const Distributed rows({2, 32}, {}, {1, 2, 4, 8, 16}, {32});
  const Distributed halves({2, 32}, {}, {32, 1, 2, 4, 8}, {16});
  EXPECT_EQ(classify(rows, halves), ConversionKind::shared);
  EXPECT_EQ(classify(rows, Distributed::blocked({2, 32}, 1, 1)), ConversionKind::shared);
}

}  // namespace
}  // namespace tegula::layout
