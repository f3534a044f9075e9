// A block's sixteen barriers.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "runtime/sim/clocks.h"

namespace tegula::sim {

class Barriers {
 public:
  static constexpr std::uint32_t count = 16;

  struct Arrival {
    std::uint32_t number = 0;
    std::uint32_t threads =
        0;  ///< that the barrier is for; 0: all of the block that have not exited
    std::uint32_t warp = 0;
    bool waits = true;
  };

  void start_block() {
    for (Barrier& b : barriers_)
      if (b.arrived != 0) b = Barrier{};
  }
  /// What is wrong with the arrival; empty if nothing is. `clocks`: null if nothing is watched.
  std::string arrive(const Arrival& arrival, Clocks* clocks);
  /// The warps, a bit each, that have waited at barriers now complete; those go on. `live`: warps
  /// that have not exited. `passed` counts barriers of the whole block.
  std::uint64_t release(std::uint64_t live, Clocks* clocks, std::uint64_t& passed);
  /// "at barrier 1, where 64 of 128 threads have arrived"
  std::string describe(std::uint32_t number) const;

 private:
  struct Barrier {
    std::uint32_t threads = 0;
    std::uint32_t arrived = 0;  ///< warps
    std::uint64_t waiting = 0;  ///< of them, those that wait
    Knowledge knowledge;
  };
  std::array<Barrier, count> barriers_;
};

}  // namespace tegula::sim
