// Assign layouts: decide which thread holds which element of every tile.
#pragma once

#include <memory>

#include "mlir/Pass/Pass.h"

namespace tegula::compiler {

/// Gives every tile of a func.func a #tile.layout.
///
/// Memory accesses decide. The largest one comes first, of equals one that touches other memory in
/// every block: its tile is laid out in row-major order with vectors as wide as every access that
/// streams through the same tiles can use (layout/streaming.h); the layout then spreads along the
/// values, in both directions, through whatever moves no data (elementwise operations, loops,
/// reshapes, broadcasts, reductions). Then the next access that has no layout. Where two layouts
/// meet in one operation, a constant or iota is made again in the layout wanted, and anything else
/// gets a tile.convert_layout. What a loop carries is one value to all this: its arguments and
/// results have one layout, and what enters them in another is converted. An access that cannot use
/// 16 bytes says why in a remark. suit_accesses and remove_conversions follow up.
std::unique_ptr<mlir::Pass> create_assign_layouts_pass();

}  // namespace tegula::compiler
