// Asynchronous copies.
#include "compiler/ir/verify.h"

using namespace mlir;

namespace tegula::tile {
namespace {

LogicalResult verify_queue(ViewAccess access, Type type, std::uint32_t slots,
                           std::uint64_t offset) {
  const auto tile = cast<RankedTensorType>(type);
  if (failed(verify_access(access, tile))) return failure();
  if (!has_layout(tile)) return access->emitOpError() << "needs a layout: " << tile;
  if (slots == 0) return access->emitOpError() << "has a queue without slots";
  if (offset % 16 != 0)
    return access->emitOpError() << "has an offset of " << offset << " bytes, no multiple of 16";
  return success();
}

}  // namespace

LogicalResult AsyncCopyOp::verify() {
  return verify_queue(*this, getTile(), getSlots(), getOffset());
}
std::optional<TensorAccess> AsyncCopyOp::tensor_access() {
  return TensorAccess{.view = getView(), .layout = cast<RankedTensorType>(getTile()).getEncoding()};
}
ScratchUse AsyncCopyOp::scratch_use() { return ScratchUse::queue; }
std::int64_t AsyncCopyOp::scratch_offset() { return static_cast<std::int64_t>(getOffset()); }

LogicalResult AsyncReadOp::verify() {
  return verify_queue(*this, getType(), getSlots(), getOffset());
}
ScratchUse AsyncReadOp::scratch_use() { return ScratchUse::queue; }
std::int64_t AsyncReadOp::scratch_offset() { return static_cast<std::int64_t>(getOffset()); }

LogicalResult AsyncWaitOp::verify() {
  constexpr std::uint32_t most = 255;  // of the simulator's image
  if (getPending() > most)
    return emitOpError() << "leaves " << getPending() << " groups pending, more than " << most;
  return success();
}

}  // namespace tegula::tile
