#include "compiler/analysis/scratch.h"

#include <algorithm>
#include <bit>
#include <limits>

#include "compiler/layout/conversion.h"
#include "compiler/layout/scan_steps.h"
#include "compiler/layout/shuffle.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace tegula::compiler {
namespace {

std::int64_t element_bytes(mlir::Type element) {
  return std::max<std::int64_t>(1, element.getIntOrFloatBitWidth() / 8);
}

/// The partial results of all warps that share an axis, for each operand one after the other.
std::int64_t combination_bytes(Operation* op, int axis, bool scans) {
  const auto from = tile::layout_of(op->getOperand(0).getType());
  const auto steps = layout::scan_steps(from, axis);
  if (!steps) return 0;
  const auto bytes = [&](std::int64_t count) {
    std::int64_t sum = 0;
    for (Value operand : op->getOperands())
      sum += partial_bytes(cast<RankedTensorType>(operand.getType()).getElementType(), count);
    return sum;
  };
  if (!scans) {
    const int partials = 1 << std::popcount(from.axis_warp_bits(axis));
    return partials == 1 ? 0 : bytes(from.reduced(axis).size() * partials);
  }
  // A scan has a place for each of its steps over warps: what the steps before have combined counts
  // once.
  std::int64_t sum = 0, groups = from.size() << std::popcount(from.replicated_registers());
  for (const layout::ScanStep& step : *steps) {
    if (step.kind == layout::ScanStep::Kind::warps) sum += bytes(groups);
    groups >>= step.bits.size();
  }
  return sum;
}

}  // namespace

std::int64_t partial_bytes(Type element, std::int64_t count) {
  return (count * element_bytes(element) + 15) / 16 * 16;
}

mlir::Type accumulator_type(mlir::Type element) {
  if (element.isF16() || element.isBF16()) return Float32Type::get(element.getContext());
  if (element.isInteger(1)) return IntegerType::get(element.getContext(), 32);
  return element;
}

std::int64_t printed_elements(RankedTensorType tile) {
  // More than the 64 that the simulator shows, so that it sees that there are more.
  return std::min<std::int64_t>(tile.getNumElements(), 128);
}
std::int64_t printed_bytes(mlir::Type type) {
  const auto tile = cast<RankedTensorType>(type);
  return llvm::alignTo(
      static_cast<uint64_t>(printed_elements(tile) * element_bytes(tile.getElementType())), 16);
}

std::int64_t shared_limit(func::FuncOp function) {
  auto limit = function->getAttrOfType<IntegerAttr>(tile::shared_limit_attribute);
  return limit ? limit.getInt() : std::numeric_limits<std::int64_t>::max();
}

std::int64_t conversion_bytes(const layout::Distributed& from, const layout::Distributed& to,
                              mlir::Type element) {
  if (layout::classify(from, to) <= layout::ConversionKind::registers) return 0;
  const std::int64_t bytes = element_bytes(element);
  if (layout::plan_cheap_shuffles(from, to, static_cast<int>(bytes))) return 0;
  return to.size() * bytes;
}

std::int64_t scratch_bytes(Operation* op) {
  if (auto reduce = dyn_cast<tile::ReduceOp>(op)) {
    const auto from = tile::layout_of(reduce.getValue().getType());
    const std::uint32_t warps = from.axis_warp_bits(static_cast<int>(reduce.getAxis()));
    if (warps == 0) return 0;
    return tile::layout_of(reduce.getType()).size() * (std::int64_t{1} << std::popcount(warps)) *
           element_bytes(accumulator_type(reduce.getType().getElementType()));
  }
  if (auto reduce = dyn_cast<tile::ReduceWithOp>(op))
    return combination_bytes(op, static_cast<int>(reduce.getAxis()), /*scans=*/false);
  if (auto scan = dyn_cast<tile::ScanWithOp>(op))
    return combination_bytes(op, static_cast<int>(scan.getAxis()), /*scans=*/true);
  if (auto convert = dyn_cast<tile::ConvertLayoutOp>(op)) {
    return conversion_bytes(tile::layout_of(convert.getValue().getType()),
                            tile::layout_of(convert.getType()), convert.getType().getElementType());
  }
  if (auto print = dyn_cast<tile::PrintOp>(op)) {
    std::int64_t bytes = 0;
    for (Value value : print.getValues())
      if (isa<RankedTensorType>(value.getType())) bytes += printed_bytes(value.getType());
    return bytes;
  }
  // Threads of other warps want what the thread that made an atomic found.
  if (isa<tile::AtomicOp, tile::AtomicCasOp>(op)) {
    const auto result = cast<RankedTensorType>(op->getResult(0).getType());
    const auto layout = tile::layout_of(result);
    if (op->use_empty() || layout.replicated_warps() == 0) return 0;
    return layout.size() * element_bytes(result.getElementType());
  }
  return 0;
}

}  // namespace tegula::compiler
