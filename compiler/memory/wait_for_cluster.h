// Wait for the cluster: a block keeps its shared memory as it is while others may read it.
#pragma once

#include <memory>

#include "mlir/Pass/Pass.h"

namespace tegula::compiler {

/// Puts a tile.cluster_wait behind each tile.cluster_reduce, as late as may be: before the next
/// one, and before the end of the kernel. One inside a loop or a branch is waited for at once.
/// Until then a block works on while others still read. Runs on a func.func.
std::unique_ptr<mlir::Pass> create_wait_for_cluster_pass();

}  // namespace tegula::compiler
