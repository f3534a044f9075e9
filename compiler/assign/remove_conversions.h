// Remove conversions: tiles are computed where they are wanted, if that costs less than moving
// them.
#pragma once

#include <memory>

#include "mlir/Pass/Pass.h"

namespace tegula::compiler {

/// Replaces tile.convert_layout by what is cheaper. A tile wanted in another layout is either
/// converted, or computed there from operands that are wanted in that layout in turn; of all ways
/// through elementwise operations, broadcasts, reshapes, transposes and other conversions the
/// cheapest is taken. So conversions of conversions fold, constants and iotas are made again, and a
/// conversion moves up to where the tile is narrower or smaller (before a broadcast, before a
/// conversion to a wider dtype). What a loop carries changes its layout if its body converts it on
/// entry and back at the end. Conversions of what a loop does not change are left to MLIR's
/// loop-invariant code motion, behind this pass.
///
/// Costs are those of layout::conversion_cost, and for arithmetic the throughputs of the CUDA C++
/// Programming Guide ("Arithmetic Instructions"), for what would not be computed otherwise, ten
/// times as much in a loop as before it. A load stays in the layout that suits its memory. Each
/// conversion between threads that remains says so in a remark. Runs on a func.func with layouts.
std::unique_ptr<mlir::Pass> create_remove_conversions_pass();

}  // namespace tegula::compiler
