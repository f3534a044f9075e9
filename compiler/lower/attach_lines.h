// Attach lines: carry source lines into LLVM, for profilers and for the simulator's reports.
#pragma once

#include <memory>

#include "mlir/Pass/Pass.h"

namespace tegula::compiler {

/// Gives each llvm.func with a body a debug scope in the file of its first located operation, and
/// each operation from another file (a helper that the kernel calls) a scope in that file. Emits
/// only line directives: full debug information would make ptxas optimise less.
std::unique_ptr<mlir::Pass> create_attach_lines_pass();

}  // namespace tegula::compiler
