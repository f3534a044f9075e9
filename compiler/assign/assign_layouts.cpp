#include "compiler/assign/assign_layouts.h"

#include <algorithm>
#include <deque>
#include <map>
#include <stdexcept>
#include <tuple>

#include "compiler/analysis/alignment.h"
#include "compiler/ir/dialect.h"
#include "compiler/layout/streaming.h"
#include "llvm/ADT/EquivalenceClasses.h"
#include "llvm/ADT/MapVector.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/Builders.h"

using namespace mlir;

namespace tegula::compiler {
namespace {

using layout::Distributed;

using tile::is_tile;
using tile::shape_of;

/// One way in which a layout passes from one value to another without moving data.
struct Link {
  Value to;
  tile::LayoutLinks::Map map;  ///< null: the same layout
};

constexpr std::int64_t most_elements = std::int64_t{1} << layout::max_tile_bits;

/// The vector lengths of several accesses: the shortest of those that stream, and the longest.
struct Vectors {
  std::int64_t narrow = most_elements, wide = 1;
  void add(const Vectors& other) {
    narrow = std::min(narrow, other.narrow);
    wide = std::max(wide, other.wide);
  }
};

/// A load or store, as far as layouts are concerned.
struct Access {
  Operation* op = nullptr;
  Value tile;
  std::int64_t vector_elements = 1;
  bool streams = false;  ///< each block touches other elements
  int loops = 0;         ///< around it
};

class Assignment : tile::LayoutLinks, tile::LayoutSettling {
 public:
  explicit Assignment(func::FuncOp function)
      : function_(function),
        warps_(static_cast<int>(
            function->getAttrOfType<IntegerAttr>(tile::warps_attribute).getInt())) {}

  void run() {
    splat_constants();
    function_.walk([&](tile::SplatOp op) { give_each_use_its_own(op); });
    function_.walk([&](Operation* op) { add_links(op); });
    function_.walk(
        [&](tile::LoadOp op) { add_access(cast<tile::ViewAccess>(*op), op.getResult()); });
    function_.walk(
        [&](tile::StoreOp op) { add_access(cast<tile::ViewAccess>(*op), op.getValue()); });
    std::stable_sort(accesses_.begin(), accesses_.end(), [](const Access& a, const Access& b) {
      return std::tuple(shape_size(a), a.loops, a.streams) >
             std::tuple(shape_size(b), b.loops, b.streams);
    });
    gather_meetings();
    for (const Access& access : accesses_)
      if (!layouts_.contains(access.tile)) spread(access.tile, streaming_layout(access));
    // Tiles that no access reaches, for example those computed from constants alone.
    function_.walk([&](Operation* op) {
      for (Value result : op->getResults())
        if (is_tile(result) && !layouts_.contains(result))
          spread(result, Distributed::blocked(shape_of(result), 1, warps_));
    });
    rewrite();
  }

 private:
  static std::int64_t shape_size(const Access& access) {
    return cast<RankedTensorType>(access.tile.getType()).getNumElements();
  }

  /// Turns constant tiles, which folding leaves behind and whose value would have to change with
  /// their type, into splats.
  void splat_constants() {
    function_.walk([&](arith::ConstantOp constant) {
      auto elements = dyn_cast<SplatElementsAttr>(constant.getValue());
      if (!elements) return;
      OpBuilder builder(constant);
      const auto scalar = cast<TypedAttr>(elements.getSplatValue<Attribute>());
      const Value value = arith::ConstantOp::create(builder, constant.getLoc(), scalar);
      constant.replaceAllUsesWith(
          tile::SplatOp::create(builder, constant.getLoc(), constant.getType(), value)
              .getOperation());
      constant.erase();
    });
  }

  /// Two computations that share a constant need not have the same layout: each use gets a constant
  /// of its own, and CSE merges those that end up equal.
  static void give_each_use_its_own(tile::SplatOp splat) {
    OpBuilder builder(splat);
    for (OpOperand& use : llvm::make_early_inc_range(llvm::drop_begin(splat->getUses())))
      use.set(builder.clone(*splat)->getResult(0));
  }

  //===--- The graph of values --------------------------------------------------------------===//

  void same(Value a, Value b) override {
    if (!is_tile(a)) return;
    links_[a].push_back({b, nullptr});
    links_[b].push_back({a, nullptr});
    groups_.unionSets(a, b);
  }
  void link(Value from, Value to, Map map) override {
    links_[from].push_back({to, std::move(map)});
    groups_.unionSets(from, to);
  }

  /// Ties values that control flow passes into each other: they must have the same layout.
  void tie(Value a, Value b) {
    if (!is_tile(a)) return;
    ties_.unionSets(a, b);
    groups_.unionSets(a, b);
  }

