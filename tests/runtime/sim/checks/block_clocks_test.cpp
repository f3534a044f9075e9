// Which block comes before which, compared with a list of all events that is searched each time.
#include "runtime/sim/checks/block_clocks.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <vector>

namespace tegula::sim {
namespace {

/// Keeps every event.
class History {
 public:
  void release(BlockTag block, Time time, std::uint64_t location) {
    releases_[location].push_back({block, time});
  }
  void acquire(BlockTag block, Time time, std::uint64_t location) {
    acquires_[block].push_back({time, location, releases_[location].size()});
  }
  /// By block, up to when its accesses come before what `block` does at `time`.
  std::map<BlockTag, Time> known(BlockTag block, Time time) const {
    std::map<BlockTag, Time> result, looked_through;
    look_through(block, time, result, looked_through);
    return result;
  }

 private:
  struct Release {
    BlockTag block;
    Time time;
  };
  struct Acquire {
    Time time;
    std::uint64_t location;
    std::size_t releases;
  };
  void look_through(BlockTag block, Time time, std::map<BlockTag, Time>& known,
                    std::map<BlockTag, Time>& looked_through) const {
    Time& before = looked_through[block];
    if (before > time) return;
    before = time + 1;
    const auto mine = acquires_.find(block);
    if (mine == acquires_.end()) return;
    for (const Acquire& a : mine->second) {
      if (a.time > time) continue;
      for (std::size_t k = 0; k < a.releases; ++k) {
        const Release& r = releases_.at(a.location)[k];
        known[r.block] = std::max(known[r.block], r.time);
        look_through(r.block, r.time, known, looked_through);
      }
    }
  }
  std::map<std::uint64_t, std::vector<Release>> releases_;
  std::map<BlockTag, std::vector<Acquire>> acquires_;
};

TEST(SimBlockClocks, IsThatOfAllEvents) {
  for (std::uint32_t seed = 0; seed < 300; ++seed) {
    std::mt19937 random(seed);
    const auto below = [&](std::uint32_t n) { return static_cast<std::uint32_t>(random() % n); };
    const std::uint32_t blocks = 2 + below(8), locations = 1 + below(4);
    // Neighbours, and such as differ in their highest digit.
    const auto tag = [&](std::uint32_t b) { return (seed % 2 == 0 ? 1 : 0x0fffffff) + b * 7; };
    BlockClocks clocks;
    History history;
    std::vector<BlockClocks::Known> known(blocks);
    std::vector<Time> now(blocks, 1);
    for (int event = 0; event < 80; ++event) {
      const std::uint32_t b = below(blocks);
      const std::uint64_t location = 16 + 4 * below(locations);
      switch (below(6)) {
        case 0:
        case 1:
          clocks.release(tag(b), now[b], location, known[b]);
          history.release(tag(b), now[b]++, location);
          break;
        case 2:
          if (known[b].fenced_at == 0) break;
          clocks.release(tag(b), known[b].fenced_at, location, known[b]);
          history.release(tag(b), known[b].fenced_at, location);
          break;
        case 3:  // as a cluster's barrier does
          ++now[b];
          clocks.release(tag(b), now[b] - 1, location, known[b]);
          history.release(tag(b), now[b] - 1, location);
          break;
        case 4:
          known[b].fence(now[b]++);
          break;
        default:
          clocks.acquire(now[b], location, known[b]);
          history.acquire(tag(b), now[b], location);
          break;
      }
      const auto wanted = history.known(tag(b), now[b]);
      for (std::uint32_t other = 0; other < blocks; ++other) {
        const auto at = wanted.find(tag(other));
        const Time until = at == wanted.end() ? 0 : at->second;
        EXPECT_EQ(known[b].now.of(tag(other)), until) << "seed " << seed << ", event " << event;
        EXPECT_EQ(BlockClocks::ordered(tag(other), until + 1, known[b]), false);
      }
    }
  }
}

/// A lock that goes from block to block, and for which each waits with as many releases: what is
/// known of 20,000 blocks is shared, or this takes gigabytes.
TEST(SimBlockClocks, OfManyBlocks) {
  constexpr BlockTag blocks = 20'000;
  constexpr Time spins = 4;
  BlockClocks clocks;
  std::vector<BlockClocks::Known> known(blocks);
  for (BlockTag b = 0; b < blocks; ++b)
    for (Time time = 1; time <= spins; ++time) {
      clocks.release(b, time, 4, known[b]);
      clocks.acquire(time + 1, 4, known[b]);
    }
  for (const BlockTag b : {BlockTag{0}, blocks / 2, blocks - 2}) {
    EXPECT_TRUE(BlockClocks::ordered(b, spins, known[blocks - 1]));
    EXPECT_FALSE(BlockClocks::ordered(b, spins + 1, known[blocks - 1]));
    EXPECT_FALSE(BlockClocks::ordered(blocks - 1, 1, known[b]));
  }
}

}  // namespace
}  // namespace tegula::sim
