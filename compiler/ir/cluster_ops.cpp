// Collectives of a cluster.
#include "compiler/ir/dialect.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace tegula::tile {

LogicalResult ClusterReduceOp::verify() {
  const auto tile = cast<RankedTensorType>(getType());
  const unsigned bits = tile.getElementType().getIntOrFloatBitWidth();
  if (bits != 32 && bits != 64)
    return emitOpError() << "combines elements of 32 or 64 bits, not " << tile;
  switch (getKind()) {
    case ReduceKind::bit_and:
    case ReduceKind::bit_or:
    case ReduceKind::bit_xor:
      return emitOpError() << "is a sum, a minimum or a maximum, not "
                           << stringifyReduceKind(getKind());
    default:
      break;
  }
  if (getBlocks() < 2 || getBlocks() > 8 || !llvm::isPowerOf2_32(getBlocks()))
    return emitOpError() << "is over 2, 4 or 8 blocks, not " << getBlocks();
  return success();
}

bool ClusterReduceOp::joins_block() { return true; }

ScratchUse ClusterReduceOp::scratch_use() { return ScratchUse::cluster; }
std::int64_t ClusterReduceOp::scratch_bytes() {
  return getType().getNumElements() * element_bytes(getType().getElementType());
}

}  // namespace tegula::tile
