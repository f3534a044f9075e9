// The scalar arithmetic through which an address depends on a loop's induction variable.
#pragma once

#include "compiler/ir/dialect.h"
#include "llvm/ADT/SetVector.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

namespace tegula::compiler {

/// The operations of a loop's body that compute addresses of loads, in order of dependence.
class LoopAddress {
 public:
  explicit LoopAddress(mlir::scf::ForOp loop) : loop_(loop) {}

  /// Adds what the load's view and coordinates are computed from.
  void add(tile::LoadOp load);

  /// Whether any of it changes from iteration to iteration.
  bool varies() const { return uses_induction_ || !obstacle_.empty(); }
  /// Why a later iteration's address cannot be computed ahead; empty if it can.
  llvm::StringRef obstacle() const { return obstacle_; }
  llvm::ArrayRef<mlir::Operation*> operations() const { return operations_.getArrayRef(); }

 private:
  void visit(mlir::Value value);

  mlir::scf::ForOp loop_;
  llvm::SetVector<mlir::Operation*> operations_;
  int depth_ = 0;
  bool uses_induction_ = false;
  llvm::StringRef obstacle_;
};

}  // namespace tegula::compiler
