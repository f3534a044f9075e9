// Bulk copies, which land when nothing else can run.
#pragma once

#include "runtime/sim/state/launch_state.h"

namespace tegula::sim {

/// Lands one of the block's pending bulk loads, picked by `choice`, and completes its bytes. False
/// if there is none.
bool land_bulk_load(Worker& worker, std::uint64_t choice);

}  // namespace tegula::sim
