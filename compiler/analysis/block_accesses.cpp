#include "compiler/analysis/block_accesses.h"

#include "compiler/analysis/disjoint_parts.h"
#include "compiler/analysis/scratch.h"
#include "mlir/Interfaces/LoopLikeInterface.h"

using namespace mlir;

namespace tegula::compiler {
namespace {

/// The function argument that a pointer is derived from, or the one that stands for all that may
/// point to the same bytes.
Value base_of(Value pointer) {
  while (Operation* op = pointer.getDefiningOp()) pointer = op->getOperand(0);
  const auto argument = cast<BlockArgument>(pointer);
  auto function = dyn_cast<func::FuncOp>(argument.getOwner()->getParentOp());
  if (!function) return pointer;
  const auto overlaps = function->getAttrOfType<DenseI32ArrayAttr>(tile::overlaps_attribute);
  return overlaps ? function.getArgument(static_cast<unsigned>(overlaps[argument.getArgNumber()]))
                  : pointer;
}

BlockAccess of_view(Value view, Type tile, bool is_store) {
  auto op = view.getDefiningOp<tile::ViewOp>();
  return {op ? base_of(op.getPointer()) : Value(), view, cast<RankedTensorType>(tile).getEncoding(),
          is_store};
}

/// Two tiles of one view are the same or have no element in common. In one layout, without copies,
/// an element is one thread's in both.
bool stays_in_thread(const BlockAccess& a, const BlockAccess& b) {
  if (!a.view || a.view != b.view || a.layout != b.layout || !a.layout) return false;
  if (!isa<func::FuncOp>(a.view.getDefiningOp()->getParentOp())) return false;
  const auto layout = cast<tile::LayoutAttr>(a.layout).getDistributed();
  return layout.replicated_lanes() == 0 && layout.replicated_warps() == 0;
}

/// What an atomic orders beside itself. It is made by one thread for the whole block.
tile::MemoryOrder order_of(Operation& op) {
  if (auto atomic = dyn_cast<tile::AtomicOp>(op)) return atomic.getOrder();
  if (auto cas = dyn_cast<tile::AtomicCasOp>(op)) return cas.getOrder();
  return tile::MemoryOrder::relaxed;
}

}  // namespace

std::optional<BlockAccess> tensor_access(Operation& op) {
  if (auto load = dyn_cast<tile::LoadOp>(op)) return of_view(load.getView(), load.getType(), false);
  if (auto store = dyn_cast<tile::StoreOp>(op))
    return of_view(store.getView(), store.getValue().getType(), true);
  if (auto copy = dyn_cast<tile::AsyncCopyOp>(op))
    return of_view(copy.getView(), copy.getTile(), false);
  if (auto gather = dyn_cast<tile::GatherOp>(op))
    return BlockAccess{base_of(gather.getPointer()), {}, {}, false};
  if (auto scatter = dyn_cast<tile::ScatterOp>(op))
    return BlockAccess{base_of(scatter.getPointer()), {}, {}, true};
  if (auto atomic = dyn_cast<tile::AtomicOp>(op)) {
    BlockAccess access{base_of(atomic.getPointer()), {}, {}, true};
    if (op.use_empty() && atomic.getKind() != tile::AtomicKind::exchange)
      access.commutes = atomic.getKind();
    return access;
  }
  if (auto cas = dyn_cast<tile::AtomicCasOp>(op))
    return BlockAccess{base_of(cas.getPointer()), {}, {}, true};
  return std::nullopt;
}

bool releases(Operation& op) {
  const auto order = order_of(op);
  return order == tile::MemoryOrder::release || order == tile::MemoryOrder::acq_rel;
}

bool acquires(Operation& op) {
  const auto order = order_of(op);
  return order == tile::MemoryOrder::acquire || order == tile::MemoryOrder::acq_rel;
}

bool conflict(const BlockAccess& a, const BlockAccess& b) {
  if (a.exchange != nullptr || b.exchange != nullptr) return a.exchange == b.exchange;
  if (a.commutes && a.commutes == b.commutes) return false;
  return (a.is_store || b.is_store) && a.base == b.base && !stays_in_thread(a, b) &&
         !disjoint_parts(a.view, b.view);
}

void BlockOrder::walk(func::FuncOp function) {
  Accesses open;
  visit(function.getBody(), open);
}

void BlockOrder::visit(Region& region, Accesses& open) {
  for (Block& block : region)
    for (Operation& op : llvm::make_early_inc_range(block)) visit(op, open);
}

void BlockOrder::access(Operation& op, const BlockAccess& access, Accesses& open) {
  if (!open.empty() && barrier_before(op, access, open)) open.clear();
  if (!llvm::is_contained(open, access)) open.push_back(access);
}

void BlockOrder::visit(Operation& op, Accesses& open) {
  if (op.getNumRegions() > 0 && isa<RegionBranchOpInterface>(op)) return visit_regions(op, open);
  if (isa<tile::BarrierOp, tile::ClusterReduceOp>(op)) open.clear();
  if (const auto of_tensor = tensor_access(op)) access(op, *of_tensor, open);
  if (scratch_bytes(&op) > 0) {
    if (op.hasAttr(tile::shared_reused_attribute)) open.clear();
    const BlockAccess exchange{.exchange = &op};
    access(op, exchange, open);
    open = {exchange};  // behind the exchange's own barrier
  } else if (acquires(op) && barrier_after(op)) {
    open.clear();
  }
}

void BlockOrder::visit_regions(Operation& op, Accesses& open) {
  Accesses after = open;
  const bool loops = isa<LoopLikeOpInterface>(op);
  for (int round = 0; round < (loops ? 2 : 1); ++round) {
    // A second round that finds open what the first one found would do the same again, and loops in
    // it as often as there are loops around them.
    if (round > 0 && after.size() == open.size()) break;
    for (Region& region : op.getRegions()) {
      Accesses inside = loops ? after : open;
      visit(region, inside);
      for (const BlockAccess& access : inside)
        if (!llvm::is_contained(after, access)) after.push_back(access);
    }
  }
  open = std::move(after);
}

}  // namespace tegula::compiler
