// A block: its warps take turns until all have exited or one has failed a check.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "runtime/sim/warp.h"

namespace tegula::sim {

class Block {
 public:
  explicit Block(Launch& launch);
  /// Runs the block of these coordinates to its end. `seed` sets the order of the warps' turns.
  /// False if the launch should end with it: it ran into the step limit.
  bool run(const std::array<std::uint32_t, 3>& coordinates, std::uint64_t seed);

 private:
  /// False if the block cannot go on.
  bool take_turns(std::uint64_t seed);
  bool check_barriers(const Warp& arrived);
  bool release_barrier();
  bool over_limit() const;

  Launch& launch_;
  std::vector<Warp> warps_;
  std::uint64_t steps_ = 0;
};

}  // namespace tegula::sim
