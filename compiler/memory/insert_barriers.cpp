#include "compiler/memory/insert_barriers.h"

#include "compiler/analysis/block_accesses.h"
#include "mlir/IR/Builders.h"

using namespace mlir;

namespace tegula::compiler {
namespace {

class Barriers : public BlockAccesses {
 private:
  bool barrier_before(Operation& op, const BlockAccess& access, const Accesses& open) override {
    // What any thread did to tensors before must be ordered before a release.
    const bool releasing = access.scratch == nullptr && releases(op);
    const bool needed = llvm::any_of(open, [&](const BlockAccess& earlier) {
      return (releasing && earlier.scratch == nullptr) || conflict(earlier, access);
    });
    if (!needed) return false;
    OpBuilder builder(&op);
    if (access.scratch != nullptr)
      op.setAttr(tile::shared_reused_attribute, builder.getUnitAttr());
    else
      tile::BarrierOp::create(builder, op.getLoc());
    return true;
  }

  bool barrier_after(Operation& op) override {
    if (isa_and_nonnull<tile::BarrierOp>(op.getNextNode())) return false;
    OpBuilder builder(op.getContext());
    builder.setInsertionPointAfter(&op);
    tile::BarrierOp::create(builder, op.getLoc());
    return true;
  }
};

struct InsertBarriers : PassWrapper<InsertBarriers, OperationPass<func::FuncOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(InsertBarriers)
  StringRef getArgument() const override { return "tile-insert-barriers"; }
  StringRef getDescription() const override {
    return "Order accesses of the same memory by different threads of a block";
  }
  void runOnOperation() override { Barriers().walk(getOperation()); }
};

}  // namespace

std::unique_ptr<Pass> create_insert_barriers_pass() { return std::make_unique<InsertBarriers>(); }

}  // namespace tegula::compiler
