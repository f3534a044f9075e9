// The interfaces by which operations of the tile dialect state their rules (interfaces.td), what
// they are stated in, and the rules of operations of other dialects.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "compiler/ir/types.h"
#include "mlir/IR/OpDefinition.h"

namespace tegula::tile {

//===--- Layouts ----------------------------------------------------------------------------===//

/// The ways on which layouts spread.
class LayoutLinks {
 public:
  /// What a layout becomes on the way; nothing if it does not get there.
  using Map = std::function<std::optional<layout::Distributed>(const layout::Distributed&)>;

  virtual ~LayoutLinks() = default;
  /// From one tile to the other; the two meet, whether or not `map` gives a layout.
  virtual void link(mlir::Value from, mlir::Value to, Map map) = 0;
  /// Both ways, as it is.
  virtual void same(mlir::Value a, mlir::Value b) = 0;
};

/// Makes operands and results of an operation what its rules say.
class LayoutSettling {
 public:
  virtual ~LayoutSettling() = default;
  /// The operand is taken in this layout.
  virtual void take(mlir::OpOperand& operand, const layout::Distributed& wanted) = 0;
  /// The result comes in this layout; its users keep the one that they expect.
  virtual void give(mlir::Value result, const layout::Distributed& natural) = 0;
};

/// The rules of any operation: its own, or those of an elementwise operation of another dialect.
void link_layouts(mlir::Operation* op, LayoutLinks& links);
void settle_layouts(mlir::Operation* op, LayoutSettling& settling);
/// The layout of its operands where its result has `at`, if it moves no data.
std::optional<layout::Distributed> operand_layout(mlir::Operation* op,
                                                  const layout::Distributed& at);
/// What it costs to compute its only result in another layout (LayoutRules); nothing if it cannot
/// be.
std::optional<double> cycles_per_register(mlir::Operation* op);

/// For link_layouts of an operation that takes all its operands in one layout, which is not the
/// results': the first operand stands for the others.
void link_first_operand(mlir::Operation* op, LayoutLinks& links);

/// What LayoutRules does by default.
void link_by_rules(mlir::Operation* op, LayoutLinks& links);
void settle_by_rules(mlir::Operation* op, LayoutSettling& settling);

//===--- Memory -----------------------------------------------------------------------------===//

/// What an operation needs shared memory for.
enum class ScratchUse : std::uint8_t {
  exchange,  ///< it writes, joins all threads at a barrier of its own, and reads
  cluster,   ///< other blocks read it, up to the next tile.cluster_wait
  queue,     ///< a part of the function's queues of asynchronous copies
};

/// An access of a tensor by all threads of the block.
struct TensorAccess {
  mlir::Value view;     ///< null for gather, scatter and atomics
  mlir::Value pointer;  ///< null for accesses of a view
  mlir::Attribute layout;
  bool is_store = false;
  /// Of an atomic whose value before nobody wants: what it does, which commutes with the same.
  std::optional<AtomicKind> commutes = std::nullopt;
};

}  // namespace tegula::tile

#include "compiler/ir/tile_interfaces.h.inc"
