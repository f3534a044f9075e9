// Reductions and scans.
#include <bit>

#include "compiler/ir/scratch.h"
#include "compiler/ir/verify.h"
#include "compiler/layout/scan_steps.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;

namespace tegula::tile {

using layout::Distributed;

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

std::optional<Distributed> ReduceOp::operand_layout(const Distributed&) { return std::nullopt; }
std::optional<Distributed> ReduceOp::result_layout(const Distributed& operand) {
  return operand.reduced(static_cast<int>(getAxis()));
}

std::int64_t ReduceOp::scratch_bytes() {
  const std::uint32_t warps =
      layout_of(getValue().getType()).axis_warp_bits(static_cast<int>(getAxis()));
  if (warps == 0) return 0;
  return layout_of(getType()).size() * (std::int64_t{1} << std::popcount(warps)) *
         element_bytes(accumulator_type(getType().getElementType()));
}

//===--- By a function of the author's ------------------------------------------------------===//

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

/// One element of each operand's type, `count` times, one operand after the other.
std::int64_t partials_bytes(Operation* op, std::int64_t count) {
  std::int64_t sum = 0;
  for (Value operand : op->getOperands())
    sum += partial_bytes(getElementTypeOrSelf(operand), count);
  return sum;
}

/// Takes all operands in one layout and gives the results in another.
void settle_combination(Operation* op, const Distributed& from, const Distributed& natural,
                        LayoutSettling& settling) {
  for (OpOperand& operand : op->getOpOperands()) settling.take(operand, from);
  for (Value result : op->getResults()) settling.give(result, natural);
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

std::optional<Distributed> ReduceWithOp::operand_layout(const Distributed&) { return std::nullopt; }
std::optional<Distributed> ReduceWithOp::result_layout(const Distributed& operand) {
  return operand.reduced(static_cast<int>(getAxis()));
}

void ReduceWithOp::link_layouts(LayoutLinks& links) { link_first_operand(*this, links); }

/// Takes the operands in their layout if elements can be combined in it along the axis, otherwise
/// in one in which they can.
void ReduceWithOp::settle_layouts(LayoutSettling& settling) {
  const int axis = static_cast<int>(getAxis());
  const Distributed at = layout_of(getValues()[0].getType());
  const Distributed from =
      layout::scan_steps(at, axis) ? at : Distributed::blocked(at.shape(), 1, at.warps());
  settle_combination(*this, from, from.reduced(axis), settling);
}

/// The partial results of all warps that share the axis.
std::int64_t ReduceWithOp::scratch_bytes() {
  const int axis = static_cast<int>(getAxis());
  const auto from = layout_of(getValues()[0].getType());
  const int partials = 1 << std::popcount(from.axis_warp_bits(axis));
  if (partials == 1 || !layout::scan_steps(from, axis)) return 0;
  return partials_bytes(*this, from.reduced(axis).size() * partials);
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

/// Takes the operands in the layout that is cheapest for the scan, if there is enough shared memory
/// to convert them to it.
void ScanWithOp::settle_layouts(LayoutSettling& settling) {
  const int axis = static_cast<int>(getAxis());
  const Distributed at = layout_of(getResults()[0].getType());
  const Distributed cheapest = layout::layout_for_scan(at, axis);
  const bool fits = llvm::all_of(getResults(), [&](Value tile) {
    return conversion_bytes(at, cheapest, getElementTypeOrSelf(tile)) <= shared_limit(*this);
  });
  const Distributed all = fits || !layout::scan_steps(at, axis) ? cheapest : at;
  settle_combination(*this, all, all, settling);
}

/// Scratch for each of the steps over warps: what earlier steps have combined counts once.
std::int64_t ScanWithOp::scratch_bytes() {
  const auto from = layout_of(getValues()[0].getType());
  const auto steps = layout::scan_steps(from, static_cast<int>(getAxis()));
  if (!steps) return 0;
  std::int64_t bytes = 0, groups = from.size() << std::popcount(from.replicated_registers());
  for (const layout::ScanStep& step : *steps) {
    if (step.kind == layout::ScanStep::Kind::warps) bytes += partials_bytes(*this, groups);
    groups >>= step.bits.size();
  }
  return bytes;
}

}  // namespace tegula::tile
