// Insert barriers: a block's threads see what the others of them stored.
#pragma once

#include <memory>

#include "mlir/Pass/Pass.h"

namespace tegula::compiler {

/// Puts a tile.barrier before an access of a tensor that conflicts with an earlier one of the same
/// tensor in the same block: a load after a store, or a store after either, unless each thread
/// touches only elements that it touched itself. Accesses of different parameters are taken not to
/// overlap, which launching with overlapping outputs would break. Runs on a func.func with layouts.
/// (Exchanges through shared memory bring their own barriers: allocate_shared.)
std::unique_ptr<mlir::Pass> create_insert_barriers_pass();

}  // namespace tegula::compiler
