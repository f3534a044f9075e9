#include "compiler/passes/insert_barriers.h"

#include <vector>

#include "compiler/ir/dialect.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Builders.h"
#include "mlir/Interfaces/LoopLikeInterface.h"

using namespace mlir;

namespace tegula::compiler {
namespace {

/// An access of global memory since the last barrier.
struct Access {
  Value base;  ///< the tensor's pointer, a function argument
  Value view;  ///< null for gather and scatter
  Attribute layout;
  bool is_store = false;
  /// Of an atomic whose value before nobody wants: what it does, which commutes with the same.
  std::optional<tile::AtomicKind> commutes = std::nullopt;
};

/// The function argument that a pointer is derived from.
Value base_of(Value pointer) {
  while (Operation* op = pointer.getDefiningOp()) pointer = op->getOperand(0);
  return pointer;
}

Access describe(Value view, Value tile, bool is_store) {
  auto op = view.getDefiningOp<tile::ViewOp>();
  return {op ? base_of(op.getPointer()) : Value(), view,
          cast<RankedTensorType>(tile.getType()).getEncoding(), is_store};
}

/// The access that an operation makes, if any.
std::optional<Access> access_of(Operation* op) {
  if (auto load = dyn_cast<tile::LoadOp>(op))
    return describe(load.getView(), load.getResult(), false);
  if (auto store = dyn_cast<tile::StoreOp>(op))
    return describe(store.getView(), store.getValue(), true);
  if (auto gather = dyn_cast<tile::GatherOp>(op))
    return Access{base_of(gather.getPointer()), {}, {}, false};
  if (auto scatter = dyn_cast<tile::ScatterOp>(op))
    return Access{base_of(scatter.getPointer()), {}, {}, true};
  if (auto atomic = dyn_cast<tile::AtomicOp>(op)) {
    Access access{base_of(atomic.getPointer()), {}, {}, true};
    if (op->use_empty() && atomic.getKind() != tile::AtomicKind::exchange)
      access.commutes = atomic.getKind();
    return access;
  }
  if (auto cas = dyn_cast<tile::AtomicCasOp>(op))
    return Access{base_of(cas.getPointer()), {}, {}, true};
  return std::nullopt;
}

/// Two tiles of one view are the same or have no element in common. In one layout, without copies,
/// an element is one thread's in both.
bool stays_in_thread(const Access& a, const Access& b) {
  if (!a.view || a.view != b.view || a.layout != b.layout || !a.layout) return false;
  if (!isa<func::FuncOp>(a.view.getDefiningOp()->getParentOp())) return false;
  const auto layout = cast<tile::LayoutAttr>(a.layout).distributed();
  return layout.replicated_lanes() == 0 && layout.replicated_warps() == 0;
}

bool conflict(const Access& a, const Access& b) {
  if (a.commutes && a.commutes == b.commutes) return false;
  return (a.is_store || b.is_store) && a.base == b.base && !stays_in_thread(a, b);
}

/// What an atomic orders beside itself. It is made by one thread for the whole block.
tile::MemoryOrder order_of(Operation* op) {
  if (auto atomic = dyn_cast<tile::AtomicOp>(op)) return atomic.getOrder();
  if (auto cas = dyn_cast<tile::AtomicCasOp>(op)) return cas.getOrder();
  return tile::MemoryOrder::relaxed;
}
bool acquires(Operation* op) {
  const auto order = order_of(op);
  return order == tile::MemoryOrder::acquire || order == tile::MemoryOrder::acq_rel;
}
bool releases(Operation* op) {
  const auto order = order_of(op);
  return order == tile::MemoryOrder::release || order == tile::MemoryOrder::acq_rel;
}

struct InsertBarriers : PassWrapper<InsertBarriers, OperationPass<func::FuncOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(InsertBarriers)
  StringRef getArgument() const override { return "tile-insert-barriers"; }
  StringRef getDescription() const override {
    return "Order accesses of one tensor by different threads of a block";
  }
  void runOnOperation() override {
    std::vector<Access> open;
    visit(getOperation().getBody(), open);
  }

 private:
  /// Visits the operations in order; `open` are the accesses since the last barrier.
  void visit(Region& region, std::vector<Access>& open) {
    for (Block& block : region)
      for (Operation& op : llvm::make_early_inc_range(block)) visit(op, open);
  }

  void visit(Operation& op, std::vector<Access>& open) {
    if (isa<tile::BarrierOp>(op)) {
      open.clear();
    } else if (const auto access = access_of(&op)) {
      // What any thread did before comes before a release, what any does after, after an acquire.
      if (llvm::any_of(open,
                       [&](const Access& a) { return releases(&op) || conflict(a, *access); })) {
        OpBuilder builder(&op);
        tile::BarrierOp::create(builder, op.getLoc());
        open.clear();
      }
      open.push_back(*access);
      if (acquires(&op) && !isa_and_nonnull<tile::BarrierOp>(op.getNextNode())) {
        OpBuilder builder(op.getContext());
        builder.setInsertionPointAfter(&op);
        tile::BarrierOp::create(builder, op.getLoc());
        open.clear();
      }
    } else if (op.getNumRegions() > 0) {
      visit_regions(op, open);
    }
  }

  /// A barrier inside may not be reached, so what was open before stays open after. A loop's body
  /// is visited twice: the second time with what its first round leaves open.
  void visit_regions(Operation& op, std::vector<Access>& open) {
    std::vector<Access> after = open;
    const int rounds = isa<LoopLikeOpInterface>(op) ? 2 : 1;
    for (int round = 0; round < rounds; ++round)
      for (Region& region : op.getRegions()) {
        std::vector<Access> inside = isa<LoopLikeOpInterface>(op) ? after : open;
        visit(region, inside);
        after.insert(after.end(), inside.begin(), inside.end());
      }
    open = std::move(after);
  }
};

}  // namespace

std::unique_ptr<Pass> create_insert_barriers_pass() { return std::make_unique<InsertBarriers>(); }

}  // namespace tegula::compiler
