// Bulk copies that are done when there is nothing else to do.
#pragma once

#include "runtime/sim/launch.h"

namespace tegula::sim {

/// Does one of the block's pending bulk loads and completes its bytes; `choice` picks it. False if
/// there is none.
bool land_bulk_load(Worker& worker, std::uint64_t choice);

}  // namespace tegula::sim
