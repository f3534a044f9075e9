// Lower control flow: loops and branches become blocks.
#pragma once

#include <memory>

#include "mlir/Pass/Pass.h"

namespace tegula::compiler {

/// Replaces the scf dialect's operations in a func.func by the cf dialect's, with MLIR's patterns.
/// MLIR's own pass works from the first operation to the last and moves the whole rest of the block
/// at each; from the last to the first, only the operations between two of them move.
std::unique_ptr<mlir::Pass> create_lower_control_flow_pass();

}  // namespace tegula::compiler
