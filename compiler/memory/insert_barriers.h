// Insert barriers: a block's threads see what its other threads have stored.
#pragma once

#include <memory>

#include "mlir/Pass/Pass.h"

namespace tegula::compiler {

/// Puts barriers between conflicting accesses by threads of a block that nothing orders yet:
///   - a tile.barrier before an access of a tensor that conflicts with an earlier one: a load after
///   a
///     store, or a store after either, unless each thread touches only elements that it touched
///     itself. Accesses of different parameters conflict only if the function says that they may
///     overlap (overlaps_attribute).
///   - shared_reused_attribute on an operation with scratch that its previous run in a loop may
///   still
///     be reading, unless the barrier of another operation comes in between.
///   - a tile.barrier before an atomic that releases and after one that acquires.
/// The barrier of an operation with scratch, between its writing and its reading, counts for all of
/// these. Runs on a func.func with layouts.
std::unique_ptr<mlir::Pass> create_insert_barriers_pass();

}  // namespace tegula::compiler
