// A cluster: runs its blocks, one slice after the other, until all have ended or one has failed a
// check. In a launch without clusters each block is a cluster of its own.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "runtime/sim/exec/block.h"
#include "runtime/sim/state/cluster_state.h"

namespace tegula::sim {

class Cluster {
 public:
  /// One worker for each block, by rank.
  explicit Cluster(const std::vector<Worker*>& workers);
  /// Runs the cluster whose first block is at `first`, the launch's `launch_index`-th. False if the
  /// launch should end with it: a block ran into the step limit, nothing will ever change again, or
  /// there has been a fault somewhere and the cluster does not end.
  bool run(const std::array<std::uint32_t, 3>& first, std::uint64_t launch_index);

 private:
  void start(const std::array<std::uint32_t, 3>& first, std::uint64_t launch_index);
  /// False if the cluster cannot go on.
  bool run_slices();
  /// False if the cluster should be stopped, for one of the reasons above; then there is a report.
  bool makes_progress();
  /// Whether the cluster is in a state that it was in before. `changed`: whether memory has changed
  /// since the last check.
  bool repeats_state(bool changed);
  bool land_copy();
  /// Adds a report of `what`, and of what each warp is doing.
  void report_warps(std::string_view check, std::string_view what);

  Launch& launch_;
  ClusterState state_;
  std::vector<Block> blocks_;
  std::uint64_t seed_ = 0;

  // Progress is checked from time to time.
  std::uint64_t looked_at_ = 0;  ///< the number of steps
  std::uint32_t looks_after_fault_ = 0;
  std::uint64_t changes_ = 0;     ///< at the last check
  std::uint64_t changed_at_ = 0;  ///< the number of steps at the last check that found more of them
  /// An earlier state, and for how many checks it is compared with (Brent's algorithm).
  std::vector<std::uint64_t> state_before_;
  std::uint64_t looks_left_ = 0, looks_each_ = 0;
};

}  // namespace tegula::sim
