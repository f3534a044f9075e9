// Allocate shared memory: where each operation that exchanges data between warps keeps it.
#pragma once

#include <memory>

#include "mlir/Pass/Pass.h"

namespace tegula::compiler {

/// Sets shared_offset_attribute on the operations and the other two on a func.func. Places are
/// aligned to 16 bytes. Operations share bytes unless one may still be reading, with no barrier in
/// between, when another begins: so sharing costs no barriers, and a row of exchanges takes turns
/// in two places. A kernel that so needs more than a block may declare (48 KiB) has all of them in
/// one place if that is less, with barriers between (shared_reused_attribute): occupancy is worth
/// more. Queues of asynchronous copies lie behind all of that: copies are under way while exchanges
/// happen. So do the collectives of a cluster, in one place for all. Runs behind insert_barriers.
std::unique_ptr<mlir::Pass> create_allocate_shared_pass();

}  // namespace tegula::compiler
