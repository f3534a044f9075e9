#include "compiler/assign/drop_masks.h"

#include <optional>

#include "compiler/ir/dialect.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;

namespace tegula::compiler {
namespace {

std::optional<int64_t> constant_value(Value value) {
  APInt constant;
  if (matchPattern(value, m_ConstantInt(&constant))) return constant.getSExtValue();
  return std::nullopt;
}

/// A value that `coordinate` is known to be below, itself being at least 0; null if none is known.
Value upper_bound(Value coordinate) {
  if (auto id = coordinate.getDefiningOp<tile::ProgramIdOp>()) return id.getBound();
  if (auto argument = dyn_cast<BlockArgument>(coordinate)) {
    auto loop = dyn_cast<scf::ForOp>(argument.getOwner()->getParentOp());
    if (!loop || argument != loop.getInductionVar()) return {};
    const auto lower = constant_value(loop.getLowerBound());
    if (lower && *lower >= 0) return loop.getUpperBound();
  }
  return {};
}

/// The extent of dimension `d`: a constant, or the operand of the view that gives it.
struct Extent {
  std::optional<int64_t> constant;
  Value value;
};
Extent extent_of(tile::ViewOp view, unsigned d) {
  const auto extents = view.getResult().getType().getExtents();
  if (!ShapedType::isDynamic(extents[d])) return {extents[d], {}};
  const auto open_before = llvm::count(extents.take_front(d), ShapedType::kDynamic);
  const Value value = view.getExtents()[open_before];
  return {constant_value(value), value};
}

bool is_full(tile::ViewOp view, unsigned d, Value coordinate) {
  const tile::ViewType type = view.getResult().getType();
  if (type.getInBounds()) return true;
  const Extent extent = extent_of(view, d);
  const int64_t tile_extent = type.getShape()[d];

  if (extent.constant) {
    const int64_t tiles = *extent.constant / tile_extent;  // whole ones
    if (const auto c = constant_value(coordinate)) return *c >= 0 && *c < tiles;
    const Value bound = upper_bound(coordinate);
    const auto limit = bound ? constant_value(bound) : std::nullopt;
    return limit && *limit <= tiles;
  }
  return tile_extent == 1 && upper_bound(coordinate) == extent.value;
}

void mark(tile::ViewAccess access) {
  auto view = access.getView().getDefiningOp<tile::ViewOp>();
  if (!view) return;
  llvm::SmallVector<bool> full(access.getFull());
  for (auto [d, coordinate] : llvm::enumerate(access.getCoordinates()))
    full[d] = full[d] || is_full(view, d, coordinate);
  access.setFull(full);
}

struct DropMasks : PassWrapper<DropMasks, OperationPass<func::FuncOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(DropMasks)
  StringRef getArgument() const override { return "tile-drop-masks"; }
  StringRef getDescription() const override {
    return "Drop the bounds checks of accesses that provably stay inside the tensor";
  }
  void runOnOperation() override {
    getOperation().walk([](tile::ViewAccess access) { mark(access); });
  }
};

}  // namespace

std::unique_ptr<Pass> create_drop_masks_pass() { return std::make_unique<DropMasks>(); }

}  // namespace tegula::compiler
