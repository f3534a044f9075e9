// What the blocks of one cluster share while they run: the barrier of all their threads, and access
// to each other's shared memory.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "runtime/sim/checks/clocks.h"

namespace tegula::sim {

struct Worker;

/// Every warp alternately arrives and waits; a phase is complete when all warps that have not
/// exited have arrived.
class ClusterBarrier {
 public:
  void start(std::size_t blocks, std::size_t warps_per_block);

  /// What is wrong with the arrival; empty if nothing is. `clocks`: the block's, null if accesses
  /// are not checked.
  std::string arrive(std::uint32_t rank, std::uint32_t warp, Clocks* clocks);
  /// The same for a wait that has_passed() lets through or that can never be right.
  std::string wait(std::uint32_t rank, std::uint32_t warp, Clocks* clocks);
  /// Whether a warp that waits can go on.
  bool has_passed(std::uint32_t rank, std::uint32_t warp) const {
    return at(rank, warp).arrived <= completed_;
  }
  void exit(std::uint32_t rank, std::uint32_t warp);

  std::uint32_t completed() const { return completed_; }
  std::uint32_t arrivals(std::uint32_t rank, std::uint32_t warp) const {
    return at(rank, warp).arrived;
  }
  std::uint32_t waits(std::uint32_t rank, std::uint32_t warp) const {
    return at(rank, warp).waited;
  }
  /// The number of waits of the block's warp that has waited most often.
  std::uint32_t most_waits(std::uint32_t rank) const;
  /// What warps that have waited `waits` times know of the block's accesses. Kept for the last two
  /// phases: no warp can be further behind.
  const Clock& known(std::uint32_t rank, std::uint32_t waits) const {
    return sides_[rank].passed[waits % 2].generic;
  }
  /// "at the cluster's barrier, where 3 of 8 warps have arrived"
  std::string describe() const;

 private:
  struct WarpState {
    std::uint32_t arrived = 0, waited = 0;
    bool exited = false;
  };
  /// Of one block.
  struct Side {
    Knowledge collecting;
    std::array<Knowledge, 2> passed;
  };
  WarpState& at(std::uint32_t rank, std::uint32_t warp) { return warps_[rank * per_block_ + warp]; }
  const WarpState& at(std::uint32_t rank, std::uint32_t warp) const {
    return warps_[rank * per_block_ + warp];
  }
  void complete_if_possible();

  std::size_t per_block_ = 0;
  std::vector<WarpState> warps_;
  std::vector<Side> sides_;
  std::size_t live_ = 0, pending_ = 0;  ///< warps that have not exited; that have yet to arrive
  std::uint32_t completed_ = 0;
};

struct ClusterState {
  struct Member {
    Worker* worker = nullptr;
    std::array<std::uint32_t, 3> block = {0, 0, 0};
    bool ended = false;  ///< its shared memory is gone
  };
  std::vector<Member> members;  ///< by rank
  ClusterBarrier barrier;

  // The same as the barrier's, ordering the blocks' accesses to global memory as well.
  std::string arrive(std::uint32_t rank, std::uint32_t warp);
  void exit(std::uint32_t rank, std::uint32_t warp);

 private:
  void order_blocks(std::uint32_t completed_before);
};

}  // namespace tegula::sim
