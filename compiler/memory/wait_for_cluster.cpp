#include "compiler/memory/wait_for_cluster.h"

#include "compiler/ir/dialect.h"
#include "compiler/ir/scratch.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Builders.h"

using namespace mlir;

namespace tegula::compiler {
namespace {

/// Whether other blocks may read the operation's scratch after it is done.
bool is_collective(Operation* op) { return tile::uses_scratch(op, tile::ScratchUse::cluster); }

bool has_collective(Operation& op) {
  return op
      .walk([](Operation* inner) {
        return is_collective(inner) ? WalkResult::interrupt() : WalkResult::advance();
      })
      .wasInterrupted();
}

/// The operation before which a block has to wait.
Operation* waiting_point(Operation* op) {
  if (!isa<func::FuncOp>(op->getParentOp())) return op->getNextNode();
  Operation* at = op->getNextNode();
  while (!at->hasTrait<OpTrait::IsTerminator>() && !has_collective(*at)) at = at->getNextNode();
  return at;
}

struct WaitForCluster : PassWrapper<WaitForCluster, OperationPass<func::FuncOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(WaitForCluster)
  StringRef getArgument() const override { return "tile-wait-for-cluster"; }
  StringRef getDescription() const override {
    return "Keep shared memory as it is while other blocks of the cluster read it";
  }
  void runOnOperation() override {
    getOperation().walk([](Operation* op) {
      if (!is_collective(op)) return;
      OpBuilder builder(waiting_point(op));
      tile::ClusterWaitOp::create(builder, op->getLoc());
    });
  }
};

}  // namespace

std::unique_ptr<Pass> create_wait_for_cluster_pass() { return std::make_unique<WaitForCluster>(); }

}  // namespace tegula::compiler
