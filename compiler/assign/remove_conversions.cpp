#include "compiler/assign/remove_conversions.h"

#include <limits>
#include <unordered_map>

#include "compiler/ir/dialect.h"
#include "compiler/ir/scratch.h"
#include "compiler/layout/conversion.h"
#include "compiler/layout/shuffle.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/Builders.h"
#include "mlir/Interfaces/LoopLikeInterface.h"

using namespace mlir;

namespace tegula::compiler {
namespace {

using layout::Distributed;

/// How many operations back from a conversion the search goes: beyond that a conversion is cheaper
/// anyway. This also bounds the recursion, as a kernel may be of any length.
constexpr int max_depth = 64;
constexpr double impossible = std::numeric_limits<double>::infinity();

using tile::is_tile;

int bytes_of(Value tile) {
  const unsigned bits = cast<RankedTensorType>(tile.getType()).getElementTypeBitWidth();
  return static_cast<int>(std::max(1U, bits / 8));
}

/// How often a block is assumed to run: a fixed number of iterations for each loop around it.
double runs(Block* block) {
  constexpr double iterations = 10;
  double result = 1;
  for (Operation* op = block->getParentOp(); op != nullptr; op = op->getParentOp())
    if (isa<LoopLikeOpInterface>(op)) result *= iterations;
  return result;
}

class Removal {
 public:
  explicit Removal(func::FuncOp function)
      : function_(function), shared_limit_(tile::shared_limit(function)) {}

  void run() {
    // If a loop changes the layout of a value that it carries, there are new conversions outside.
    constexpr int rounds = 3;
    for (int round = 0; round < rounds; ++round) {
      bool changed = false;
      for (tile::ConvertLayoutOp op : conversions()) changed |= remove(op);
      erase_dead();
      function_.walk([&](scf::ForOp loop) { changed |= carry_converted(loop); });
      if (!changed) break;
    }
    for (tile::ConvertLayoutOp op : conversions()) remark(op);
  }

 private:
  llvm::SmallVector<tile::ConvertLayoutOp> conversions() {
    llvm::SmallVector<tile::ConvertLayoutOp> result;
    function_.walk([&](tile::ConvertLayoutOp op) { result.push_back(op); });
    return result;
  }

  //===--- Costs ----------------------------------------------------------------------------===//

  /// The cost of converting a value once; prohibitive if no block has the shared memory for it.
  double conversion_cost(Value value, const Distributed& to) {
    const Distributed& from = tile::layout_of(value.getType());
    const auto [it, fresh] = conversion_costs_.try_emplace({from, to, bytes_of(value)}, impossible);
    if (fresh && tile::conversion_bytes(from, to, getElementTypeOrSelf(value)) <= shared_limit_)
      it->second = layout::conversion_cost(from, to, bytes_of(value));
    return it->second;
  }

  /// The same, where the value is defined.
  double cost_to_convert(Value value, const Distributed& to) {
    return conversion_cost(value, to) * runs(value.getParentBlock());
  }

  /// The cost of the cheapest way to have `value` in the layout. `moves`: nothing else uses the
  /// value in its present layout, so computing it in the other one replaces the present
  /// computation.
  double cost(Value value, const Distributed& at, bool moves) {
    const Distributed now = tile::layout_of(value.getType());
    if (now == at) return 0;
    return std::min(cost_to_convert(value, at), cost_to_compute(value, at, moves));
  }

  double cost_to_compute(Value value, const Distributed& at, bool moves) {
    Operation* op = value.getDefiningOp();
    if (op == nullptr) return impossible;
    const ComputedKey key{value, at, moves};
    if (const auto known = costs_.find(key); known != costs_.end()) return known->second;
    costs_[key] = impossible;
    if (depth_ == max_depth) return impossible;
    ++depth_;
    const double computed = compute_cost(op, at, moves);
    --depth_;
    return costs_[key] = computed;
  }

  double compute_cost(Operation* op, const Distributed& at, bool moves) {
    const auto operand_cost = [&](Value operand, const Distributed& wanted) {
      return cost(operand, wanted, moves && operand.hasOneUse());
    };
    if (auto convert = dyn_cast<tile::ConvertLayoutOp>(op))
      return operand_cost(convert.getValue(), at);
    const auto cycles = tile::cycles_per_register(op);
    const auto wanted = tile::operand_layout(op, at);
    if (!cycles || !wanted) return impossible;
    const int saved = moves ? tile::layout_of(op->getResult(0).getType()).registers() : 0;
    double sum = std::max(0, at.registers() - saved) * *cycles * runs(op->getBlock());
    for (Value operand : op->getOperands())
      if (is_tile(operand)) sum += operand_cost(operand, *wanted);
    return sum;
  }

  //===--- Rewriting ------------------------------------------------------------------------===//

  bool remove(tile::ConvertLayoutOp op) {
    costs_.clear();  // the values have changed
    const Value value = op.getValue();
    const Distributed now = tile::layout_of(value.getType()), at = tile::layout_of(op.getType());
    const double here = conversion_cost(value, at) * runs(op->getBlock());
    if (now != at && cost_to_compute(value, at, value.hasOneUse()) >= here) return false;
    op.getResult().replaceAllUsesWith(in_layout(value, at, value.hasOneUse()));
    op.erase();
    return true;
  }

