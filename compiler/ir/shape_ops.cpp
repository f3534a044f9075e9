// Operations that make tiles, and rearrange them.
#include "compiler/ir/scratch.h"
#include "compiler/ir/verify.h"
#include "compiler/layout/halves.h"

using namespace mlir;

namespace tegula::tile {

using layout::Distributed;

LogicalResult IotaOp::verify() {
  if (tile_type(getResult()).getRank() != 1)
    return emitOpError() << "makes a tile of rank 1, not " << getResult().getType();
  return success();
}

std::optional<double> IotaOp::cycles_per_register() { return 0.5; }

LogicalResult SplatOp::verify() {
  if (tile_type(getResult()).getElementType() != getValue().getType())
    return emitOpError() << "of " << getValue().getType() << " gives " << getResult().getType();
  return success();
}

std::optional<double> SplatOp::cycles_per_register() { return 0; }

LogicalResult ToScalarOp::verify() {
  const auto from = tile_type(getValue());
  if (from.getNumElements() != 1 || from.getElementType() != getResult().getType())
    return emitOpError() << "of " << from << " gives " << getResult().getType();
  return success();
}

//===--- Broadcast, reshape, transpose ------------------------------------------------------===//

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

std::optional<Distributed> BroadcastOp::operand_layout(const Distributed& result) {
  return result.source_of_broadcast(shape_of(getValue()));
}
std::optional<Distributed> BroadcastOp::result_layout(const Distributed&) { return std::nullopt; }
std::optional<double> BroadcastOp::cycles_per_register() { return 0; }

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

std::optional<Distributed> ReshapeOp::operand_layout(const Distributed& result) {
  return result.reshape(shape_of(getValue()));
}
std::optional<Distributed> ReshapeOp::result_layout(const Distributed& operand) {
  return operand.reshape(shape_of(getResult()));
}
std::optional<double> ReshapeOp::cycles_per_register() { return 0; }

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

std::optional<Distributed> TransposeOp::operand_layout(const Distributed& result) {
  std::vector<int> back(getPermutation().size());
  for (int k = 0; k < static_cast<int>(back.size()); ++k) back[getPermutation()[k]] = k;
  return result.transpose(back);
}
std::optional<Distributed> TransposeOp::result_layout(const Distributed& operand) {
  return operand.transpose({getPermutation().begin(), getPermutation().end()});
}
std::optional<double> TransposeOp::cycles_per_register() { return 0; }

//===--- Join, split ------------------------------------------------------------------------===//

namespace {

/// Checks that `whole` is `half` with one more axis of extent 2 at the end and, if they have
/// layouts, that the two halves of an element are in registers of one thread.
LogicalResult verify_halves(Operation* op, RankedTensorType half, RankedTensorType whole) {
  if (failed(same_element(op, half, whole)) || failed(both_laid_out(op, half, whole)))
    return failure();
  llvm::SmallVector<int64_t> wanted(half.getShape());
  wanted.push_back(2);
  if (whole.getShape() != llvm::ArrayRef<int64_t>(wanted))
    return op->emitOpError() << "has halves of " << half << " and a whole of " << whole;
  if (has_layout(whole) && layout::half_layout(layout_of(whole)) != layout_of(half))
    return op->emitOpError() << "moves data between threads: " << half << " and " << whole;
  return success();
}

}  // namespace

LogicalResult JoinOp::verify() {
  return verify_halves(*this, tile_type(getFirst()), tile_type(getResult()));
}

std::optional<Distributed> JoinOp::operand_layout(const Distributed& result) {
  return layout::nearest_half_layout(result);
}
std::optional<Distributed> JoinOp::result_layout(const Distributed& operand) {
  return layout::whole_layout(operand);
}

void JoinOp::link_layouts(LayoutLinks& links) { link_first_operand(*this, links); }

/// A thread joins what it has; users that need the whole in another layout convert it.
void JoinOp::settle_layouts(LayoutSettling& settling) {
  const auto half = layout::half_layout(layout_of(getType()));
  const Distributed halves = half ? *half : layout_of(getFirst().getType());
  settling.take(getFirstMutable(), halves);
  settling.take(getSecondMutable(), halves);
  if (!half) settling.give(getResult(), layout::whole_layout(halves));
}

LogicalResult SplitOp::verify() {
  return verify_halves(*this, tile_type(getFirst()), tile_type(getValue()));
}

std::optional<Distributed> SplitOp::operand_layout(const Distributed& result) {
  return layout::whole_layout(result);
}
std::optional<Distributed> SplitOp::result_layout(const Distributed& operand) {
  return layout::nearest_half_layout(operand);
}

//===--- Conversion -------------------------------------------------------------------------===//

LogicalResult ConvertLayoutOp::verify() {
  const auto from = tile_type(getValue()), to = tile_type(getResult());
  if (from.getShape() != to.getShape() || from.getElementType() != to.getElementType())
    return emitOpError() << "changes the tile: " << from << " to " << to;
  if (!has_layout(from) || !has_layout(to))
    return emitOpError() << "needs a layout on both sides: " << from << " to " << to;
  return success();
}

std::int64_t ConvertLayoutOp::scratch_bytes() {
  return conversion_bytes(layout_of(getValue().getType()), layout_of(getType()),
                          getType().getElementType());
}

}  // namespace tegula::tile
