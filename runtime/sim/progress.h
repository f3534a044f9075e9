// Whether a launch gets on. Blocks that wait for each other go round in loops, which no instruction
// shows. But a cluster that comes to a state it was in before, while nobody has changed any memory,
// will do so for ever; and when that holds for the clusters of all host threads, nobody ever will.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>

namespace tegula::sim {

class LaunchProgress {
 public:
  /// One host thread's part, written by that thread only. It counts what its cluster changes only
  /// once that has run for long; that it begins to is a change, as what was done before may be.
  struct alignas(64) Team {
    static constexpr std::uint64_t nowhere = ~std::uint64_t{0}, finished = nowhere - 1;

    std::atomic<std::uint64_t> changes = 0;
    /// The number of all changes, if the cluster came to the same state again at that number.
    std::atomic<std::uint64_t> stuck_at = nowhere;

    /// To be called after the change: until then who looks at the memory may see that of before.
    void changed() {
      changes.store(changes.load(std::memory_order_relaxed) + 1, std::memory_order_release);
    }
    /// There are no more clusters for it.
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

  /// Of all threads.
  std::uint64_t changes() const;
  /// Whether there will never be more than these.
  bool all_stuck(std::uint64_t changes) const;

 private:
  std::unique_ptr<Team[]> team_;
  std::uint32_t teams_ = 0;
  std::uint64_t clusters_ = 0;
  std::atomic<std::uint64_t> begun_ = 0;
};

}  // namespace tegula::sim
