// One launch: what all its blocks share, and what each host thread that runs them has for itself.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <unordered_map>
#include <vector>

#include "runtime/sim/checks/argument_ranges.h"
#include "runtime/sim/checks/barriers.h"
#include "runtime/sim/checks/block_clocks.h"
#include "runtime/sim/checks/copies.h"
#include "runtime/sim/checks/counters.h"
#include "runtime/sim/checks/global_shadow.h"
#include "runtime/sim/checks/mbarriers.h"
#include "runtime/sim/checks/progress.h"
#include "runtime/sim/checks/reports.h"
#include "runtime/sim/checks/shared_shadow.h"
#include "runtime/sim/code/decode.h"
#include "tegula/simulator.h"

namespace tegula::sim {

/// Memory that blocks run in, kept from launch to launch; one for each worker.
class Workspace {
 public:
  /// Makes room; what was there before is lost.
  void reserve(const Program& program, std::uint32_t shared_bytes);
  std::byte* frame(std::size_t warp) { return memory_ + warp * frame_bytes_; }
  std::byte* scratch() { return memory_ + scratch_at_; }
  std::byte* shared() { return memory_ + shared_at_; }
  ~Workspace();
  Workspace() = default;
  Workspace(const Workspace&) = delete;
  Workspace& operator=(const Workspace&) = delete;

  Clocks clocks;
  SharedShadow shadow;

 private:
  std::byte* memory_ = nullptr;
  std::size_t capacity_ = 0;
  std::size_t frame_bytes_ = 0, scratch_at_ = 0, shared_at_ = 0;
};

struct Launch {
  const Program& program;
  const LaunchCall& call;
  const SimOptions& options;
  std::uint32_t shared_bytes;  ///< static and dynamic
  GlobalShadow& global_shadow;
  BlockClocks block_clocks;
  ArgumentRanges ranges;
  Reports reports;
  LaunchProgress progress;
};

/// What a warp publishes by relaxed atomics, and what it acquires at its next fence.
struct FenceState {
  bool fenced = false;
  Knowledge at_fence;  ///< what relaxed atomics publish from then on
  bool seen = false;
  Knowledge seen_relaxed;  ///< what a fence would acquire
  std::vector<std::uint64_t> seen_locations;
};

struct ClusterState;

/// Runs blocks for a host thread, one at a time. A thread has as many workers as a cluster has
/// blocks.
struct Worker {
  Worker(Launch& launch, Workspace& workspace);
  void start_block(std::uint64_t number);

  Launch& launch;
  Workspace& workspace;
  LaunchCounters counters;
  std::vector<std::size_t> range_hints;  ///< by instruction: the argument it touched last
  const bool watch_shared, watch_global;

  // Set once, by the Cluster that the worker's blocks belong to.
  ClusterState* cluster = nullptr;
  std::uint32_t rank = 0;
  LaunchProgress::Team* team = nullptr;
  bool counts_changes = false;  ///< to memory, or to anything else that a warp may wait for

  // Of the block that runs.
  BlockTag tag = 0;
  BlockClocks::Known known;
  Barriers barriers;
  MBarriers mbarriers;
  std::vector<GroupedCopies> copies;       ///< cp.async, by warp
  std::vector<GroupedCopies> bulk_stores;  ///< by warp
  std::deque<BulkLoad> bulk_loads;
  std::unordered_map<std::uint64_t, Knowledge> locations;  ///< what atomics have released there
  std::vector<FenceState> fences;                          ///< by warp

  Clocks* clocks() { return watches() ? &workspace.clocks : nullptr; }
  bool watches() const { return watch_shared || watch_global; }
  /// How often the warp has waited at the cluster's barrier; 0 in a kernel without clusters.
  std::uint32_t cluster_waits(std::uint32_t warp) const {
    return launch.program.features.clusters ? waits_in_cluster(warp) : 0;
  }
  std::uint32_t waits_in_cluster(std::uint32_t warp) const;
};

}  // namespace tegula::sim
