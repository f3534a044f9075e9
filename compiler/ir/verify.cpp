#include "compiler/ir/verify.h"

using namespace mlir;

namespace tegula::tile {

LogicalResult same_element(Operation* op, RankedTensorType from, RankedTensorType to) {
  if (from.getElementType() != to.getElementType())
    return op->emitOpError() << "changes the element type from " << from.getElementType() << " to "
                             << to.getElementType();
  return success();
}

LogicalResult both_laid_out(Operation* op, RankedTensorType from, RankedTensorType to) {
  if (has_layout(from) != has_layout(to))
    return op->emitOpError() << "has a layout on one side alone: " << from << " and " << to;
  return success();
}

LogicalResult verify_access(ViewAccess access, RankedTensorType tile) {
  const ViewType view = access.getView().getType();
  if (access.getCoordinates().size() != view.getRank() || access.getFull().size() != view.getRank())
    return access->emitOpError() << "of a view of rank " << view.getRank() << " has "
                                 << access.getCoordinates().size() << " coordinates and "
                                 << access.getFull().size() << " flags in `full`";
  if (tile.getShape() != view.getShape() || tile.getElementType() != view.getElementType())
    return access->emitOpError() << "moves " << tile << " through " << view;
  return success();
}

}  // namespace tegula::tile
