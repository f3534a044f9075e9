// A block's mbarriers. Their state is kept here, not in the shared memory that they occupy.
#pragma once

#include <cstdint>
#include <vector>

#include "runtime/sim/checks/clocks.h"

namespace tegula::sim {

/// A phase is complete when no arrival and no byte is pending; then the next one begins.
struct MBarrier {
  std::uint32_t address = 0;
  std::uint32_t count = 0;    ///< arrivals a phase
  std::uint32_t pending = 0;  ///< arrivals that have yet to come
  std::int64_t bytes = 0;     ///< expected and not yet copied; below 0 if copied before expected
  std::uint32_t phase = 0;    ///< completed phases
  std::uint32_t agent = 0;    ///< of the copies that complete here
  Record made;                ///< who initialised it
  Knowledge collecting, done;

  bool passed(std::uint32_t parity) const { return (phase & 1) != (parity & 1); }
  /// Call this after a change. Begins the next phase and returns true if the phase is complete.
  bool complete_if_possible() {
    if (pending != 0 || bytes != 0) return false;
    ++phase;
    pending = count;
    done.generic.join(collecting.generic);
    done.proxied.join(collecting.proxied);
    collecting = {};
    return true;
  }
};

class MBarriers {
 public:
  void start_block() {
    barriers_.clear();
    made_ = 0;
  }
  /// Null if there is none at that address.
  MBarrier* find(std::uint32_t address) {
    for (MBarrier& b : barriers_)
      if (b.address == address) return &b;
    return nullptr;
  }
  MBarrier& make(std::uint32_t address, std::uint32_t count, Record by) {
    // If there are more mbarriers than agents they share them: fewer missing waits are then found.
    barriers_.push_back(
        {address, count, count, 0, 0, first_copy_agent + made_++ % copy_agents, by});
    return barriers_.back();
  }
  void remove(const MBarrier& barrier) {
    barriers_.erase(barriers_.begin() + (&barrier - barriers_.data()));
  }

 private:
  std::vector<MBarrier> barriers_;
  std::uint32_t made_ = 0;
};

}  // namespace tegula::sim
