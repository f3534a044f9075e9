// Allocate shared memory: where each operation that exchanges data between warps keeps it.
#pragma once

#include <cstdint>
#include <memory>

#include "compiler/ir/dialect.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/Pass.h"

namespace tegula::compiler {

/// The operation's place in shared memory: an i32 attribute, in bytes.
inline constexpr char shared_offset_attribute[] = "tile.shared_offset";
/// The function's shared memory: an i64 attribute, in bytes.
inline constexpr char shared_bytes_attribute[] = "tile.shared_bytes";

/// The function's queues of asynchronous copies: an i64 attribute, in bytes, a multiple of 16; none
/// if it has no queues. An operation's offset counts from their start.
inline constexpr char queue_bytes_attribute[] = "tile.queue_bytes";

/// Where the operation that needs most of it is: a location.
inline constexpr char shared_largest_attribute[] = "tile.shared_largest";

/// Set on an operation whose shared memory may still be read when it begins: it takes a barrier
/// before writing.
inline constexpr char shared_reused_attribute[] = "tile.shared_reused";

/// The type in which a reduction accumulates elements of `element`: f32 for f16 and bf16, i32 for
/// i1.
mlir::Type accumulator_type(mlir::Type element);

/// How many elements of a tile are printed, and the shared memory through which they pass: a
/// multiple of 16 bytes.
std::int64_t printed_elements(mlir::RankedTensorType tile);
std::int64_t printed_bytes(mlir::Type tile);

/// Bytes of shared memory that a block may have on the function's architecture; where it names
/// none, any number.
std::int64_t shared_limit(mlir::func::FuncOp function);

/// Bytes of shared memory that a tile of `element` needs to get from one layout to the other.
std::int64_t conversion_bytes(const layout::Distributed& from, const layout::Distributed& to,
                              mlir::Type element);

/// Bytes of shared memory that lowering the operation needs; 0 for most.
std::int64_t scratch_bytes(mlir::Operation* op);

/// Sets shared_offset_attribute on the operations and the other two on a func.func. Places are
/// aligned to 16 bytes. Operations share bytes unless one may still be reading, with no barrier in
/// between, when another begins: so sharing costs no barriers, and a row of exchanges takes turns
/// in two places. A kernel that so needs more than a block may declare (48 KiB) has all of them in
/// one place if that is less, with barriers between (shared_reused_attribute): occupancy is worth
/// more. Queues of asynchronous copies lie behind all of that: copies are under way while exchanges
/// happen. So do the collectives of a cluster, in one place for all. Runs behind insert_barriers.
std::unique_ptr<mlir::Pass> create_allocate_shared_pass();

}  // namespace tegula::compiler
