// Happens-before between the blocks of a launch, which run in any order and at the same time unless
// atomics of gpu scope order them. Vector clocks with an entry for each block: a location holds
// what its releases knew, and an acquire learns that.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "runtime/sim/checks/clocks.h"

namespace tegula::sim {

/// Identifies one run of one block on this device.
using BlockTag = std::uint32_t;

/// For each block, the time up to which its accesses are known. An immutable tree: copies share it,
/// and joining two costs as much as they differ by, however many blocks they cover.
class BlockTimes {
 public:
  Time of(BlockTag block) const;
  void raise(BlockTag block, Time time);
  void join(const BlockTimes& other);
  bool empty() const { return root_ == nullptr; }
  friend bool operator==(const BlockTimes& a, const BlockTimes& b) { return a.root_ == b.root_; }

 private:
  static constexpr unsigned digit_bits = 4, digits = 8;
  struct Node;
  using Ref = std::shared_ptr<const Node>;
  static constexpr std::size_t digit(BlockTag block, unsigned level) {
    return block >> (level * digit_bits) & ((1u << digit_bits) - 1);
  }
  static Ref raised(const Ref& at, unsigned level, BlockTag block, Time time);
  static Ref joined(const Ref& a, const Ref& b, unsigned level);

  Ref root_;
};

class BlockClocks {
 public:
  /// What a block knows of the others; kept by the worker that runs it.
  struct Known {
    BlockTimes now;
    BlockTimes before;   ///< what it acquired before the time `since`
    Time since = 0;      ///< of the last acquire that taught it something
    BlockTimes fenced;   ///< what it knew at its last fence
    Time fenced_at = 0;  ///< the last fence of any of its warps

    void fence(Time time) {
      fenced = now;
      fenced_at = time;
    }
    /// What it knew at `time`: now, before the last acquire, or at the last fence.
    const BlockTimes& at(Time time) const {
      return time == fenced_at ? fenced : time < since ? before : now;
    }
  };

  /// Releases the block's accesses up to `time`, and what it knew then, at an atomic on `location`.
  void release(BlockTag block, Time time, std::uint64_t location, const Known& known);
  /// The block that knows `known` acquires, at `time`, what has been released there.
  void acquire(Time time, std::uint64_t location, Known& known);
  /// Whether what `other` did at `time` comes before what the block that knows `known` does now.
  static bool ordered(BlockTag other, Time time, const Known& known) {
    return time <= known.now.of(other);
  }

 private:
  std::mutex mutex_;
  std::unordered_map<std::uint64_t, BlockTimes> locations_;
};

}  // namespace tegula::sim
