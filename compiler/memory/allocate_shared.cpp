#include "compiler/memory/allocate_shared.h"

#include <algorithm>

#include "compiler/analysis/block_accesses.h"
#include "compiler/ir/scratch.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/SmallPtrSet.h"
#include "llvm/Support/MathExtras.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Builders.h"
#include "runtime/format/architecture.h"

using namespace mlir;

namespace tegula::compiler {
namespace {

void set_offset(Operation* op, std::int64_t bytes) {
  op->setAttr(tile::shared_offset_attribute,
              Builder(op->getContext()).getI32IntegerAttr(static_cast<std::int32_t>(bytes)));
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
      if (const std::int64_t bytes = tile::exchange_bytes(op))
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
      if (place.follows)
        op->setAttr(tile::shared_reused_attribute, UnitAttr::get(op->getContext()));
    }
    return used;
  }

  void set_attributes() const {
    for (const auto& [op, place] : places_) set_offset(op, place.offset);
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
    getOperation()->setAttr(tile::shared_bytes_attribute,
                            Builder(&getContext()).getI64IntegerAttr(used));
    if (Operation* largest = places.largest())
      getOperation()->setAttr(tile::shared_largest_attribute, LocationAttr(largest->getLoc()));
  }

  /// Puts the cluster's collectives behind `used` bytes, all in one place: other blocks may read it
  /// while this one works on, up to the next collective. The bytes used with them.
  std::int64_t place_collectives(std::int64_t used) {
    std::int64_t bytes = 0;
    getOperation().walk([&](tile::ScratchUser op) {
      if (op.scratch_use() != tile::ScratchUse::cluster) return;
      bytes = std::max(bytes, op.scratch_bytes());
      set_offset(op, used);
    });
    return used + static_cast<std::int64_t>(llvm::alignTo(bytes, 16));
  }

  /// Puts the queues behind `used` bytes; the bytes used with them.
  std::int64_t place_queues(std::int64_t used) {
    const auto bytes = getOperation()->getAttrOfType<IntegerAttr>(tile::queue_bytes_attribute);
    if (!bytes) return used;
    getOperation().walk([&](tile::ScratchUser op) {
      if (op.scratch_use() == tile::ScratchUse::queue) set_offset(op, used + op.scratch_offset());
    });
    return used + bytes.getInt();
  }
};

}  // namespace

std::unique_ptr<Pass> create_allocate_shared_pass() { return std::make_unique<AllocateShared>(); }

}  // namespace tegula::compiler
