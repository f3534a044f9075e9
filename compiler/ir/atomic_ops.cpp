// Atomics.
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

/// Bytes through which a thread that made an atomic passes the value before to threads of other
/// warps.
std::int64_t bytes_to_share(Value result) {
  const auto tile = cast<RankedTensorType>(result.getType());
  const auto layout = layout_of(tile);
  if (result.use_empty() || layout.replicated_warps() == 0) return 0;
  return layout.size() * element_bytes(tile.getElementType());
}

}  // namespace

LogicalResult AtomicOp::verify() {
  const Type element = cast<RankedTensorType>(getValue().getType()).getElementType();
  if (!takes(getKind(), element))
    return emitOpError() << stringifyAtomicKind(getKind()) << " does not take " << element;
  return verify_places(*this, getValue(), getOffsets(), getMask());
}

std::optional<TensorAccess> AtomicOp::tensor_access() {
  TensorAccess access{.pointer = getPointer(), .is_store = true};
  if (getResult().use_empty() && getKind() != AtomicKind::exchange) access.commutes = getKind();
  return access;
}
MemoryOrder AtomicOp::memory_order() { return getOrder(); }
std::int64_t AtomicOp::scratch_bytes() { return bytes_to_share(getResult()); }

LogicalResult AtomicCasOp::verify() {
  return verify_places(*this, getValue(), getOffsets(), getMask());
}

std::optional<TensorAccess> AtomicCasOp::tensor_access() {
  return TensorAccess{.pointer = getPointer(), .is_store = true};
}
MemoryOrder AtomicCasOp::memory_order() { return getOrder(); }
std::int64_t AtomicCasOp::scratch_bytes() { return bytes_to_share(getResult()); }

}  // namespace tegula::tile
