// Scratch: the shared memory that operations need to pass data between warps.
#pragma once

#include <cstdint>

#include "compiler/ir/interfaces.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Operation.h"

namespace tegula::tile {

/// Bytes of shared memory that a block may have on the architecture of the function around an
/// operation; unlimited if the function names none.
std::int64_t shared_limit(mlir::Operation* op);

bool uses_scratch(mlir::Operation* op, ScratchUse use);
/// Bytes of scratch through which an operation passes data between warps; 0 for most.
std::int64_t block_scratch_bytes(mlir::Operation* op);

/// Bytes of shared memory that converting a tile of `element` from one layout to the other needs.
std::int64_t conversion_bytes(const layout::Distributed& from, const layout::Distributed& to,
                              mlir::Type element);

/// Bytes that `count` elements take, rounded up to the alignment of whatever follows.
std::int64_t partial_bytes(mlir::Type element, std::int64_t count);

/// The type in which a reduction accumulates elements of `element`: f32 for f16 and bf16, i32 for
/// i1.
mlir::Type accumulator_type(mlir::Type element);

/// How many elements of a tile are printed.
std::int64_t printed_elements(mlir::RankedTensorType tile);
std::int64_t printed_bytes(mlir::Type tile);

}  // namespace tegula::tile
