#include "compiler/lower/control_flow.h"

#include "mlir/Conversion/SCFToControlFlow/SCFToControlFlow.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlow.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/Iterators.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Rewrite/FrozenRewritePatternSet.h"
#include "mlir/Rewrite/PatternApplicator.h"

using namespace mlir;

namespace tegula::compiler {
namespace {

struct LowerControlFlow : PassWrapper<LowerControlFlow, OperationPass<func::FuncOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(LowerControlFlow)
  StringRef getArgument() const override { return "tile-lower-control-flow"; }
  StringRef getDescription() const override { return "Lower loops and branches to blocks"; }
  void getDependentDialects(DialectRegistry& registry) const override {
    registry.insert<cf::ControlFlowDialect>();
  }
  void runOnOperation() override {
    // A loop comes before the operations in it: its pattern expects its body to be one block.
    llvm::SmallVector<Operation*> operations;
    getOperation().walk<WalkOrder::PreOrder, ReverseIterator>([&](Operation* op) {
      if (isa<scf::ForOp, scf::WhileOp, scf::IfOp>(op)) operations.push_back(op);
    });
    RewritePatternSet patterns(&getContext());
    populateSCFToControlFlowConversionPatterns(patterns);
    const FrozenRewritePatternSet frozen(std::move(patterns));
    PatternApplicator applicator(frozen);
    applicator.applyDefaultCostModel();
    PatternRewriter rewriter(&getContext());
    for (Operation* op : operations) {
      rewriter.setInsertionPoint(op);
      if (succeeded(applicator.matchAndRewrite(op, rewriter))) continue;
      op->emitError() << "lower-control-flow: there is no pattern for this operation";
      return signalPassFailure();
    }
  }
};

}  // namespace

std::unique_ptr<Pass> create_lower_control_flow_pass() {
  return std::make_unique<LowerControlFlow>();
}

}  // namespace tegula::compiler
