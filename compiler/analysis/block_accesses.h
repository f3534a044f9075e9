// Block order: which accesses of memory by other threads of the block may still be under way.
#pragma once

#include <optional>
#include <vector>

#include "compiler/ir/dialect.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace tegula::compiler {

/// An access since the last barrier: of a tensor, or of an operation's shared memory.
struct BlockAccess {
  /// A tensor's pointer, a function argument; one and the same for tensors that may share bytes.
  /// Null for shared memory.
  mlir::Value base;
  mlir::Value view;  ///< null for gather, scatter and atomics
  mlir::Attribute layout;
  bool is_store = false;
  /// Of an atomic whose value before nobody wants: what it does, which commutes with the same.
  std::optional<tile::AtomicKind> commutes = std::nullopt;
  /// Of shared memory: the operation (tile::ScratchUse::exchange) that exchanges through it. It
  /// writes, joins all threads at a barrier of its own, and reads; what stays open is the reading.
  mlir::Operation* exchange = nullptr;

  friend bool operator==(const BlockAccess&, const BlockAccess&) = default;
};

/// The access of a tensor that an operation makes, if any.
std::optional<BlockAccess> tensor_access(mlir::Operation& op);

/// Whether two accesses need a barrier between them: they may be of the same bytes, by different
/// threads, and one of them writes. Different exchanges do not meet: allocate_shared sees to it.
bool conflict(const BlockAccess& a, const BlockAccess& b);

/// Walks a function in the order in which a block runs it. A loop's body is visited twice, the
/// second time with what its first round leaves open; what was open before a region may be open
/// after it.
class BlockOrder {
 public:
  virtual ~BlockOrder() = default;
  void walk(mlir::func::FuncOp function);

 protected:
  using Accesses = std::vector<BlockAccess>;

  /// `op` makes `access` while `open` may be under way, none of it of `op` itself unless from the
  /// round before. True if a barrier comes between.
  virtual bool barrier_before(mlir::Operation& op, const BlockAccess& access,
                              const Accesses& open) = 0;
  /// An atomic acquires: what any thread of the block does after it comes after. True if a barrier
  /// follows it.
  virtual bool barrier_after(mlir::Operation& op) = 0;

 private:
  void visit(mlir::Region& region, Accesses& open);
  void visit(mlir::Operation& op, Accesses& open);
  void visit_regions(mlir::Operation& op, Accesses& open);
  void access(mlir::Operation& op, const BlockAccess& access, Accesses& open);
};

/// Whether what threads of the block did before an operation must be done before it, and what they
/// do after it comes after.
bool releases(mlir::Operation& op);
bool acquires(mlir::Operation& op);

}  // namespace tegula::compiler
