// Remove conversions: tiles are computed in the layout in which they are used, if that costs less
// than converting them.
#pragma once

#include <memory>

#include "mlir/Pass/Pass.h"

namespace tegula::compiler {

/// Replaces tile.convert_layout by something cheaper. A tile that is needed in another layout is
/// either converted, or computed in it from operands that are then needed in that layout, and so
/// on; of all ways through elementwise operations, broadcasts, reshapes, transposes and other
/// conversions the cheapest is taken. So conversions of conversions fold, constants and iotas are
/// made again, and a conversion moves up to where the tile is narrower or smaller (before a
/// broadcast, before a cast to a wider dtype). A carried value changes its layout if the loop's
/// body converts it on entry and back at the end. Conversions of values that a loop does not change
/// are left to MLIR's loop-invariant code motion, which runs after this pass.
///
/// Costs are those of layout::conversion_cost, and for arithmetic that would not be computed
/// otherwise the throughputs of the CUDA C++ Programming Guide ("Arithmetic Instructions"); in a
/// loop ten times as much as before it. A load keeps the layout that suits its memory. A remark
/// reports each remaining conversion between threads. Runs on a func.func with layouts.
std::unique_ptr<mlir::Pass> create_remove_conversions_pass();

}  // namespace tegula::compiler
