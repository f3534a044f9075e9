// The interfaces through which operations of the tile dialect state their rules (interfaces.td),
// the types that these use, and the rules of operations of other dialects.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "compiler/ir/types.h"
#include "mlir/IR/OpDefinition.h"

namespace tegula::tile {

//===--- Layouts ----------------------------------------------------------------------------===//

/// The links along which layouts spread.
class LayoutLinks {
 public:
  /// What a layout becomes along a link; nothing if it does not pass.
  using Map = std::function<std::optional<layout::Distributed>(const layout::Distributed&)>;

  virtual ~LayoutLinks() = default;
  /// Links one tile to another; the two meet, whether or not `map` gives a layout.
  virtual void link(mlir::Value from, mlir::Value to, Map map) = 0;
  /// Links both ways, with the same layout.
  virtual void same(mlir::Value a, mlir::Value b) = 0;
};

/// Gives the operands and results of an operation the layouts that its rules require.
class LayoutSettling {
 public:
  virtual ~LayoutSettling() = default;
  /// The operation takes the operand in this layout.
  virtual void take(mlir::OpOperand& operand, const layout::Distributed& wanted) = 0;
  /// The operation gives the result in this layout; its users get it in the one that they expect.
  virtual void give(mlir::Value result, const layout::Distributed& natural) = 0;
};

/// The rules of any operation: its own, or those of an elementwise operation of another dialect.
void link_layouts(mlir::Operation* op, LayoutLinks& links);
void settle_layouts(mlir::Operation* op, LayoutSettling& settling);
/// The layout of its operands where its result has `at`, if it moves no data.
std::optional<layout::Distributed> operand_layout(mlir::Operation* op,
                                                  const layout::Distributed& at);
/// The cost of computing its only result in another layout (LayoutRules); nothing if that is
/// impossible.
std::optional<double> cycles_per_register(mlir::Operation* op);

/// For link_layouts of an operation that takes all its operands in one layout, which is not the
/// results': the first operand stands for the others.
void link_first_operand(mlir::Operation* op, LayoutLinks& links);

/// The default of LayoutRules.
void link_by_rules(mlir::Operation* op, LayoutLinks& links);
void settle_by_rules(mlir::Operation* op, LayoutSettling& settling);

//===--- Memory -----------------------------------------------------------------------------===//

/// What an operation uses its scratch for.
enum class ScratchUse : std::uint8_t {
  block,    ///< it writes, joins all threads at a barrier of its own, and reads
  cluster,  ///< other blocks read it, up to the next tile.cluster_wait
  queue,    ///< a part of the function's queues of asynchronous copies
};

/// An access of a tensor by all threads of the block.
struct TensorAccess {
  mlir::Value view;     ///< null for gather, scatter and atomics
  mlir::Value pointer;  ///< null for accesses of a view
  mlir::Attribute layout;
  bool is_store = false;
  /// For an atomic whose result nobody uses: its kind; atomics of the same kind commute.
  std::optional<AtomicKind> commutes = std::nullopt;
};

}  // namespace tegula::tile

#include "compiler/ir/tile_interfaces.h.inc"
