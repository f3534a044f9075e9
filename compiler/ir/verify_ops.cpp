// The verifiers of the tile dialect: every message names shapes and dtypes.
#include "compiler/ir/dialect.h"

#define GET_OP_CLASSES
#include "compiler/ir/tile_ops.cpp.inc"

using namespace mlir;

namespace tegula::tile {
namespace {

RankedTensorType tile_type(Value value) { return cast<RankedTensorType>(value.getType()); }

LogicalResult same_element(Operation* op, RankedTensorType from, RankedTensorType to) {
  if (from.getElementType() != to.getElementType())
    return op->emitOpError() << "changes the element type from " << from.getElementType() << " to "
                             << to.getElementType();
  return success();
}

/// Layouts are either on both or on neither.
LogicalResult both_laid_out(Operation* op, RankedTensorType from, RankedTensorType to) {
  if (has_layout(from) != has_layout(to))
    return op->emitOpError() << "has a layout on one side alone: " << from << " and " << to;
  return success();
}

LogicalResult verify_access(Operation* op, ViewType view, RankedTensorType tile,
                            OperandRange coordinates, llvm::ArrayRef<bool> full) {
  if (coordinates.size() != view.getRank() || full.size() != view.getRank())
    return op->emitOpError() << "of a view of rank " << view.getRank() << " has "
                             << coordinates.size() << " coordinates and " << full.size()
                             << " flags in `full`";
  if (tile.getShape() != view.getShape() || tile.getElementType() != view.getElementType())
    return op->emitOpError() << "moves " << tile << " through " << view;
  return success();
}

}  // namespace

LogicalResult ProgramIdOp::verify() {
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

LogicalResult LoadOp::verify() {
  return verify_access(*this, getView().getType(), tile_type(getResult()), getCoordinates(),
                       getFull());
}

LogicalResult StoreOp::verify() {
  return verify_access(*this, getView().getType(), tile_type(getValue()), getCoordinates(),
                       getFull());
}

LogicalResult IotaOp::verify() {
  if (tile_type(getResult()).getRank() != 1)
    return emitOpError() << "makes a tile of rank 1, not " << getResult().getType();
  return success();
}

LogicalResult SplatOp::verify() {
  if (tile_type(getResult()).getElementType() != getValue().getType())
    return emitOpError() << "of " << getValue().getType() << " gives " << getResult().getType();
  return success();
}

LogicalResult ToScalarOp::verify() {
  const auto from = tile_type(getValue());
  if (from.getNumElements() != 1 || from.getElementType() != getResult().getType())
    return emitOpError() << "of " << from << " gives " << getResult().getType();
  return success();
}

LogicalResult BroadcastOp::verify() {
  const auto from = tile_type(getValue()), to = tile_type(getResult());
  if (failed(same_element(*this, from, to)) || failed(both_laid_out(*this, from, to)))
    return failure();
  if (from.getRank() != to.getRank())
    return emitOpError() << "changes the rank: " << from << " to " << to;
  for (auto [a, b] : llvm::zip(from.getShape(), to.getShape()))
    if (a != b && a != 1) return emitOpError() << "cannot stretch " << from << " to " << to;
  if (has_layout(to) && layout_of(from) != layout_of(to).source_of_broadcast(from.getShape().vec()))
    return emitOpError() << "moves data between threads: " << from << " to " << to;
  return success();
}

LogicalResult TransposeOp::verify() {
  const auto from = tile_type(getValue()), to = tile_type(getResult());
  if (failed(same_element(*this, from, to)) || failed(both_laid_out(*this, from, to)))
    return failure();
  llvm::SmallVector<bool> seen(static_cast<std::size_t>(from.getRank()), false);
  bool right = from.getRank() == to.getRank() &&
               static_cast<int64_t>(getPermutation().size()) == from.getRank();
  for (int64_t k = 0; right && k < from.getRank(); ++k) {
    const int32_t axis = getPermutation()[k];
    right = axis >= 0 && axis < from.getRank() && !seen[axis] &&
            to.getDimSize(k) == from.getDimSize(axis);
    if (right) seen[axis] = true;
  }
  if (!right) return emitOpError() << "of " << from << " cannot give " << to;
  if (has_layout(to) && layout_of(from).transpose(
                            {getPermutation().begin(), getPermutation().end()}) != layout_of(to))
    return emitOpError() << "moves data between threads: " << from << " to " << to;
  return success();
}

namespace {
/// `whole` is `half` with a last axis of extent 2 more, and where they have layouts, an element's
/// two halves are in registers of one thread.
LogicalResult verify_halves(Operation* op, RankedTensorType half, RankedTensorType whole) {
  if (failed(same_element(op, half, whole)) || failed(both_laid_out(op, half, whole)))
    return failure();
  llvm::SmallVector<int64_t> wanted(half.getShape());
  wanted.push_back(2);
  if (whole.getShape() != llvm::ArrayRef<int64_t>(wanted))
    return op->emitOpError() << "has halves of " << half << " and a whole of " << whole;
  if (has_layout(whole) && half_layout(layout_of(whole)) != layout_of(half))
    return op->emitOpError() << "moves data between threads: " << half << " and " << whole;
  return success();
}
}  // namespace

LogicalResult JoinOp::verify() {
  return verify_halves(*this, tile_type(getFirst()), tile_type(getResult()));
}
LogicalResult SplitOp::verify() {
  return verify_halves(*this, tile_type(getFirst()), tile_type(getValue()));
}

LogicalResult GatherOp::verify() {
  if (tile_type(getOffsets()).getShape() != tile_type(getResult()).getShape() ||
      tile_type(getMask()).getShape() != tile_type(getResult()).getShape())
    return emitOpError() << "gives " << getResult().getType() << " for offsets "
                         << getOffsets().getType() << " and mask " << getMask().getType();
  return success();
}

LogicalResult ScatterOp::verify() {
  if (tile_type(getOffsets()).getShape() != tile_type(getValue()).getShape() ||
      tile_type(getMask()).getShape() != tile_type(getValue()).getShape())
    return emitOpError() << "stores " << getValue().getType() << " at offsets "
                         << getOffsets().getType() << " and mask " << getMask().getType();
  return success();
}

LogicalResult PrintOp::verify() {
  constexpr std::size_t most = 4;
  if (getValues().size() > most)
    return emitOpError() << "has " << getValues().size() << " values, more than " << most;
  return success();
}

LogicalResult NumProgramsOp::verify() {
  if (getAxis() > 2) return emitOpError() << "axis " << getAxis() << " is not 0, 1 or 2";
  return success();
}

LogicalResult ReshapeOp::verify() {
  const auto from = tile_type(getValue()), to = tile_type(getResult());
  if (failed(same_element(*this, from, to)) || failed(both_laid_out(*this, from, to)))
    return failure();
  if (from.getNumElements() != to.getNumElements())
    return emitOpError() << "changes the number of elements: " << from << " to " << to;
  if (has_layout(to) && layout_of(from).reshape(to.getShape().vec()) != layout_of(to))
    return emitOpError() << "moves data between threads: " << from << " to " << to;
  return success();
}

LogicalResult ReduceOp::verify() {
  const auto from = tile_type(getValue()), to = tile_type(getResult());
  if (failed(same_element(*this, from, to)) || failed(both_laid_out(*this, from, to)))
    return failure();
  if (getAxis() >= from.getRank())
    return emitOpError() << "axis " << getAxis() << " is outside " << from;
  llvm::SmallVector<int64_t> wanted(from.getShape());
  wanted[getAxis()] = 1;
  if (to.getShape() != llvm::ArrayRef<int64_t>(wanted))
    return emitOpError() << "of " << from << " along axis " << getAxis() << " cannot give " << to;
  if (has_layout(to) && layout_of(from).reduced(getAxis()) != layout_of(to))
    return emitOpError() << "leaves its result in another layout than its type says: " << to;
  return success();
}

namespace {
/// Operands, results and region of a reduction or a scan: `wanted` is the results' shape.
LogicalResult verify_combination(Operation* op, llvm::ArrayRef<int64_t> wanted) {
  const auto first = cast<RankedTensorType>(op->getOperand(0).getType());
  if (op->getNumResults() != op->getNumOperands())
    return op->emitOpError() << "of " << op->getNumOperands() << " tiles has "
                             << op->getNumResults() << " results";
  llvm::SmallVector<Type> scalars;
  for (auto [operand, result] : llvm::zip(op->getOperands(), op->getResults())) {
    const auto from = tile_type(operand), to = tile_type(result);
    if (from.getShape() != first.getShape() || from.getEncoding() != first.getEncoding())
      return op->emitOpError() << "takes tiles of one shape and layout, not " << first << " and "
                               << from;
    if (failed(same_element(op, from, to)) || failed(both_laid_out(op, from, to))) return failure();
    if (to.getShape() != wanted) return op->emitOpError() << "of " << from << " cannot give " << to;
    scalars.push_back(from.getElementType());
  }
  Block& block = op->getRegion(0).front();
  llvm::SmallVector<Type> arguments = scalars;
  arguments.append(scalars);
  if (block.getArgumentTypes() != TypeRange(arguments))
    return op->emitOpError() << "has a combination that takes (" << block.getArgumentTypes()
                             << "), not (" << arguments << ")";
  if (block.getTerminator()->getOperandTypes() != TypeRange(scalars))
    return op->emitOpError() << "has a combination that yields ("
                             << block.getTerminator()->getOperandTypes() << "), not (" << scalars
                             << ")";
  return success();
}

LogicalResult verify_axis(Operation* op, std::uint32_t axis) {
  if (op->getNumOperands() == 0) return op->emitOpError() << "has no tiles";
  const auto first = tile_type(op->getOperand(0));
  if (axis >= first.getRank())
    return op->emitOpError() << "axis " << axis << " is outside " << first;
  return success();
}
}  // namespace

LogicalResult ReduceWithOp::verify() {
  if (failed(verify_axis(*this, getAxis()))) return failure();
  const auto from = tile_type(getValues()[0]);
  llvm::SmallVector<int64_t> wanted(from.getShape());
  wanted[getAxis()] = 1;
  if (failed(verify_combination(*this, wanted))) return failure();
  for (Value result : getResults())
    if (has_layout(result.getType()) &&
        layout_of(from).reduced(static_cast<int>(getAxis())) != layout_of(result.getType()))
      return emitOpError() << "leaves its result in another layout than its type says: "
                           << result.getType();
  return success();
}

LogicalResult ScanWithOp::verify() {
  if (failed(verify_axis(*this, getAxis()))) return failure();
  const auto from = tile_type(getValues()[0]);
  if (failed(verify_combination(*this, from.getShape()))) return failure();
  for (Value result : getResults())
    if (tile_type(result).getEncoding() != from.getEncoding())
      return emitOpError() << "leaves its result in another layout than its type says: "
                           << result.getType();
  return success();
}

LogicalResult ConvertLayoutOp::verify() {
  const auto from = tile_type(getValue()), to = tile_type(getResult());
  if (from.getShape() != to.getShape() || from.getElementType() != to.getElementType())
    return emitOpError() << "changes the tile: " << from << " to " << to;
  if (!has_layout(from) || !has_layout(to))
    return emitOpError() << "needs a layout on both sides: " << from << " to " << to;
  return success();
}

}  // namespace tegula::tile
