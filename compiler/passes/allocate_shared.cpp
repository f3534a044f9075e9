#include "compiler/passes/allocate_shared.h"

#include <algorithm>
#include <bit>

#include "compiler/layout/conversion.h"
#include "compiler/layout/scan_steps.h"
#include "compiler/layout/shuffle.h"
#include "compiler/passes/combination.h"
#include "llvm/Support/MathExtras.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Builders.h"
#include "mlir/Interfaces/LoopLikeInterface.h"

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

struct AllocateShared : PassWrapper<AllocateShared, OperationPass<func::FuncOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(AllocateShared)
  StringRef getArgument() const override { return "tile-allocate-shared"; }
  StringRef getDescription() const override {
    return "Give each operation that moves data between warps its shared memory";
  }
  void runOnOperation() override {
    std::int64_t used = 0;
    OpBuilder builder(&getContext());
    getOperation().walk([&](Operation* op) {
      const std::int64_t bytes = scratch_bytes(op);
      if (bytes == 0) return;
      op->setAttr(shared_offset_attribute, builder.getI32IntegerAttr(static_cast<int32_t>(used)));
      if (op->getParentOfType<LoopLikeOpInterface>())
        op->setAttr(shared_reused_attribute, builder.getUnitAttr());
      used = static_cast<std::int64_t>(llvm::alignTo(static_cast<uint64_t>(used + bytes), 16));
    });
    getOperation()->setAttr(shared_bytes_attribute,
                            builder.getI32IntegerAttr(static_cast<int32_t>(used)));
  }
};

}  // namespace

mlir::Type accumulator_type(mlir::Type element) {
  if (element.isF16() || element.isBF16()) return Float32Type::get(element.getContext());
  if (element.isInteger(1)) return IntegerType::get(element.getContext(), 32);
  return element;
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
    const auto from = tile::layout_of(convert.getValue().getType());
    const auto to = tile::layout_of(convert.getType());
    if (layout::classify(from, to) <= layout::ConversionKind::registers) return 0;
    const std::int64_t bytes = element_bytes(convert.getType().getElementType());
    if (layout::plan_cheap_shuffles(from, to, static_cast<int>(bytes))) return 0;
    return to.size() * bytes;
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

std::unique_ptr<Pass> create_allocate_shared_pass() { return std::make_unique<AllocateShared>(); }

}  // namespace tegula::compiler
