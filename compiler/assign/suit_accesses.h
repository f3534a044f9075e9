// Suit accesses: a load or store gets a layout of its own where the computation's does not suit it.
#pragma once

#include <memory>

#include "mlir/Pass/Pass.h"

namespace tegula::compiler {

/// Runs after assign-layouts, which gives everything that meets in a computation one layout. In a
/// func.func,
///   - an access that could move 16 bytes a lane, and moves fewer because a wider dtype decided,
///     gets the widened layout and a tile.convert_layout, if shuffles can do that at no more than
///     the cost of shared memory (layout/streaming.h, layout/shuffle.h). docs/performance.md has
///     costs and savings.
///   - an access whose lanes are far apart in memory (a transposed one), so that narrow accesses
///   cover
///     parts of sectors, gets a blocked layout and a conversion of any kind.
/// A remark reports accesses that stay narrower than their alignment allows.
std::unique_ptr<mlir::Pass> create_suit_accesses_pass();

}  // namespace tegula::compiler
