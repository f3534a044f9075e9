// Loads and stores of a warp.
#pragma once

#include "runtime/sim/memory/access.h"

namespace tegula::sim {

/// False if a check failed: then a report has been added and no memory was touched.
bool run_load(WarpAccess& access, const Instruction& i);
bool run_store(WarpAccess& access, const Instruction& i);

}  // namespace tegula::sim
