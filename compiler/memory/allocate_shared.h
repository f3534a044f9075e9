// Allocate shared memory: the offset of each operation's scratch.
#pragma once

#include <memory>

#include "mlir/Pass/Pass.h"

namespace tegula::compiler {

/// Sets shared_offset_attribute on the operations and the other two on a func.func. Offsets are
/// aligned to 16 bytes. Operations share bytes unless one may still be reading, with no barrier in
/// between, when another begins: so sharing costs no barriers, and a sequence of conversions
/// alternates between two buffers. If a kernel then needs more than a block may declare (48 KiB),
/// all scratch gets the same offset if that is less, with barriers between
/// (shared_reused_attribute): occupancy is worth more. Queues of asynchronous copies follow: copies
/// are under way while scratch is used. Then the scratch of a cluster's collectives, one for all.
/// Runs after insert_barriers.
std::unique_ptr<mlir::Pass> create_allocate_shared_pass();

}  // namespace tegula::compiler
