// Suit accesses: a load or store has a layout of its own where the computation's does not suit it.
#pragma once

#include <memory>

#include "mlir/Pass/Pass.h"

namespace tegula::compiler {

/// Behind assign-layouts, which gives all that meets in a computation one layout. On a func.func,
///   - an access that could move 16 bytes a lane, and moves fewer because a wider dtype decided,
///     gets the widened layout and a tile.convert_layout, if shuffles can carry that out at no more
///     than shared memory would cost (layout/streaming.h, layout/shuffle.h). docs/performance.md
///     says what that costs and saves.
///   - an access whose lanes lie apart in memory (a transposed one), so that narrow accesses cover
///     parts of sectors, gets a blocked layout and a conversion of whatever kind.
/// Accesses that stay narrower than their alignment allows say so in a remark.
std::unique_ptr<mlir::Pass> create_suit_accesses_pass();

}  // namespace tegula::compiler
