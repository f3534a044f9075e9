#include "compiler/pipelining/prefetch_loads.h"

#include <algorithm>
#include <array>
#include <bit>

#include "compiler/analysis/alignment.h"
#include "compiler/analysis/block_accesses.h"
#include "compiler/analysis/loop_address.h"
#include "compiler/pipelining/prefetch_plan.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/PatternMatch.h"

using namespace mlir;

namespace tegula::compiler {
namespace {

/// Rewrites one loop as planned.
class Pipeline {
 public:
  Pipeline(IRRewriter& rewriter, const PrefetchPlan& plan)
      : rewriter_(rewriter), plan_(plan), loop_(plan.loop), loc_(loop_.getLoc()) {}

  void build() {
    fill();
    Value slot = zero_;
    if (plan_.slots > 1) slot = carry_slot();
    rewriter_.setInsertionPoint(plan_.loads.front().load);
    tile::AsyncWaitOp::create(rewriter_, loc_, static_cast<std::uint32_t>(plan_.slots - 1));
    const tile::LoadOp last = plan_.loads.back().load;
    rewriter_.setInsertionPointAfter(last);
    refill(slot);
    for (const PrefetchedLoad& queued : plan_.loads) read(queued, slot);
  }

 private:
  /// Before the loop: copies the tiles of its first iterations, if there are that many.
  void fill() {
    rewriter_.setInsertionPoint(loop_);
    // A copy is not ordered after the thread's own stores. One barrier here saves a barrier for
    // each copy, which would be under its condition.
    if (plan_.after_stores) tile::BarrierOp::create(rewriter_, loc_);
    zero_ = constant(0);
    const Value lower = loop_.getLowerBound(), upper = loop_.getUpperBound();
    const Value runs = compare(arith::CmpIPredicate::slt, lower, upper);
    for (int iteration = 0; iteration < plan_.slots; ++iteration) {
      const Value distance = constant(iteration);
      const Value exists = iteration == 0 ? runs
                                          : rewriter_.createOrFold<arith::AndIOp>(
                                                loc_, runs, is_ahead(lower, distance));
      issue(exists, rewriter_.createOrFold<arith::AddIOp>(loc_, lower, distance), distance);
      tile::AsyncCommitOp::create(rewriter_, loc_);
    }
  }

  /// The slot that this iteration reads, as a new carried value: 0, 1, ..., 0, 1, ...
  Value carry_slot() {
    const Value slots = constant(plan_.slots), one = constant(1);
    const auto next = [&](OpBuilder&, Location, llvm::ArrayRef<BlockArgument> slot) {
      const Value after = arith::AddIOp::create(rewriter_, loc_, slot[0], one);
      const Value wraps = compare(arith::CmpIPredicate::eq, after, slots);
      return llvm::SmallVector<Value>{
          arith::SelectOp::create(rewriter_, loc_, wraps, zero_, after)};
    };
    auto wider = cast<scf::ForOp>(*loop_.replaceWithAdditionalYields(
        rewriter_, zero_, /*replaceInitOperandUsesInLoop=*/false, next));
    loop_ = wider;
    return loop_.getRegionIterArgs().back();
  }

  /// After the last read: copies the tile of a later iteration to the slot.
  void refill(Value slot) {
    const Value distance = constant(plan_.slots), iteration = loop_.getInductionVar();
    issue(is_ahead(iteration, distance),
          arith::AddIOp::create(rewriter_, loc_, iteration, distance), slot);
    tile::AsyncCommitOp::create(rewriter_, loc_);
  }

  /// Copies the tiles of the iteration `induction` if the condition holds. Their addresses are
  /// computed under the condition: they may divide by an extent of 0.
  void issue(Value condition, Value induction, Value slot) {
    if (matchPattern(condition, m_Zero())) return;
    OpBuilder::InsertionGuard guard(rewriter_);
    if (!matchPattern(condition, m_One())) {
      auto branch = scf::IfOp::create(rewriter_, loc_, condition, /*withElseRegion=*/false);
      rewriter_.setInsertionPointToStart(branch.thenBlock());
    }
    LoopAddress address(loop_);
    for (const PrefetchedLoad& queued : plan_.loads) address.add(queued.load);
    IRMapping there;
    there.map(loop_.getInductionVar(), induction);
    for (Operation* op : address.operations()) rewriter_.clone(*op, there);
    for (const PrefetchedLoad& queued : plan_.loads) {
      tile::LoadOp load = queued.load;
      llvm::SmallVector<Value> coordinates;
      for (Value c : load.getCoordinates()) coordinates.push_back(there.lookupOrDefault(c));
      const auto layout = tile::layout_of(load.getType());
      const bool shared_by_warps = layout.replicated_warps() != 0;
      tile::AsyncCopyOp::create(
          rewriter_, load.getLoc(), there.lookupOrDefault(load.getView()), coordinates,
          load.getFull(), slot, static_cast<std::uint32_t>(plan_.slots),
          static_cast<std::uint64_t>(queued.offset), load.getType(), shared_by_warps);
    }
  }

  void read(const PrefetchedLoad& queued, Value slot) {
    tile::LoadOp load = queued.load;
    rewriter_.setInsertionPoint(load);
    rewriter_.replaceOpWithNewOp<tile::AsyncReadOp>(
        load, load.getType(), load.getView(), load.getCoordinates(), load.getFull(), slot,
        static_cast<std::uint32_t>(plan_.slots), static_cast<std::uint64_t>(queued.offset));
  }

  /// Whether the loop has an iteration `distance` after `iteration`, which is below the upper bound
  /// or under a condition that makes sure of it: the difference is then exact as an unsigned
  /// number.
  Value is_ahead(Value iteration, Value distance) {
    const Value rest =
        rewriter_.createOrFold<arith::SubIOp>(loc_, loop_.getUpperBound(), iteration);
    return compare(arith::CmpIPredicate::ugt, rest, distance);
  }
  Value compare(arith::CmpIPredicate predicate, Value a, Value b) {
    return rewriter_.createOrFold<arith::CmpIOp>(loc_, predicate, a, b);
  }
  Value constant(std::int64_t value) {
    return arith::ConstantIntOp::create(rewriter_, loc_, rewriter_.getI32Type(), value);
  }

  IRRewriter& rewriter_;
  const PrefetchPlan& plan_;
  scf::ForOp loop_;
  Location loc_;
  Value zero_;
};

struct PrefetchLoads : PassWrapper<PrefetchLoads, OperationPass<func::FuncOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(PrefetchLoads)
  StringRef getArgument() const override { return "tile-prefetch-loads"; }
  StringRef getDescription() const override {
    return "Copy the tiles of a loop's later iterations to shared memory while it computes";
  }
  void runOnOperation() override {
    const Prefetches prefetches = plan_prefetches(getOperation());
    if (prefetches.plans.empty()) return;
    IRRewriter rewriter(&getContext());
    for (const PrefetchPlan& plan : prefetches.plans) Pipeline(rewriter, plan).build();
    getOperation()->setAttr(tile::queue_bytes_attribute,
                            rewriter.getI64IntegerAttr(prefetches.queue_bytes));
  }
};

}  // namespace

std::unique_ptr<Pass> create_prefetch_loads_pass() { return std::make_unique<PrefetchLoads>(); }

}  // namespace tegula::compiler