  void add_links(Operation* op) {
    if (auto loop = dyn_cast<scf::ForOp>(op)) {
      for (unsigned k = 0; k < loop.getNumResults(); ++k) {
        tie(loop.getResult(k), loop.getRegionIterArgs()[k]);
        same(loop.getResult(k), loop.getInitArgs()[k]);
        same(loop.getResult(k), loop.getYieldedValues()[k]);
      }
    } else if (auto loop = dyn_cast<scf::WhileOp>(op)) {
      add_while_links(loop);
    } else if (auto branch = dyn_cast<scf::IfOp>(op)) {
      for (unsigned k = 0; k < branch.getNumResults(); ++k)
        for (Region& region : branch->getRegions())
          same(branch.getResult(k), region.front().getTerminator()->getOperand(k));
    } else {
      tile::link_layouts(op, *this);
    }
  }

  /// The values that begin an iteration need not be those that end the loop, in number or order:
  /// canonicalisation drops those that only one of the two uses. A tile that the condition passes
  /// on unchanged keeps its layout.
  void add_while_links(scf::WhileOp loop) {
    for (auto [argument, init, next] :
         llvm::zip_equal(loop.getBeforeArguments(), loop.getInits(), loop.getYieldedValues())) {
      same(argument, init);
      same(argument, next);
    }
    for (auto [result, argument, passed] : llvm::zip_equal(
             loop.getResults(), loop.getAfterArguments(), loop.getConditionOp().getArgs())) {
      tie(result, argument);
      if (llvm::is_contained(loop.getBeforeArguments(), passed))
        tie(result, passed);
      else
        same(result, passed);
    }
  }

  //===--- Accesses -------------------------------------------------------------------------===//

  void add_access(tile::ViewAccess op, Value tile) {
    const auto view = op.getView().getType();
    Access access{op, tile, contiguous_elements(view, op.getFull()), false};
    for (Value coordinate : op.getCoordinates()) access.streams |= depends_on_program(coordinate);
    for (Operation* at = op->getParentOp(); at != nullptr; at = at->getParentOp())
      access.loops += isa<scf::ForOp, scf::WhileOp>(at) ? 1 : 0;
    const unsigned bits = std::max(view.getElementType().getIntOrFloatBitWidth(), 8U);
    const int64_t widest = widest_access_bytes * 8 / bits;
    if (access.vector_elements < std::min<int64_t>(widest, shape_size(access)))
      op->emitRemark() << "assign-layouts: " << op->getName().stripDialect() << " of "
                       << op.getView().getDefiningOp<tile::ViewOp>().getArgument() << " moves "
                       << access.vector_elements << " of " << widest
                       << " elements at a time: " << why_narrow(view, op.getFull());
    accesses_.push_back(access);
  }

  bool depends_on_program(Value value) {
    if (auto it = depends_.find(value); it != depends_.end()) return it->second;
    depends_[value] = false;  // a cycle through a loop adds nothing
    bool result = false;
    if (depth_ == max_depth) return depends_[value] = true;  // not followed further: most likely
    ++depth_;
    if (Operation* op = value.getDefiningOp()) {
      result = isa<tile::ProgramIdOp>(op) ||
               llvm::any_of(op->getOperands(), [&](Value v) { return depends_on_program(v); });
    } else if (auto loop = dyn_cast<scf::ForOp>(value.getParentBlock()->getParentOp())) {
      result = llvm::any_of(loop->getOperands(), [&](Value v) {
        return v.getType().isIntOrIndex() && depends_on_program(v);
      });
    }
    --depth_;
    return depends_[value] = result;
  }

  /// The layout for all accesses that meet the anchor's values. Those that stream as much as the
  /// anchor get full vectors and sectors: the one with the shortest vectors decides, and the layout
  /// is such that the others can be widened. Data that every block reads again (weights) is in the
  /// L2 cache and does not decide, nor do accesses outside a loop if others are in it.
  Distributed streaming_layout(const Access& anchor) {
    Vectors all{anchor.vector_elements, anchor.vector_elements};
    const auto group = meetings_.find({groups_.getLeaderValue(anchor.tile), shape_size(anchor)});
    for (auto in = group->second.lower_bound(anchor.loops); in != group->second.end(); ++in)
      all.add(in->second);
    return layout::streaming(shape_of(anchor.tile), static_cast<int>(all.narrow),
                             static_cast<int>(all.wide), warps_);
  }

  /// Groups the accesses by the values that they meet.
  void gather_meetings() {
    for (const Access& access : accesses_) {
      groups_.insert(access.tile);
      const std::int64_t elements = access.vector_elements;
      meetings_[{groups_.getLeaderValue(access.tile), shape_size(access)}][access.loops].add(
          {access.streams ? elements : most_elements, elements});
    }
  }

  //===--- Spreading ------------------------------------------------------------------------===//

  void spread(Value start, const Distributed& layout) {
    std::deque<std::pair<Value, Distributed>> queue = {{start, layout}};
    while (!queue.empty()) {
      const auto [value, at] = queue.front();
      queue.pop_front();
      if (layouts_.contains(value)) continue;
      ties_.insert(value);
      for (const Value tied : ties_.members(value)) {
        layouts_.try_emplace(tied, at);
        for (const Link& link : links_[tied]) {
          if (layouts_.contains(link.to)) continue;
          if (const auto there = link.map ? link.map(at) : at) queue.emplace_back(link.to, *there);
        }
      }
    }
  }

