// Block accesses: which accesses to memory by other threads of the block may still be under way.
#pragma once

#include <optional>
#include <vector>

#include "compiler/ir/dialect.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace tegula::compiler {

/// An access since the last barrier: of a tensor, or of an operation's shared memory.
struct BlockAccess {
  /// A tensor's pointer, a function argument; the same one for tensors that may share bytes. Null
  /// for shared memory.
  mlir::Value base;
  mlir::Value view;  ///< null for gather, scatter and atomics
  mlir::Attribute layout;
  bool is_store = false;
  /// For an atomic whose result nobody uses: its kind; atomics of the same kind commute.
  std::optional<tile::AtomicKind> commutes = std::nullopt;
  /// Of scratch: the operation (tile::ScratchUse::block) that it belongs to. It
  /// writes, joins all threads at a barrier of its own, and reads; what stays open is the reading.
  mlir::Operation* scratch = nullptr;

  friend bool operator==(const BlockAccess&, const BlockAccess&) = default;
};

/// The access of a tensor that an operation makes, if any.
std::optional<BlockAccess> tensor_access(mlir::Operation& op);

/// Whether two accesses need a barrier between them: they may touch the same bytes, by different
/// threads, and one of them writes. Scratch of different operations does not conflict:
/// allocate_shared takes care of that.
bool conflict(const BlockAccess& a, const BlockAccess& b);

/// Walks a function in the order in which a block runs it. A loop's body is visited twice, the
/// second time with the accesses that the first round leaves open; what was open before a region
/// may still be open after it.
class BlockAccesses {
 public:
  virtual ~BlockAccesses() = default;
  void walk(mlir::func::FuncOp function);

 protected:
  using Accesses = std::vector<BlockAccess>;

  /// `op` makes `access` while the accesses `open` may be under way; those by `op` itself are from
  /// an earlier iteration. Returns true if a barrier comes between.
  virtual bool barrier_before(mlir::Operation& op, const BlockAccess& access,
                              const Accesses& open) = 0;
  /// An atomic acquires: what any thread of the block does afterwards must be ordered after it.
  /// Returns true if a barrier follows it.
  virtual bool barrier_after(mlir::Operation& op) = 0;

 private:
  void visit(mlir::Region& region, Accesses& open);
  void visit(mlir::Operation& op, Accesses& open);
  void visit_regions(mlir::Operation& op, Accesses& open);
  void access(mlir::Operation& op, const BlockAccess& access, Accesses& open);
};

/// Whether an operation releases (acquires): what threads of the block did before must be ordered
/// before it, and what they do afterwards after it.
bool releases(mlir::Operation& op);
bool acquires(mlir::Operation& op);

}  // namespace tegula::compiler
