// A cluster: its blocks take turns until all have ended or one has failed a check. Without clusters
// each block is one by itself.
#pragma once

#include <cstdint>
#include <vector>

#include "runtime/sim/block.h"
#include "runtime/sim/cluster_state.h"

namespace tegula::sim {

class Cluster {
 public:
  /// One worker for each block, by rank.
  explicit Cluster(const std::vector<Worker*>& workers);
  /// Runs the cluster whose first block is at `first`, `turn`-th in the launch's order. False if
  /// the launch should end with it: a block ran into the step limit.
  bool run(const std::array<std::uint32_t, 3>& first, std::uint64_t turn);

 private:
  void start(const std::array<std::uint32_t, 3>& first, std::uint64_t turn);
  /// False if the cluster cannot go on.
  bool take_turns();

  const Launch& launch_;
  ClusterState state_;
  std::vector<Block> blocks_;
  std::uint64_t seed_ = 0;
};

}  // namespace tegula::sim
