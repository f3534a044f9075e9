// Which passes run, in which order.
#pragma once

#include "mlir/IR/DialectRegistry.h"

namespace mlir {
class OpPassManager;
}

namespace tegula::compiler {

/// Every dialect that a kernel passes through, and their translations to LLVM IR.
void register_dialects(mlir::DialectRegistry& registry);

/// From imported tiles to tiles with layouts.
void add_layout_passes(mlir::OpPassManager& passes);
/// From tiles with layouts to the LLVM dialect.
void add_lowering_passes(mlir::OpPassManager& passes);

/// Registers the passes of the project by name, for tegula-opt.
void register_passes();

}  // namespace tegula::compiler
