// A launch from its first block to its last.
#pragma once

#include <memory>
#include <vector>

#include "runtime/sim/state/launch_state.h"

namespace tegula::sim {

/// A workspace for each block that can run at the same time, made as they are needed.
using Workspaces = std::vector<std::unique_ptr<Workspace>>;

/// Runs all blocks, in seeded order, and adds what they did to `counters`. Faults are in
/// `launch.reports` afterwards.
void run(Launch& launch, Workspaces& workspaces, SimCounters& counters);

}  // namespace tegula::sim
