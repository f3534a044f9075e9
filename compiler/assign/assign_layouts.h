// Assign layouts: decide which thread holds which element of every tile.
#pragma once

#include <memory>

#include "mlir/Pass/Pass.h"

namespace tegula::compiler {

/// Gives every tile of a func.func a #tile.layout.
///
/// Memory accesses decide. The largest one comes first; of equal ones, one that touches other
/// memory in every block. Its tile is laid out in row-major order, with vectors as wide as every
/// access that streams through the same tiles can use (layout/streaming.h). The layout then spreads
/// along the values, in both directions, through everything that moves no data (elementwise
/// operations, loops, reshapes, broadcasts, reductions). Then comes the next access that has no
/// layout yet. Where two layouts meet in one operation, a constant or iota is made again in the
/// required layout, and any other value gets a tile.convert_layout. A value that a loop carries has
/// one layout throughout; an initial value in another one is converted. An access that cannot use
/// 16 bytes says why in a remark. suit_accesses and remove_conversions follow.
std::unique_ptr<mlir::Pass> create_assign_layouts_pass();

}  // namespace tegula::compiler
