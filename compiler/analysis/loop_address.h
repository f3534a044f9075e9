// The scalar arithmetic by which an address depends on a loop's induction variable.
#pragma once

#include "compiler/ir/dialect.h"
#include "llvm/ADT/SetVector.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

namespace tegula::compiler {

/// What a loop's body computes for the addresses of loads: operations whose operands come first.
class LoopAddress {
 public:
  explicit LoopAddress(mlir::scf::ForOp loop) : loop_(loop) {}

  /// Takes in the load's view and coordinates.
  void add(tile::LoadOp load);

  /// Whether any of it changes from turn to turn.
  bool varies() const { return uses_induction_ || !obstacle_.empty(); }
  /// Why another turn's address cannot be computed ahead; empty if it can.
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
