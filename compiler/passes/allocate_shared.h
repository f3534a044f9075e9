// Allocate shared memory: where each operation that exchanges data between warps keeps it.
#pragma once

#include <cstdint>
#include <memory>

#include "compiler/ir/dialect.h"
#include "mlir/Pass/Pass.h"

namespace tegula::compiler {

/// The operation's place in shared memory: an i32 attribute, in bytes.
inline constexpr char shared_offset_attribute[] = "tile.shared_offset";
/// The function's shared memory: an i32 attribute, in bytes.
inline constexpr char shared_bytes_attribute[] = "tile.shared_bytes";

/// Set on an operation in a loop: its shared memory may still be read from the last round.
inline constexpr char shared_reused_attribute[] = "tile.shared_reused";

/// The type in which a reduction accumulates elements of `element`: f32 for f16 and bf16, i32 for
/// i1.
mlir::Type accumulator_type(mlir::Type element);

/// Bytes of shared memory that lowering the operation needs; 0 for most.
std::int64_t scratch_bytes(mlir::Operation* op);

/// Sets shared_offset_attribute and shared_bytes_attribute on a func.func. Every operation has a
/// place of its own, aligned to 16 bytes, so that one barrier between writing and reading is
/// enough; in a loop (shared_reused_attribute) it takes another one before writing.
std::unique_ptr<mlir::Pass> create_allocate_shared_pass();

}  // namespace tegula::compiler
