// A block's sixteen barriers.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "runtime/sim/checks/clocks.h"

namespace tegula::sim {

class Barriers {
 public:
  static constexpr std::uint32_t count = 16;

  struct Arrival {
    std::uint32_t number = 0;
    std::uint32_t threads =
        0;  ///< that the barrier waits for; 0: all threads of the block that have not exited
    std::uint32_t warp = 0;
    bool waits = true;
  };

  void start_block() {
    for (Barrier& b : barriers_)
      if (b.arrived != 0) b = Barrier{};
  }
  /// What is wrong with the arrival; empty if nothing is. `clocks`: null if accesses are not
  /// checked.
  std::string arrive(const Arrival& arrival, Clocks* clocks);
  /// A bit for each warp that waited at a barrier that is now complete, and may go on. `live`: the
  /// warps that have not exited. `passed` counts barriers of the whole block.
  std::uint64_t release(std::uint64_t live, Clocks* clocks, std::uint64_t& passed);
  /// "at barrier 1, where 64 of 128 threads have arrived"
  std::string describe(std::uint32_t number) const;

 private:
  struct Barrier {
    std::uint32_t threads = 0;
    std::uint32_t arrived = 0;  ///< warps
    std::uint64_t waiting = 0;  ///< a bit for each of them that waits
    Knowledge knowledge;
  };
  std::array<Barrier, count> barriers_;
};

}  // namespace tegula::sim
