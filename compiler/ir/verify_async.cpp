// The verifiers of asynchronous copies.
#include "compiler/ir/dialect.h"

using namespace mlir;

namespace tegula::tile {
namespace {

LogicalResult verify_queue(Operation* op, ViewType view, Type type, OperandRange coordinates,
                           llvm::ArrayRef<bool> full, std::uint32_t slots, std::uint64_t offset) {
  const auto tile = cast<RankedTensorType>(type);
  if (coordinates.size() != view.getRank() || full.size() != view.getRank())
    return op->emitOpError() << "of a view of rank " << view.getRank() << " has "
                             << coordinates.size() << " coordinates and " << full.size()
                             << " flags in `full`";
  if (tile.getShape() != view.getShape() || tile.getElementType() != view.getElementType())
    return op->emitOpError() << "moves " << tile << " through " << view;
  if (!has_layout(tile)) return op->emitOpError() << "needs a layout: " << tile;
  if (slots == 0) return op->emitOpError() << "has a queue without slots";
  if (offset % 16 != 0)
    return op->emitOpError() << "has an offset of " << offset << " bytes, no multiple of 16";
  return success();
}

}  // namespace

LogicalResult AsyncCopyOp::verify() {
  return verify_queue(*this, getView().getType(), getTile(), getCoordinates(), getFull(),
                      getSlots(), getOffset());
}

LogicalResult AsyncReadOp::verify() {
  return verify_queue(*this, getView().getType(), getType(), getCoordinates(), getFull(),
                      getSlots(), getOffset());
}

LogicalResult AsyncWaitOp::verify() {
  constexpr std::uint32_t most = 255;  // of the simulator's image
  if (getPending() > most)
    return emitOpError() << "leaves " << getPending() << " groups pending, more than " << most;
  return success();
}

}  // namespace tegula::tile
