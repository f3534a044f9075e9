#include "compiler/memory/allocate_shared.h"

#include <algorithm>
#include <bit>
#include <limits>

#include "compiler/analysis/block_accesses.h"
#include "compiler/layout/conversion.h"
#include "compiler/layout/scan_steps.h"
#include "compiler/layout/shuffle.h"
#include "compiler/lower/exchange.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/SmallPtrSet.h"
#include "llvm/Support/MathExtras.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Builders.h"
#include "runtime/format/architecture.h"

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

/// One operation's shared memory.
struct Place {
  Operation* op = nullptr;
  std::int64_t bytes = 0, offset = 0;
  llvm::SmallPtrSet<Operation*, 4> others;  ///< that may be reading when it begins, or it when they
  bool follows = false;                     ///< some may be reading when it begins
  bool placed = false;                      ///< the offset is known
};

/// Finds the operations that need places, and which of them meet.
class Places : public BlockOrder {
 public:
  explicit Places(func::FuncOp function) {
    function.walk([&](Operation* op) {
      if (const std::int64_t bytes = scratch_bytes(op))
        places_[op] = {op, static_cast<std::int64_t>(llvm::alignTo(bytes, 16))};
    });
    walk(function);
  }

  /// Gives each the lowest place that those it meets leave; the bytes needed.
  std::int64_t arrange() {
    std::int64_t used = 0;
    for (auto& [op, place] : places_) {
      llvm::SmallVector<const Place*> taken;
      for (Operation* other : place.others)
        if (const Place& at = places_.find(other)->second; at.placed) taken.push_back(&at);
      llvm::sort(taken, [](const Place* a, const Place* b) { return a->offset < b->offset; });
      for (const Place* other : taken)
        if (other->offset < place.offset + place.bytes)
          place.offset = std::max(place.offset, other->offset + other->bytes);
      place.placed = true;
      used = std::max(used, place.offset + place.bytes);
    }
    return used;
  }

  /// All in one place.
  std::int64_t pile_up() {
    std::int64_t used = 0;
    for (auto& [op, place] : places_) {
      place.offset = 0;
      used = std::max(used, place.bytes);
      if (place.follows) op->setAttr(shared_reused_attribute, UnitAttr::get(op->getContext()));
    }
    return used;
  }

  void set_attributes() const {
    for (const auto& [op, place] : places_)
      op->setAttr(
          shared_offset_attribute,
          Builder(op->getContext()).getI32IntegerAttr(static_cast<std::int32_t>(place.offset)));
  }

  /// Null if there is none.
  Operation* largest() const {
    const Place* result = nullptr;
    for (const auto& [op, place] : places_)
      if (result == nullptr || place.bytes > result->bytes) result = &place;
    return result == nullptr ? nullptr : result->op;
  }

 private:
  bool barrier_before(Operation& op, const BlockAccess& access, const Accesses& open) override {
    if (access.exchange == nullptr) return false;
    for (const BlockAccess& earlier : open) {
      if (earlier.exchange == nullptr || earlier.exchange == &op) continue;
      places_[&op].others.insert(earlier.exchange);
      places_[&op].follows = true;
      places_[earlier.exchange].others.insert(&op);
    }
    return false;
  }
  bool barrier_after(Operation&) override { return false; }  // insert_barriers has put it there

  llvm::MapVector<Operation*, Place> places_;
};

struct AllocateShared : PassWrapper<AllocateShared, OperationPass<func::FuncOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(AllocateShared)
  StringRef getArgument() const override { return "tile-allocate-shared"; }
  StringRef getDescription() const override {
    return "Give each operation that moves data between warps its shared memory";
  }
  void runOnOperation() override {
    Places places(getOperation());
    std::int64_t used = places.arrange();
    if (used > format::shared_static_limit) used = places.pile_up();
    places.set_attributes();
    used = place_collectives(place_queues(used));
    getOperation()->setAttr(shared_bytes_attribute, Builder(&getContext()).getI64IntegerAttr(used));
    if (Operation* largest = places.largest())
      getOperation()->setAttr(shared_largest_attribute, LocationAttr(largest->getLoc()));
  }

  /// Puts the cluster's collectives behind `used` bytes, all in one place: other blocks may read it
  /// while this one works on, up to the next collective. The bytes used with them.
  std::int64_t place_collectives(std::int64_t used) {
    std::int64_t bytes = 0;
    getOperation().walk([&](tile::ClusterReduceOp op) {
      const auto tile = op.getType();
      bytes = std::max(bytes, tile.getNumElements() * element_bytes(tile.getElementType()));
      op->setAttr(shared_offset_attribute,
                  Builder(&getContext()).getI32IntegerAttr(static_cast<std::int32_t>(used)));
    });
    return used + static_cast<std::int64_t>(llvm::alignTo(bytes, 16));
  }

  /// Puts the queues behind `used` bytes; the bytes used with them.
  std::int64_t place_queues(std::int64_t used) {
    const auto bytes = getOperation()->getAttrOfType<IntegerAttr>(queue_bytes_attribute);
    if (!bytes) return used;
    getOperation().walk([&](Operation* op) {
      std::int64_t offset = used;
      if (auto copy = dyn_cast<tile::AsyncCopyOp>(op))
        offset += static_cast<std::int64_t>(copy.getOffset());
      else if (auto read = dyn_cast<tile::AsyncReadOp>(op))
        offset += static_cast<std::int64_t>(read.getOffset());
      else
        return;
      op->setAttr(shared_offset_attribute,
                  Builder(&getContext()).getI32IntegerAttr(static_cast<std::int32_t>(offset)));
    });
    return used + bytes.getInt();
  }
};

}  // namespace

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

std::unique_ptr<Pass> create_allocate_shared_pass() { return std::make_unique<AllocateShared>(); }

}  // namespace tegula::compiler
