// Prefetch loads: in loops, copy the tiles of later turns while this one computes.
#pragma once

#include <memory>

#include "mlir/Pass/Pass.h"

namespace tegula::compiler {

/// Software pipelining of loads. A tile.load that stands in the body of an scf.for (not in a region
/// inside it), and whose address depends on the induction variable through scalar arithmetic alone,
/// becomes
///   before the loop    async_copy of the first turns' tiles, one group each
///   in the loop        async_wait for this turn's group; async_read where the load was; behind the
///                      last of those, async_copy of a later turn's tile to the slot just read
/// All loads of a loop make one group a turn. How many turns ahead: as many as have 96 bytes of
/// each thread under way, four at most. 64 KiB of a multiprocessor are then under way with 683
/// threads; an H200 needs 29 KiB (4.8 TB/s, 800 ns, 132 multiprocessors).
///
/// Each thread copies and reads pieces of its own, so no barrier is added; but for one before the
/// loop where the kernel also stores to one of the tensors. Shared memory: loops one
/// after the other use the same queues, loops inside each other use different ones. It takes no
/// more than lets a multiprocessor have 1024 threads (or those of one block) besides the kernel's
/// exchanges, and for one turn ahead 768; fewer turns ahead, or none, if they do not fit.
///
/// A load is left as it is, with a remark, if its pieces are below the 4 bytes that cp.async moves;
/// if the loop stores to its tensor, or acquires and the kernel stores to it; if the address
/// depends on what the loop carries or loads; if the loop has fewer than three turns. Sets
/// queue_bytes_attribute. Runs on a func.func with layouts and tile.shared_limit.
std::unique_ptr<mlir::Pass> create_prefetch_loads_pass();

}  // namespace tegula::compiler