  //===--- Rewriting ------------------------------------------------------------------------===//

  void rewrite() {
    llvm::SmallVector<Operation*> operations;
    function_.walk<WalkOrder::PreOrder>([&](Operation* op) { operations.push_back(op); });
    for (auto& [value, at] : layouts_) value.setType(tile::with_layout(value.getType(), at));
    for (Operation* op : operations) fix_operands(op);
  }

  /// After the types are set, gives every operation operands in the layouts that its result
  /// requires.
  void fix_operands(Operation* op) {
    if (auto loop = dyn_cast<scf::ForOp>(op)) {
      use_as(loop.getInitArgsMutable(), loop.getRegionIterArgs());
    } else if (auto loop = dyn_cast<scf::WhileOp>(op)) {
      use_as(loop.getInitsMutable(), loop.getBeforeArguments());
    } else if (auto condition = dyn_cast<scf::ConditionOp>(op)) {
      use_as(condition.getArgsMutable(), op->getParentOp()->getResults());
    } else if (auto yield = dyn_cast<scf::YieldOp>(op)) {
      if (auto loop = dyn_cast<scf::WhileOp>(op->getParentOp()))
        use_as(yield.getResultsMutable(), loop.getBeforeArguments());
      else
        use_as(yield.getResultsMutable(), op->getParentOp()->getResults());
    } else {
      tile::settle_layouts(op, *this);
    }
  }

  void give(Value result, const Distributed& natural) override {
    const Distributed wanted = layout_at(result);
    if (wanted == natural) return;
    Operation* op = result.getDefiningOp();
    result.setType(tile::with_layout(result.getType(), natural));
    OpBuilder builder(op->getContext());
    builder.setInsertionPointAfter(op);
    const Value converted = convert(builder, op->getLoc(), result, wanted);
    result.replaceAllUsesExcept(converted, converted.getDefiningOp());
  }

  static const Distributed& layout_at(Value value) { return tile::layout_of(value.getType()); }

  void take(OpOperand& operand, const Distributed& wanted) override {
    const Value value = operand.get();
    if (layout_at(value) == wanted) return;
    OpBuilder builder(operand.getOwner());
    Operation* source = value.getDefiningOp();
    if (source != nullptr && is_made_of_no_tile(source)) {
      Operation* again = builder.clone(*source);
      again->getResult(0).setType(tile::with_layout(value.getType(), wanted));
      operand.set(again->getResult(0));
      return;
    }
    operand.set(convert(builder, operand.getOwner()->getLoc(), value, wanted));
  }

  /// Whether the operation is a constant or iota, which is made again rather than converted.
  static bool is_made_of_no_tile(Operation* op) {
    return tile::cycles_per_register(op) && llvm::none_of(op->getOperands(), is_tile);
  }

  /// Converts operands that control flow passes on, each to the layout of the value that it
  /// becomes.
  void use_as(llvm::MutableArrayRef<OpOperand> operands, ValueRange values) {
    for (auto [operand, value] : llvm::zip_equal(operands, values))
      if (is_tile(value)) take(operand, layout_at(value));
  }

  static Value convert(OpBuilder& builder, Location loc, Value value, const Distributed& wanted) {
    const auto type = tile::with_layout(value.getType(), wanted);
    return tile::ConvertLayoutOp::create(builder, loc, type, value);
  }

  func::FuncOp function_;
  int warps_;
  llvm::DenseMap<Value, llvm::SmallVector<Link>> links_;
  llvm::EquivalenceClasses<Value> groups_;  ///< of values that meet
  llvm::EquivalenceClasses<Value> ties_;
  std::vector<Access> accesses_;
  /// By what they meet (its leader) and their size, then by the loops they stand in.
  llvm::DenseMap<std::pair<Value, std::int64_t>, std::map<int, Vectors>> meetings_;
  llvm::DenseMap<Value, bool> depends_;
  static constexpr int max_depth = 1000;  // of recursion: a kernel may be long
  int depth_ = 0;
  llvm::MapVector<Value, Distributed> layouts_;
};

struct AssignLayouts : PassWrapper<AssignLayouts, OperationPass<func::FuncOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(AssignLayouts)
  StringRef getArgument() const override { return "tile-assign-layouts"; }
  StringRef getDescription() const override {
    return "Decide which thread holds which element of every tile";
  }
  void runOnOperation() override {
    try {
      Assignment(getOperation()).run();
    } catch (const std::invalid_argument& error) {
      getOperation().emitError() << "assign-layouts: " << error.what();
      signalPassFailure();
    }
  }
};

}  // namespace

std::unique_ptr<Pass> create_assign_layouts_pass() { return std::make_unique<AssignLayouts>(); }

}  // namespace tegula::compiler
