// A block: runs its warps, one scheduling slice after the other, until all have exited or one has
// failed a check.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "runtime/sim/exec/warp.h"

namespace tegula::sim {

class Block {
 public:
  struct Start {
    std::uint64_t number = 0;        ///< in the grid
    std::uint64_t launch_index = 0;  ///< in the order in which the launch runs its blocks
    std::uint64_t seed = 0;          ///< of the order of warps in a round, and of landing copies
  };
  enum class Progress : std::uint8_t {
    went_on,
    stuck,   ///< all warps that have not exited wait, for copies or for other blocks
    ended,   ///< all warps have exited
    failed,  ///< a report has been added
  };

  explicit Block(Worker& worker);
  /// Starts the block of these coordinates.
  void start(const std::array<std::uint32_t, 3>& coordinates, const Start& start);
  /// Runs a slice of every warp.
  Progress run_slices();
  /// Lets one pending copy arrive; false if there is none.
  bool land_copy();
  /// What each warp that has not exited is doing: "warp 0 waits at barrier 0, warp 1 ...".
  std::string whereabouts() const;
  /// The first warp that has not exited.
  FaultSite site() const;
  /// Warp instructions that the block has run.
  std::uint64_t steps() const { return steps_; }
  bool over_limit() const;
  void note_state(std::vector<std::uint64_t>& state) const {
    for (const Warp& warp : warps_) warp.note_state(state);
  }

 private:
  bool check_barriers(const Warp& arrived);
  bool release_barriers();
  bool check_end();

  Worker& worker_;
  std::vector<Warp> warps_;
  std::uint64_t seed_ = 0;
  std::uint64_t landings_ = 0;
  std::uint64_t steps_ = 0;
};

}  // namespace tegula::sim
