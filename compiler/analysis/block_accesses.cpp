#include "compiler/analysis/block_accesses.h"

#include "compiler/analysis/disjoint_parts.h"
#include "compiler/ir/scratch.h"
#include "mlir/Interfaces/LoopLikeInterface.h"

using namespace mlir;

namespace tegula::compiler {
namespace {

/// The function argument that a pointer is derived from, or the representative of all arguments
/// that may point to the same bytes.
Value base_of(Value pointer) {
  while (Operation* op = pointer.getDefiningOp()) pointer = op->getOperand(0);
  const auto argument = cast<BlockArgument>(pointer);
  auto function = dyn_cast<func::FuncOp>(argument.getOwner()->getParentOp());
  if (!function) return pointer;
  const auto overlaps = function->getAttrOfType<DenseI32ArrayAttr>(tile::overlaps_attribute);
  return overlaps ? function.getArgument(static_cast<unsigned>(overlaps[argument.getArgNumber()]))
                  : pointer;
}

/// Whether every element of both accesses belongs to the same thread in both. Two tiles of one view
/// are the same or disjoint; with the same layout and no copies, an element has the same thread in
/// both.
bool stays_in_thread(const BlockAccess& a, const BlockAccess& b) {
  if (!a.view || a.view != b.view || a.layout != b.layout || !a.layout) return false;
  if (!isa<func::FuncOp>(a.view.getDefiningOp()->getParentOp())) return false;
  const auto layout = cast<tile::LayoutAttr>(a.layout).getDistributed();
  return layout.replicated_lanes() == 0 && layout.replicated_warps() == 0;
}

/// The memory order of an atomic that one thread makes for the whole block.
tile::MemoryOrder order_of(Operation& op) {
  auto user = dyn_cast<tile::MemoryUser>(op);
  return user ? user.memory_order() : tile::MemoryOrder::relaxed;
}

}  // namespace

std::optional<BlockAccess> tensor_access(Operation& op) {
  auto user = dyn_cast<tile::MemoryUser>(op);
  const auto access = user ? user.tensor_access() : std::nullopt;
  if (!access) return std::nullopt;
  Value pointer = access->pointer;
  if (access->view)
    if (auto view = access->view.getDefiningOp<tile::ViewOp>()) pointer = view.getPointer();
  return BlockAccess{pointer ? base_of(pointer) : Value(), access->view, access->layout,
                     access->is_store, access->commutes};
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
  if (a.scratch != nullptr || b.scratch != nullptr) return a.scratch == b.scratch;
  if (a.commutes && a.commutes == b.commutes) return false;
  return (a.is_store || b.is_store) && a.base == b.base && !stays_in_thread(a, b) &&
         !disjoint_parts(a.view, b.view);
}

void BlockAccesses::walk(func::FuncOp function) {
  Accesses open;
  visit(function.getBody(), open);
}

void BlockAccesses::visit(Region& region, Accesses& open) {
  for (Block& block : region)
    for (Operation& op : llvm::make_early_inc_range(block)) visit(op, open);
}

void BlockAccesses::access(Operation& op, const BlockAccess& access, Accesses& open) {
  if (!open.empty() && barrier_before(op, access, open)) open.clear();
  if (!llvm::is_contained(open, access)) open.push_back(access);
}

void BlockAccesses::visit(Operation& op, Accesses& open) {
  if (op.getNumRegions() > 0 && isa<RegionBranchOpInterface>(op)) return visit_regions(op, open);
  auto user = dyn_cast<tile::MemoryUser>(op);
  if (user && user.joins_block()) open.clear();
  if (const auto of_tensor = tensor_access(op)) access(op, *of_tensor, open);
  if (tile::block_scratch_bytes(&op) > 0) {
    if (op.hasAttr(tile::shared_reused_attribute)) open.clear();
    const BlockAccess scratch{.scratch = &op};
    access(op, scratch, open);
    open = {scratch};  // the barrier of the operation itself has ordered the rest
  } else if (acquires(op) && barrier_after(op)) {
    open.clear();
  }
}

void BlockAccesses::visit_regions(Operation& op, Accesses& open) {
  Accesses after = open;
  const bool loops = isa<LoopLikeOpInterface>(op);
  for (int round = 0; round < (loops ? 2 : 1); ++round) {
    // If the first round leaves nothing more open, a second one would do the same again, and visit
    // inner loops twice as often for each loop around them.
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
