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

/// One operation's scratch.
struct Scratch {
  Operation* op = nullptr;
  std::int64_t bytes = 0, offset = 0;
  llvm::SmallPtrSet<Operation*, 4> others;  ///< that may be reading when it begins, or it when they
  bool follows = false;                     ///< some may be reading when it begins
  bool allocated = false;                   ///< the offset is known
};

/// Finds the operations that need scratch, and which of them conflict.
class ScratchAllocation : public BlockAccesses {
 public:
  explicit ScratchAllocation(func::FuncOp function) {
    function.walk([&](Operation* op) {
      if (const std::int64_t bytes = tile::block_scratch_bytes(op))
        scratch_[op] = {op, static_cast<std::int64_t>(llvm::alignTo(bytes, 16))};
    });
    walk(function);
  }

  /// Gives each the lowest offset that those it conflicts with leave free; returns the bytes
  /// needed.
  std::int64_t arrange() {
    std::int64_t used = 0;
    for (auto& [op, scratch] : scratch_) {
      llvm::SmallVector<const Scratch*> taken;
      for (Operation* other : scratch.others)
        if (const Scratch& at = scratch_.find(other)->second; at.allocated) taken.push_back(&at);
      llvm::sort(taken, [](const Scratch* a, const Scratch* b) { return a->offset < b->offset; });
      for (const Scratch* other : taken)
        if (other->offset < scratch.offset + scratch.bytes)
          scratch.offset = std::max(scratch.offset, other->offset + other->bytes);
      scratch.allocated = true;
      used = std::max(used, scratch.offset + scratch.bytes);
    }
    return used;
  }

  /// Gives all the same offset; returns the bytes needed.
  std::int64_t overlay_all() {
    std::int64_t used = 0;
    for (auto& [op, scratch] : scratch_) {
      scratch.offset = 0;
      used = std::max(used, scratch.bytes);
      if (scratch.follows)
        op->setAttr(tile::shared_reused_attribute, UnitAttr::get(op->getContext()));
    }
    return used;
  }

  void set_attributes() const {
    for (const auto& [op, scratch] : scratch_) set_offset(op, scratch.offset);
  }

  /// Null if there is none.
  Operation* largest() const {
    const Scratch* result = nullptr;
    for (const auto& [op, scratch] : scratch_)
      if (result == nullptr || scratch.bytes > result->bytes) result = &scratch;
    return result == nullptr ? nullptr : result->op;
  }

 private:
  bool barrier_before(Operation& op, const BlockAccess& access, const Accesses& open) override {
    if (access.scratch == nullptr) return false;
    for (const BlockAccess& earlier : open) {
      if (earlier.scratch == nullptr || earlier.scratch == &op) continue;
      scratch_[&op].others.insert(earlier.scratch);
      scratch_[&op].follows = true;
      scratch_[earlier.scratch].others.insert(&op);
    }
    return false;
  }
  bool barrier_after(Operation&) override { return false; }  // insert_barriers has inserted it

  llvm::MapVector<Operation*, Scratch> scratch_;
};

struct AllocateShared : PassWrapper<AllocateShared, OperationPass<func::FuncOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(AllocateShared)
  StringRef getArgument() const override { return "tile-allocate-shared"; }
  StringRef getDescription() const override {
    return "Give each operation that moves data between warps its shared memory";
  }
  void runOnOperation() override {
    ScratchAllocation allocation(getOperation());
    std::int64_t used = allocation.arrange();
    if (used > format::shared_static_limit) used = allocation.overlay_all();
    allocation.set_attributes();
    used = allocate_collectives(allocate_queues(used));
    getOperation()->setAttr(tile::shared_bytes_attribute,
                            Builder(&getContext()).getI64IntegerAttr(used));
    if (Operation* largest = allocation.largest())
      getOperation()->setAttr(tile::shared_largest_attribute, LocationAttr(largest->getLoc()));
  }

  /// Puts the scratch of the cluster's collectives, one for all, after `used` bytes: other blocks
  /// may read it while this one goes on, up to the next collective. Returns the bytes used with it.
  std::int64_t allocate_collectives(std::int64_t used) {
    std::int64_t bytes = 0;
    getOperation().walk([&](tile::ScratchUser op) {
      if (op.scratch_use() != tile::ScratchUse::cluster) return;
      bytes = std::max(bytes, op.scratch_bytes());
      set_offset(op, used);
    });
    return used + static_cast<std::int64_t>(llvm::alignTo(bytes, 16));
  }

  /// Puts the queues after `used` bytes; returns the bytes used with them.
  std::int64_t allocate_queues(std::int64_t used) {
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
