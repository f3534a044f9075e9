// Lower to LLVM: from laid-out tiles to the LLVM dialect.
#pragma once

#include <memory>

#include "mlir/Pass/Pass.h"

namespace tegula::compiler {

/// Turns a module of func.func over tiles with layouts (scf already lowered to cf, shared memory
/// allocated) into llvm.func: a tile becomes a vector with an element for each register of a
/// thread. One file per family of operations: lower_*.cpp.
std::unique_ptr<mlir::Pass> create_lower_to_llvm_pass();

}  // namespace tegula::compiler
