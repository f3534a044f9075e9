// A block: its warps take turns until all have exited or one has failed a check.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "runtime/sim/warp.h"

namespace tegula::sim {

class Block {
 public:
  struct Start {
    std::uint64_t number = 0;  ///< in the grid
    std::uint64_t turn = 0;    ///< in the launch's order
    std::uint64_t seed = 0;    ///< of the order of the warps' turns and of landing copies
  };

  explicit Block(Worker& worker);
  /// Runs the block of these coordinates to its end. False if the launch should end with it: it ran
  /// into the step limit.
  bool run(const std::array<std::uint32_t, 3>& coordinates, const Start& start);

 private:
  /// False if the block cannot go on.
  bool take_turns();
  bool check_barriers(const Warp& arrived);
  bool release_barriers();
  bool land_copy();
  void report_deadlock();
  bool over_limit() const;

  Worker& worker_;
  std::vector<Warp> warps_;
  std::uint64_t seed_ = 0;
  std::uint64_t landings_ = 0;
  std::uint64_t steps_ = 0;
};

}  // namespace tegula::sim