  /// The value in the layout, obtained in the way that cost() found cheapest.
  Value in_layout(Value value, const Distributed& at, bool moves) {
    const Distributed now = tile::layout_of(value.getType());
    if (now == at) return value;
    OpBuilder builder(function_.getContext());
    builder.setInsertionPointAfterValue(value);
    const double computed = cost_to_compute(value, at, moves);
    const Type type = tile::with_layout(value.getType(), at);
    if (computed >= cost_to_convert(value, at))
      return tile::ConvertLayoutOp::create(builder, value.getLoc(), type, value);

    Operation* op = value.getDefiningOp();
    if (auto convert = dyn_cast<tile::ConvertLayoutOp>(op))
      return in_layout(convert.getValue(), at, moves && convert.getValue().hasOneUse());
    const auto wanted = tile::operand_layout(op, at);
    IRMapping operands;
    for (Value operand : op->getOperands())
      if (is_tile(operand))
        operands.map(operand, in_layout(operand, *wanted, moves && operand.hasOneUse()));
    builder.setInsertionPoint(op);  // after the operands, which may just have been made
    Operation* again = builder.clone(*op, operands);
    again->getResult(0).setType(type);
    return again->getResult(0);
  }

  void erase_dead() {
    llvm::SmallVector<Operation*> operations;
    function_.walk([&](Operation* op) { operations.push_back(op); });
    for (Operation* op : llvm::reverse(operations))
      if (op != function_ && isOpTriviallyDead(op)) op->erase();
  }

  /// If a loop's body converts a carried tile from layout T to L on entry and from L to T at its
  /// end, makes the loop carry it in L.
  static bool carry_converted(scf::ForOp loop) {
    bool changed = false;
    for (unsigned k = 0; k < loop.getNumRegionIterArgs(); ++k) {
      BlockArgument carried = loop.getRegionIterArgs()[k];
      auto yielded = loop.getYieldedValues()[k].getDefiningOp<tile::ConvertLayoutOp>();
      if (!is_tile(carried) || !yielded || carried.use_empty()) continue;
      const Type outside = carried.getType(), inside = yielded.getValue().getType();
      if (!llvm::all_of(carried.getUsers(), [&](Operation* user) {
            return isa<tile::ConvertLayoutOp>(user) && user->getResult(0).getType() == inside;
          }))
        continue;
      for (Operation* user : llvm::make_early_inc_range(carried.getUsers())) {
        user->getResult(0).replaceAllUsesWith(carried);
        user->erase();
      }
      carried.setType(inside);
      OpBuilder builder(loop);
      OpOperand& init = loop.getInitArgsMutable()[k];
      init.set(tile::ConvertLayoutOp::create(builder, loop.getLoc(), inside, init.get()));
      loop.getBody()->getTerminator()->setOperand(k, yielded.getValue());
      if (yielded->use_empty()) yielded.erase();
      Value result = loop.getResult(k);
      result.setType(inside);
      builder.setInsertionPointAfter(loop);
      auto after = tile::ConvertLayoutOp::create(builder, loop.getLoc(), outside, result);
      result.replaceAllUsesExcept(after, after);
      changed = true;
    }
    return changed;
  }

  static void remark(tile::ConvertLayoutOp op) {
    const Distributed from = tile::layout_of(op.getValue().getType());
    const Distributed to = tile::layout_of(op.getType());
    if (layout::classify(from, to) <= layout::ConversionKind::registers) return;
    const bool shuffles =
        layout::plan_cheap_shuffles(from, to, bytes_of(op.getValue())).has_value();
    op.emitRemark() << "remove-conversions: a tile of " << op.getType().getNumElements() << " "
                    << op.getType().getElementType() << " moves between threads, by "
                    << (shuffles ? "shuffles" : "shared memory")
                    << ": what made it and what uses it want different layouts";
  }

  struct ConversionKey {
    Distributed from, to;
    int bytes;
    bool operator==(const ConversionKey&) const = default;
  };
  struct ComputedKey {
    Value value;
    Distributed at;
    bool moves;
    bool operator==(const ComputedKey&) const = default;
  };
  struct Hash {
    std::size_t operator()(const ConversionKey& k) const {
      return llvm::hash_combine(k.from, k.to, k.bytes);
    }
    std::size_t operator()(const ComputedKey& k) const {
      return llvm::hash_combine(k.value, k.at, k.moves);
    }
  };

  func::FuncOp function_;
  std::int64_t shared_limit_;
  std::unordered_map<ConversionKey, double, Hash> conversion_costs_;
  std::unordered_map<ComputedKey, double, Hash> costs_;  ///< of cost_to_compute
  int depth_ = 0;
};

struct RemoveConversions : PassWrapper<RemoveConversions, OperationPass<func::FuncOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(RemoveConversions)
  StringRef getArgument() const override { return "tile-remove-conversions"; }
  StringRef getDescription() const override {
    return "Compute tiles in the layout they are wanted in, where that is cheaper than moving them";
  }
  void runOnOperation() override { Removal(getOperation()).run(); }
};

}  // namespace

std::unique_ptr<Pass> create_remove_conversions_pass() {
  return std::make_unique<RemoveConversions>();
}

}  // namespace tegula::compiler
