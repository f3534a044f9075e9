// Loads and stores of a warp: addresses gathered, checked, counted, then bytes moved.
#pragma once

#include "runtime/sim/launch.h"

namespace tegula::sim {

/// A warp in the middle of an instruction.
struct WarpAccess {
  Launch& launch;
  std::byte* frame;
  std::uint32_t active;
  std::uint32_t pc;
  FaultSite site;  ///< of this warp and instruction; the lane is still to be found
};

/// False if a check failed: then a report has been added and no memory was touched.
bool run_load(WarpAccess& access, const Instruction& i);
bool run_store(WarpAccess& access, const Instruction& i);

}  // namespace tegula::sim
