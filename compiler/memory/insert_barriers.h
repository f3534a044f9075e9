// Insert barriers: a block's threads see what the others of them stored.
#pragma once

#include <memory>

#include "mlir/Pass/Pass.h"

namespace tegula::compiler {

/// Puts a barrier where threads of a block may meet in memory and nothing orders them yet:
///   - a tile.barrier before an access of a tensor that conflicts with an earlier one: a load after
///   a
///     store, or a store after either, unless each thread touches only elements that it touched
///     itself. Accesses of different parameters are taken not to overlap, which launching with
///     overlapping outputs would break.
///   - shared_reused_attribute on an operation that exchanges through shared memory, where its last
///     round in a loop may still be reading; what another exchange between them orders needs none.
///   - a tile.barrier before an atomic that releases and behind one that acquires.
/// An exchange's own barrier, between its writing and its reading, counts for all of these. Runs on
/// a func.func with layouts.
std::unique_ptr<mlir::Pass> create_insert_barriers_pass();

}  // namespace tegula::compiler
