// Which passes run, and in which order.
#pragma once

#include <memory>

#include "mlir/IR/DialectRegistry.h"

namespace mlir {
class OpPassManager;
class Pass;
}  // namespace mlir

namespace tegula::compiler {

/// Every dialect that a kernel passes through, and their translations to LLVM IR.
void register_dialects(mlir::DialectRegistry& registry);

/// MLIR's canonicalizer without two of its patterns, which turn a conversion of an integer to a
/// float and then to a narrower float into one conversion: it rounds once, not twice, and so may
/// give another number.
std::unique_ptr<mlir::Pass> create_exact_canonicalizer_pass();

/// From imported tiles to tiles with layouts.
void add_layout_passes(mlir::OpPassManager& passes);
/// Gives tiles with layouts their barriers and their shared memory.
void add_shared_memory_passes(mlir::OpPassManager& passes);
/// From there to the LLVM dialect.
void add_lowering_passes(mlir::OpPassManager& passes);

/// Registers the passes of the project by name, for tegula-opt.
void register_passes();

}  // namespace tegula::compiler
