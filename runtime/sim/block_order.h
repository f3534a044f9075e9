// Which block of a launch came before which: blocks run in any order and at the same time, unless
// atomics of gpu scope order them. Kept lazily: events are noted as they happen, and looked into
// only when two blocks have touched the same bytes.
#pragma once

#include <cstdint>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "runtime/sim/clocks.h"

namespace tegula::sim {

/// One block's run, told apart from all others of this device.
using BlockTag = std::uint32_t;

class BlockOrder {
 public:
  /// What a block knows of others: of a block's accesses, those up to a time.
  struct Known {
    std::unordered_map<BlockTag, Time> blocks;
    std::size_t acquires_seen = 0;
    std::unordered_map<std::uint64_t, std::size_t> releases_seen;  ///< by location
  };

  /// The block's accesses up to `time` are released at an atomic on `location`.
  void release(BlockTag block, Time time, std::uint64_t location);
  /// The block, at `time`, sees what has been released there.
  void acquire(BlockTag block, Time time, std::uint64_t location);
  /// Whether what `other` did at `time` comes before what `block` does now. `known` is the block's,
  /// kept from call to call.
  bool ordered(BlockTag other, Time time, BlockTag block, Known& known);

 private:
  struct Release {
    BlockTag block;
    Time time;
  };
  struct Acquire {
    Time time;
    std::uint64_t location;
    std::size_t releases;  ///< made there before
  };
  void learn(const Acquire& from, Known& known) const;

  std::mutex mutex_;
  std::unordered_map<std::uint64_t, std::vector<Release>> releases_;
  std::unordered_map<BlockTag, std::vector<Acquire>> acquires_;
};

}  // namespace tegula::sim
