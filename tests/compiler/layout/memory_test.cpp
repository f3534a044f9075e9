// Memory layouts: their tables, and bank conflicts counted access by access.
#include "compiler/layout/memory.h"

#include <gtest/gtest.h>

#include <bit>
#include <map>
#include <set>
#include <stdexcept>

#include "tests/compiler/layout/random_layouts.h"

namespace tegula::layout {
namespace {

using testing::Random;

// Wavefronts of one request by a warp, and the fewest there could be: docs/simulator-image.md,
// "Counters". `copies` lanes do not take part.
struct Wavefronts {
  int taken = 0, least = 0;
};

Wavefronts wavefronts(const Memory& memory, const Distributed& layout, const MemoryAccess& access,
                      uint32_t warp, int element_bytes, uint32_t copies) {
  const int bytes = static_cast<int>(access.registers.size()) * element_bytes;
  const uint32_t group = 32 / std::max(1, bytes / 4);  // lanes that want 128 bytes
  Wavefronts result;
  std::set<uint32_t> all, fetched;
  for (uint32_t first = 0; first < 32; first += group) {
    std::map<uint32_t, std::set<uint32_t>> words_of_bank;
    bool news = false;
    for (uint32_t lane = first; lane < first + group; ++lane) {
      if ((lane & copies) != 0) continue;
      const uint32_t element = layout.index(access.registers[0], lane, warp);
      const auto at = static_cast<uint32_t>(memory.inverse()(element)) * element_bytes;
      for (uint32_t byte = at; byte < at + bytes; ++byte) {
        words_of_bank[byte / 4 % 32].insert(byte / 4);
        all.insert(byte);
        news |= fetched.insert(byte / 4).second;
      }
    }
    size_t fullest = 0;
    for (const auto& [bank, words] : words_of_bank) fullest = std::max(fullest, words.size());
    if (news) result.taken += static_cast<int>(fullest);
  }
  result.least = static_cast<int>((all.size() + 127) / 128);
  return result;
}

void expect_no_conflicts(const Memory& memory, const Distributed& layout, int element_bytes) {
  const int width = memory.vector_elements(layout, widest_shared_bytes / element_bytes);
  for (const MemoryAccess& access : memory_accesses(memory, layout, width))
    for (uint32_t warp = 0; warp < static_cast<uint32_t>(layout.warps()); ++warp) {
      const auto [taken, least] = wavefronts(memory, layout, access, warp, element_bytes, 0);
      ASSERT_EQ(taken, least) << memory.to_string() << " under " << layout.to_string() << ", "
                              << width << " elements of " << element_bytes << " bytes";
    }
}

// Units in any order, no copies: what blocked layouts, transposes, reshapes make of each other.
Distributed units(Random& random, const Shape& shape, int warps) {
  Columns columns;
  for (int bit : random.permutation(tile_bits(shape))) columns.push_back(1u << bit);
  const auto first = columns.begin();
  return Distributed(shape, Columns(first + lane_bits + warps, columns.end()),
                     Columns(first, first + lane_bits),
                     Columns(first + lane_bits, first + lane_bits + warps));
}

TEST(Memory, OffsetsAndIndicesAreInverse) {
  const Memory memory({4, 4}, {2, 1, 4 ^ 1, 8 ^ 2});
  for (uint64_t offset = 0; offset < 16; ++offset)
    EXPECT_EQ(memory.inverse()(memory.map()(offset)), offset);
  EXPECT_EQ(memory.to_string(), "[4x4] offset:(2 1 5 10)");
  EXPECT_EQ(memory.size(), 16);
  EXPECT_EQ(Memory::row_major({2, 4}), Memory({2, 4}, {1, 2, 4}));
}

TEST(Memory, RefusesWhatIsNoTable) {
  EXPECT_THROW(Memory({4}, {1, 1}), std::invalid_argument);
  EXPECT_THROW(Memory({4}, {1}), std::invalid_argument);
  EXPECT_THROW(Memory({4}, {1, 2, 3}), std::invalid_argument);
  EXPECT_THROW(Memory({3}, {1, 2}), std::invalid_argument);
  EXPECT_THROW(
      Memory::for_conversion(Distributed::blocked({64}, 1, 1), Distributed::blocked({32}, 1, 1), 4),
      std::invalid_argument);
  EXPECT_THROW(Memory::row_major({32}).offsets(Distributed::blocked({64}, 1, 1)),
               std::invalid_argument);
}

TEST(Memory, TheHardwaresSwizzlesAreTables) {
  // f16, 64 elements a line of 128 bytes: chunks of 8 elements XOR the row number.
  const auto swizzled = [](uint32_t offset, uint32_t mask) {
    const uint32_t byte = 2 * offset;
    return (byte ^ (byte >> 3 & mask)) / 2;
  };
  for (const uint32_t mask : {0x70u, 0x30u, 0x10u}) {
    Columns columns;
    for (int bit = 0; bit < 10; ++bit) columns.push_back(swizzled(1u << bit, mask));
    const Memory memory({16, 64}, columns);
    for (uint32_t offset = 0; offset < 1024; ++offset)
      EXPECT_EQ(memory.map()(offset), swizzled(offset, mask));
  }
}

TEST(Memory, AccessesCoverEachElementOnceInOrder) {
  Random random(3);
  for (int i = 0; i < testing::rounds(300); ++i) {
    const Shape shape = {int64_t{1} << random.in(2, 5), int64_t{1} << random.in(4, 6)};
    const Distributed source = units(random, shape, 1), target = units(random, shape, 1);
    const Memory memory = Memory::for_conversion(source, target, 2);
    const int width = memory.vector_elements(source, 8);
    std::set<uint32_t> seen;
    for (const MemoryAccess& access : memory_accesses(memory, source, width))
      for (uint32_t thread = 0; thread < 64; ++thread)
        for (int k = 0; k < width; ++k) {
          const uint32_t element = source.index(access.registers[k], thread % 32, thread / 32);
          const auto own =
              static_cast<uint32_t>(memory.inverse()(source.index(0, thread % 32, thread / 32)));
          ASSERT_EQ(memory.inverse()(element), (access.offset ^ own) + k);
          EXPECT_EQ(((access.offset ^ own) & (width - 1)), 0u);
          EXPECT_TRUE(seen.insert(element).second);
        }
    EXPECT_EQ(static_cast<int64_t>(seen.size()), source.size());
  }
}

TEST(Memory, ExchangesAreFreeOfConflicts) {
  Random random(4);
  for (int i = 0; i < testing::rounds(1000); ++i) {
    const Shape shape = {int64_t{1} << random.in(1, 6), int64_t{1} << random.in(4, 6)};
    const int warps = random.in(0, std::min(2, tile_bits(shape) - lane_bits));
    const Distributed source = units(random, shape, warps), target = units(random, shape, warps);
    for (const int bytes : {1, 2, 4, 8}) {
      const Memory memory = Memory::for_conversion(source, target, bytes);
      expect_no_conflicts(memory, source, bytes);
      expect_no_conflicts(memory, target, bytes);
    }
  }
}

TEST(Memory, ATransposeIsWideOnOneSide) {
  const Distributed rows = Distributed::blocked({64, 64}, 4, 4);
  const Distributed columns = Distributed::blocked({64, 64}, 4, 4).transpose({1, 0});
  const Memory memory = Memory::for_conversion(rows, columns, 4);
  EXPECT_EQ(std::max(memory.vector_elements(rows, 4), memory.vector_elements(columns, 4)), 4);
  expect_no_conflicts(memory, rows, 4);
  expect_no_conflicts(memory, columns, 4);
  // What row-major would cost: 4 lanes' columns of 16 rows in the same banks.
  const Memory plain = Memory::row_major({64, 64});
  const auto [taken, least] =
      wavefronts(plain, columns, memory_accesses(plain, columns, 1)[0], 0, 4, 0);
  EXPECT_GT(taken, least);
}

TEST(Memory, CommonVectorsAreWideOnBothSides) {
  // Both sides hold 8 neighbouring f16; rows and warps change places.
  const Distributed source({64, 64}, {1, 2, 4, 64}, {8, 16, 32, 128, 256}, {512, 1024, 2048}),
      target({64, 64}, {1, 2, 4, 2048}, {64, 128, 256, 512, 1024}, {8, 16, 32});
  const Memory memory = Memory::for_conversion(source, target, 2);
  EXPECT_EQ(memory.vector_elements(source, 8), 8);
  EXPECT_EQ(memory.vector_elements(target, 8), 8);
  expect_no_conflicts(memory, source, 2);
  expect_no_conflicts(memory, target, 2);
}

TEST(Memory, AnyLayoutsGetATable) {
  Random random(5);
  for (int i = 0; i < testing::rounds(1000); ++i) {
    const Distributed source = random.layout(random.shape(9)),
                      target = random.layout(source.shape());
    for (const int bytes : {1, 2, 4, 8}) {
      const Memory memory = Memory::for_conversion(source, target, bytes);
      EXPECT_TRUE(memory.map().is_invertible());
      for (const Distributed& layout : {source, target})
        for (const MemoryAccess& access : memory_accesses(
                 memory, layout, memory.vector_elements(layout, widest_shared_bytes / bytes)))
          for (size_t k = 0; k < access.registers.size(); ++k)
            ASSERT_EQ(memory.inverse()(layout.index(access.registers[k], 0, 0)), access.offset + k);
    }
  }
}

}  // namespace
}  // namespace tegula::layout
