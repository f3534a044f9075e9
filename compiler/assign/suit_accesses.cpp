#include "compiler/assign/suit_accesses.h"

#include <algorithm>
#include <bit>

#include "compiler/analysis/alignment.h"
#include "compiler/ir/dialect.h"
#include "compiler/ir/scratch.h"
#include "compiler/layout/conversion.h"
#include "compiler/layout/shuffle.h"
#include "compiler/layout/streaming.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Builders.h"

using namespace mlir;

namespace tegula::compiler {
namespace {

using layout::Distributed;

constexpr std::int64_t sector_bytes = 32;

class Suit {
 public:
  explicit Suit(func::FuncOp function)
      : warps_(
            static_cast<int>(function->getAttrOfType<IntegerAttr>(tile::warps_attribute).getInt())),
        shared_limit_(tile::shared_limit(function)) {}

  void load(tile::LoadOp op) {
    const auto wanted = own_layout(cast<tile::ViewAccess>(*op), op.getType());
    if (!wanted) return;
    const Type computed = op.getType();
    OpBuilder builder(op.getContext());
    builder.setInsertionPointAfter(op);
    op.getResult().setType(tile::with_layout(computed, *wanted));
    auto convert = tile::ConvertLayoutOp::create(builder, op.getLoc(), computed, op.getResult());
    op.getResult().replaceAllUsesExcept(convert, convert);
  }

  void store(tile::StoreOp op) {
    const auto wanted = own_layout(cast<tile::ViewAccess>(*op), op.getValue().getType());
    if (!wanted) return;
    OpBuilder builder(op);
    const Type own = tile::with_layout(op.getValue().getType(), *wanted);
    op.getValueMutable().set(
        tile::ConvertLayoutOp::create(builder, op.getLoc(), own, op.getValue()));
  }

 private:
  std::optional<Distributed> own_layout(tile::ViewAccess op, Type tile) {
    const tile::ViewType view = op.getView().getType();
    const Distributed at = tile::layout_of(tile);
    const int bytes = static_cast<int>(tile::element_bytes(view.getElementType()));
    const auto possible = static_cast<int>(contiguous_elements(view, op.getFull()));
    const int used = std::min(possible, at.vector_elements());

    if (is_contiguous(view) && at.size() >= 32 * warps_) {
      const Distributed blocked = Distributed::blocked(at.shape(), possible, warps_);
      // Half a sector per access is fine: the next access takes the other half, from the L1 cache.
      const std::int64_t run = layout::contiguous_run(at, used) * bytes;
      if (used * bytes < widest_access_bytes && run < sector_bytes &&
          layout::contiguous_run(blocked, possible) * bytes > run) {
        if (tile::conversion_bytes(at, blocked, view.getElementType()) <= shared_limit_)
          return blocked;
        op->emitRemark() << "suit-accesses: " << op->getName().stripDialect()
                         << " touches parts of sectors: to move so large a tile between threads "
                            "first takes more shared memory than a block may have";
      }
    }
    // Threads with less than a vector each: a tile that is spread over more threads hides latency
    // better.
    const int elements = at.registers() >> std::popcount(at.replicated_registers());
    if (used == possible || elements < possible) return std::nullopt;
    const auto wide = layout::widened(at, possible);
    if (wide &&
        (layout::plan_cheap_shuffles(*wide, at, bytes) || layout::register_sources(*wide, at)))
      return wide;
    op->emitRemark() << "suit-accesses: " << op->getName().stripDialect() << " moves "
                     << used * bytes << " bytes at a time, where its alignment allows "
                     << possible * bytes
                     << ": the layout that its tile is computed in gives a thread no more";
    return std::nullopt;
  }

  /// Whether rows of the tile are contiguous in memory.
  static bool is_contiguous(tile::ViewType view) {
    unsigned inner = view.getRank() - 1;
    while (inner > 0 && view.getShape()[inner] == 1) --inner;
    return view.getStrides()[inner] == 1;
  }

  int warps_;
  std::int64_t shared_limit_;
};

struct SuitAccesses : PassWrapper<SuitAccesses, OperationPass<func::FuncOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(SuitAccesses)
  StringRef getArgument() const override { return "tile-suit-accesses"; }
  StringRef getDescription() const override {
    return "Give loads and stores layouts of their own where the computation's does not suit them";
  }
  void runOnOperation() override {
    Suit suit(getOperation());
    getOperation().walk([&](Operation* op) {
      if (auto load = dyn_cast<tile::LoadOp>(op)) suit.load(load);
      if (auto store = dyn_cast<tile::StoreOp>(op)) suit.store(store);
    });
  }
};

}  // namespace

std::unique_ptr<Pass> create_suit_accesses_pass() { return std::make_unique<SuitAccesses>(); }

}  // namespace tegula::compiler
