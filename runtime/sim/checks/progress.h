// Whether a launch makes progress. Blocks that wait for each other spin in loops, which no single
// instruction shows. But a cluster that reaches a state it was in before, while nobody has changed
// memory, will reach it again for ever; and once that holds for the clusters of all host threads,
// memory will never change again.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>

namespace tegula::sim {

class LaunchProgress {
 public:
  /// One host thread's part, written by that thread only. A thread starts counting the changes that
  /// its cluster makes only once the cluster has run for long; starting counts as a change, for the
  /// changes before it.
  struct alignas(64) Team {
    static constexpr std::uint64_t nowhere = ~std::uint64_t{0}, finished = nowhere - 1;

    std::atomic<std::uint64_t> changes = 0;
    /// The number of all changes at which the cluster reached the same state again.
    std::atomic<std::uint64_t> stuck_at = nowhere;

    /// Call this after the change: until then others may still read the old memory.
    void changed() {
      changes.store(changes.load(std::memory_order_relaxed) + 1, std::memory_order_release);
    }
    /// There are no more clusters for this thread.
    void finish() {
      changed();
      stuck_at = finished;
    }
  };

  void start(std::uint32_t teams, std::uint64_t clusters) {
    team_ = std::make_unique<Team[]>(teams);
    teams_ = teams;
    clusters_ = clusters;
  }
  std::uint32_t teams() const { return teams_; }
  Team& team(std::uint32_t number) { return team_[number]; }

  std::uint64_t clusters() const { return clusters_; }
  /// The number of the next one to run, in the launch's order; clusters() or more if there is none.
  std::uint64_t begin_cluster() { return begun_++; }
  std::uint64_t clusters_to_come() const {
    return clusters_ - std::min<std::uint64_t>(clusters_, begun_);
  }

  /// The sum over all threads.
  std::uint64_t changes() const;
  /// Whether there will never be more changes than these.
  bool all_stuck(std::uint64_t changes) const;

 private:
  std::unique_ptr<Team[]> team_;
  std::uint32_t teams_ = 0;
  std::uint64_t clusters_ = 0;
  std::atomic<std::uint64_t> begun_ = 0;
};

}  // namespace tegula::sim
