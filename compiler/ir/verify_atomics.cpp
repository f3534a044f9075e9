// The verifiers of atomics: shapes that match, and dtypes that each kind takes.
#include "compiler/ir/dialect.h"

using namespace mlir;

namespace tegula::tile {
namespace {

LogicalResult verify_places(Operation* op, Value value, Value offsets, Value mask) {
  const auto shape = cast<RankedTensorType>(value.getType()).getShape();
  if (cast<RankedTensorType>(offsets.getType()).getShape() != shape ||
      cast<RankedTensorType>(mask.getType()).getShape() != shape)
    return op->emitOpError() << "of " << value.getType() << " has offsets " << offsets.getType()
                             << " and mask " << mask.getType();
  return success();
}

bool takes(AtomicKind kind, Type element) {
  if (element.isInteger(32) || element.isInteger(64)) return true;
  if (kind == AtomicKind::exchange) return element.isF32() || element.isF64();
  return kind == AtomicKind::add && isa<FloatType>(element);
}

}  // namespace

LogicalResult AtomicOp::verify() {
  const Type element = cast<RankedTensorType>(getValue().getType()).getElementType();
  if (!takes(getKind(), element))
    return emitOpError() << stringifyAtomicKind(getKind()) << " does not take " << element;
  return verify_places(*this, getValue(), getOffsets(), getMask());
}

LogicalResult AtomicCasOp::verify() {
  return verify_places(*this, getValue(), getOffsets(), getMask());
}

}  // namespace tegula::tile
