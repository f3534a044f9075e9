// Prefetch loads: in loops, copy the tiles of later iterations while this one computes.
#pragma once

#include <memory>

#include "mlir/Pass/Pass.h"

namespace tegula::compiler {

/// Software pipelining of loads. A tile.load in the body of an scf.for (not in a region inside it),
/// whose address depends on the induction variable only through scalar arithmetic, becomes
///   before the loop    async_copy of the first iterations' tiles, one group each
///   in the loop        async_wait for this iteration's group; async_read where the load was; after
///                      the last of those, async_copy of a later iteration's tile to the slot just
///                      read
/// All loads of a loop make one group an iteration. How many iterations ahead: as many as have 96
/// bytes of each thread under way, four at most. 64 KiB of a multiprocessor are then under way with
/// 683 threads; an H200 needs 29 KiB (4.8 TB/s, 800 ns, 132 multiprocessors).
///
/// Each thread copies and reads its own pieces, so no barrier is added, except one before the loop
/// if the kernel also stores to one of the tensors. Shared memory: consecutive loops use the same
/// queues, nested loops use different ones. Queues and the kernel's scratch together leave a
/// multiprocessor room for 1024 threads (or those of one block), or for 768 if that is what one
/// iteration ahead takes; if they do not fit, copies go fewer iterations ahead, or none.
///
/// A load is left as it is, with a remark, if its pieces are below the 4 bytes that cp.async moves;
/// if the loop stores to its tensor, or acquires and the kernel stores to it; if the address
/// depends on what the loop carries or loads; if the loop has fewer than three iterations. Sets
/// queue_bytes_attribute. Runs on a func.func with layouts and tile.shared_limit.
std::unique_ptr<mlir::Pass> create_prefetch_loads_pass();

}  // namespace tegula::compiler
