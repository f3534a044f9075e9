// A cluster: its blocks take turns until all have ended or one has failed a check. Without clusters
// each block is one by itself.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "runtime/sim/block.h"
#include "runtime/sim/cluster_state.h"

namespace tegula::sim {

class Cluster {
 public:
  /// One worker for each block, by rank.
  explicit Cluster(const std::vector<Worker*>& workers);
  /// Runs the cluster whose first block is at `first`, `turn`-th in the launch's order. False if
  /// the launch should end with it: a block ran into the step limit, nothing ever changes again, or
  /// there has been a fault somewhere and the cluster does not come to its end.
  bool run(const std::array<std::uint32_t, 3>& first, std::uint64_t turn);

 private:
  void start(const std::array<std::uint32_t, 3>& first, std::uint64_t turn);
  /// False if the cluster cannot go on.
  bool take_turns();
  /// False if it should be left, for one of the reasons above; then there is a report.
  bool gets_on();
  /// Whether it is in a state that it was in before. `changed`: whether memory is not what it was
  /// at the last look.
  bool comes_round(bool changed);
  bool land_copy();
  /// Adds a report of `what`, and of what each warp does.
  void report_warps(std::string_view check, std::string_view what);

  Launch& launch_;
  ClusterState state_;
  std::vector<Block> blocks_;
  std::uint64_t seed_ = 0;

  // Whether it gets on is looked at now and then.
  std::uint64_t looked_at_ = 0;  ///< the number of steps
  std::uint32_t looks_after_fault_ = 0;
  std::uint64_t changes_ = 0;     ///< at the last look
  std::uint64_t changed_at_ = 0;  ///< the number of steps when it was found that there were more
  /// A state that it was in, and for how many looks it is compared with (Brent's algorithm).
  std::vector<std::uint64_t> state_before_;
  std::uint64_t looks_left_ = 0, looks_each_ = 0;
};

}  // namespace tegula::sim
