// One compile job: the phases from a Program to a payload, each timed.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "compiler/backend/arch/architecture.h"
#include "dsl/program/program.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/OwningOpRef.h"
#include "runtime/format/entry.h"
#include "runtime/format/image.h"

namespace mlir {
class OpPassManager;
}

namespace llvm {
class LLVMContext;
class Module;
class TargetMachine;
}  // namespace llvm

namespace tegula::compiler {

class Job {
 public:
  /// Throws Error{unsupported} for a name that is no architecture, and for one that is too old or
  /// lacks what the Program uses. For one that is not in the table, code is made for an older one,
  /// with a remark.
  Job(const program::Program& program, std::string_view arch);
  ~Job();

  // The phases, to be called in this order; the last two are alternatives.
  void import();
  void assign_layouts();  ///< to laid-out tiles
  /// To the LLVM dialect. Throws Error{out_of_resources} if a block would need more shared memory
  /// than the architecture gives it.
  void lower();
  void translate();  ///< to an optimised LLVM module
  format::Image encode();
  std::string emit_ptx();

  /// The bytes of dynamic shared memory that a launch must request, known once lowered: all of a
  /// block's shared memory if that is more than a block may declare, else 0.
  std::int64_t dynamic_shared_bytes() const;

  mlir::ModuleOp module() { return *module_; }
  llvm::Module& llvm_module() { return *llvm_module_; }
  const TargetArchitecture& target() const { return target_; }

  /// Runs `work` and records its time under `phase`.
  template <class Work>
  auto timed(const char* phase, Work&& work) {
    const Timer timer{*this, phase, std::chrono::steady_clock::now()};
    return work();
  }

  std::vector<std::pair<std::string, double>> milliseconds;
  std::vector<format::Remark> remarks;

 private:
  struct Timer {
    Job& job;
    const char* phase;
    std::chrono::steady_clock::time_point start;
    ~Timer();
  };

  void run_passes(mlir::ModuleOp module, void (*add)(mlir::OpPassManager&), bool verified = true);
  /// Called early, before the expensive phases.
  void check_shared_memory();
  void take_diagnostic(mlir::Diagnostic& diagnostic);

  const program::Program& program_;
  const TargetArchitecture target_;
  const Architecture& architecture_;  ///< what code is made for
  std::unique_ptr<mlir::MLIRContext> context_;
  mlir::OwningOpRef<mlir::ModuleOp> module_;
  std::unique_ptr<llvm::LLVMContext> llvm_context_;
  std::unique_ptr<llvm::TargetMachine> machine_;
  std::unique_ptr<llvm::Module> llvm_module_;
  std::int64_t shared_bytes_ = 0;
  std::string errors_;  ///< MLIR's diagnostics for the current failure
};

}  // namespace tegula::compiler
