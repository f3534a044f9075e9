// Lower control flow: loops and branches become blocks.
#pragma once

#include <memory>

#include "mlir/Pass/Pass.h"

namespace tegula::compiler {

/// Replaces the scf dialect's operations of a func.func by the cf dialect's, by MLIR's patterns.
/// MLIR's own pass splits the rest of a block at each operation, from the first on, and remembers
/// every operation that moves; from the last on, what moves is what stands between two of them.
std::unique_ptr<mlir::Pass> create_lower_control_flow_pass();

}  // namespace tegula::compiler
