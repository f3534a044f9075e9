// Views and what is read and written through them, gathers and scatters, barriers.
#include "compiler/ir/verify.h"

using namespace mlir;

namespace tegula::tile {

LogicalResult ProgramIdOp::verify() {
  if (getAxis() > 2) return emitOpError() << "axis " << getAxis() << " is not 0, 1 or 2";
  return success();
}

LogicalResult NumProgramsOp::verify() {
  if (getAxis() > 2) return emitOpError() << "axis " << getAxis() << " is not 0, 1 or 2";
  return success();
}

LogicalResult ViewOp::verify() {
  const ViewType type = getResult().getType();
  if (getExtents().size() != type.dynamicExtents() || getStrides().size() != type.dynamicStrides())
    return emitOpError() << "gives " << getExtents().size() << " extents and "
                         << getStrides().size() << " strides; " << type << " leaves open "
                         << type.dynamicExtents() << " and " << type.dynamicStrides();
  return success();
}

//===--- Loads and stores -------------------------------------------------------------------===//

LogicalResult LoadOp::verify() { return verify_access(*this, tile_type(getResult())); }

std::optional<TensorAccess> LoadOp::tensor_access() {
  return TensorAccess{.view = getView(), .layout = getType().getEncoding()};
}

LogicalResult StoreOp::verify() { return verify_access(*this, tile_type(getValue())); }

std::optional<TensorAccess> StoreOp::tensor_access() {
  return TensorAccess{
      .view = getView(), .layout = tile_type(getValue()).getEncoding(), .is_store = true};
}

LogicalResult GatherOp::verify() {
  if (tile_type(getOffsets()).getShape() != tile_type(getResult()).getShape() ||
      tile_type(getMask()).getShape() != tile_type(getResult()).getShape())
    return emitOpError() << "gives " << getResult().getType() << " for offsets "
                         << getOffsets().getType() << " and mask " << getMask().getType();
  return success();
}

std::optional<TensorAccess> GatherOp::tensor_access() {
  return TensorAccess{.pointer = getPointer()};
}

LogicalResult ScatterOp::verify() {
  if (tile_type(getOffsets()).getShape() != tile_type(getValue()).getShape() ||
      tile_type(getMask()).getShape() != tile_type(getValue()).getShape())
    return emitOpError() << "stores " << getValue().getType() << " at offsets "
                         << getOffsets().getType() << " and mask " << getMask().getType();
  return success();
}

std::optional<TensorAccess> ScatterOp::tensor_access() {
  return TensorAccess{.pointer = getPointer(), .is_store = true};
}

//===--- Barriers ---------------------------------------------------------------------------===//

bool BarrierOp::joins_block() { return true; }

}  // namespace tegula::tile
