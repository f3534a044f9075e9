#include "compiler/analysis/loop_address.h"

using namespace mlir;

namespace tegula::compiler {

void LoopAddress::add(tile::LoadOp load) {
  visit(load.getView());
  for (Value coordinate : load.getCoordinates()) visit(coordinate);
}

void LoopAddress::visit(Value value) {
  if (loop_.isDefinedOutsideOfLoop(value)) return;
  Operation* op = value.getDefiningOp();
  if (op == nullptr) {
    if (value == loop_.getInductionVar())
      uses_induction_ = true;
    else
      obstacle_ = "its address depends on what the loop carries from iteration to iteration";
    return;
  }
  if (operations_.contains(op)) return;
  const bool of_tiles = llvm::any_of(op->getOperandTypes(), llvm::IsaPred<RankedTensorType>) ||
                        llvm::any_of(op->getResultTypes(), llvm::IsaPred<RankedTensorType>);
  if (of_tiles || op->getNumRegions() > 0 || !isMemoryEffectFree(op)) {
    obstacle_ = "its address depends on tiles that the loop computes";
    return;
  }
  constexpr int max_depth = 64;  // more is not worth computing twice, and bounds the recursion
  if (depth_ == max_depth) {
    obstacle_ = "its address takes long to compute";
    return;
  }
  ++depth_;
  for (Value operand : op->getOperands()) visit(operand);
  --depth_;
  operations_.insert(op);
}

}  // namespace tegula::compiler
