#include "compiler/ir/scratch.h"

#include <algorithm>
#include <limits>

#include "compiler/ir/attributes.h"
#include "compiler/ir/interfaces.h"
#include "compiler/layout/conversion.h"
#include "compiler/layout/shuffle.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

using namespace mlir;

namespace tegula::tile {

std::int64_t shared_limit(Operation* op) {
  auto function = dyn_cast<func::FuncOp>(op);
  if (!function) function = op->getParentOfType<func::FuncOp>();
  auto limit = function->getAttrOfType<IntegerAttr>(shared_limit_attribute);
  return limit ? limit.getInt() : std::numeric_limits<std::int64_t>::max();
}

bool uses_scratch(Operation* op, ScratchUse use) {
  auto user = dyn_cast<ScratchUser>(op);
  return user && user.scratch_use() == use;
}

std::int64_t block_scratch_bytes(Operation* op) {
  return uses_scratch(op, ScratchUse::block) ? cast<ScratchUser>(op).scratch_bytes() : 0;
}

std::int64_t conversion_bytes(const layout::Distributed& from, const layout::Distributed& to,
                              Type element) {
  if (layout::classify(from, to) <= layout::ConversionKind::registers) return 0;
  const std::int64_t bytes = element_bytes(element);
  if (layout::plan_cheap_shuffles(from, to, static_cast<int>(bytes))) return 0;
  return to.size() * bytes;
}

std::int64_t partial_bytes(Type element, std::int64_t count) {
  return (count * element_bytes(element) + 15) / 16 * 16;
}

Type accumulator_type(Type element) {
  if (element.isF16() || element.isBF16()) return Float32Type::get(element.getContext());
  if (element.isInteger(1)) return IntegerType::get(element.getContext(), 32);
  return element;
}

std::int64_t printed_elements(RankedTensorType tile) {
  // More than the 64 that the simulator shows, so that it sees that there are more.
  return std::min<std::int64_t>(tile.getNumElements(), 128);
}
std::int64_t printed_bytes(Type type) {
  const auto tile = cast<RankedTensorType>(type);
  return partial_bytes(tile.getElementType(), printed_elements(tile));
}

}  // namespace tegula::tile
