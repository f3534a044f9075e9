// Scratch: the shared memory that operations need for exchanges between warps.
#pragma once

#include <cstdint>

#include "compiler/ir/interfaces.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Operation.h"

namespace tegula::tile {

/// Bytes of shared memory that a block may have on the architecture of the function around an
/// operation; where it names none, any number.
std::int64_t shared_limit(mlir::Operation* op);

bool uses_scratch(mlir::Operation* op, ScratchUse use);
/// Bytes that an operation exchanges through; 0 for most.
std::int64_t exchange_bytes(mlir::Operation* op);

/// Bytes of shared memory that a tile of `element` needs to get from one layout to the other.
std::int64_t conversion_bytes(const layout::Distributed& from, const layout::Distributed& to,
                              mlir::Type element);

/// Bytes that `count` elements take, up to where others may follow.
std::int64_t partial_bytes(mlir::Type element, std::int64_t count);

/// The type in which a reduction accumulates elements of `element`: f32 for f16 and bf16, i32 for
/// i1.
mlir::Type accumulator_type(mlir::Type element);

/// How many elements of a tile are printed, and the shared memory through which they pass: a
/// multiple of 16 bytes.
std::int64_t printed_elements(mlir::RankedTensorType tile);
std::int64_t printed_bytes(mlir::Type tile);

}  // namespace tegula::tile
