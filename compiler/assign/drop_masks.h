// Drop masks: an access whose tile is provably inside the tensor needs no bounds check.
#pragma once

#include <memory>

#include "mlir/Pass/Pass.h"

namespace tegula::compiler {

/// Sets `full[d]` on tile.load and tile.store where, along dimension d,
///   - the view's author promised in_bounds; or
///   - the tile extent is 1 and the coordinate is a program id or a loop's induction variable
///     below that very extent; or
///   - the extent is a constant, and the coordinate is a constant, or a program id or an induction
///     variable below a constant, that stays within its whole tiles.
/// Runs on func.func.
std::unique_ptr<mlir::Pass> create_drop_masks_pass();

}  // namespace tegula::compiler
