// From the LLVM dialect to an optimised LLVM module, the last form that all targets share.
#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include "compiler/backend/arch/architecture.h"
#include "mlir/IR/BuiltinOps.h"

namespace llvm {
class LLVMContext;
class Module;
class TargetMachine;
}  // namespace llvm

namespace tegula::compiler {

/// LLVM's NVPTX backend for an architecture. It fuses nothing itself: see form_fma.
std::unique_ptr<llvm::TargetMachine> make_target_machine(const Architecture& architecture);

/// Translates; marks `kernel` as a kernel of exactly `threads` threads, with clusters of that
/// shape; gives markers their attributes.
std::unique_ptr<llvm::Module> translate_to_llvm(
    mlir::ModuleOp module, llvm::LLVMContext& context, llvm::TargetMachine& machine,
    llvm::StringRef kernel, int threads, const std::array<std::uint32_t, 3>& cluster = {1, 1, 1});

/// Rewrites what LLVM's passes form in instructions and types that every target has:
/// expand_constants, expand_intrinsics, expand_vectors, widen_integers.
void expand(llvm::Module& module);

/// Runs a short list of LLVM's passes (docs/performance.md), then expand and form_fma.
void optimise(llvm::Module& module, llvm::TargetMachine& machine);

}  // namespace tegula::compiler
