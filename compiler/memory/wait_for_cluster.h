// Wait for the cluster: a block keeps its shared memory unchanged while others may read it.
#pragma once

#include <memory>

#include "mlir/Pass/Pass.h"

namespace tegula::compiler {

/// Puts a tile.cluster_wait after each tile.cluster_reduce, as late as possible: before the next
/// one, or before the end of the kernel; for one inside a loop or a branch, at once. Until then the
/// block goes on while others still read. Runs on a func.func.
std::unique_ptr<mlir::Pass> create_wait_for_cluster_pass();

}  // namespace tegula::compiler
