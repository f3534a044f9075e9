// Combinations: the region of tile.reduce_with and tile.scan_with, applied to whole vectors; and
// how partial results reach other lanes and other warps.
#pragma once

#include "compiler/passes/lowering.h"

namespace tegula::compiler {

/// One vector for each tile that is combined, all of one length.
using Values = llvm::SmallVector<mlir::Value>;
/// Combines two sets element by element; the first is the left side.
using Combine = llvm::function_ref<Values(const Values&, const Values&)>;

/// The region's operations on vectors in place of its scalars.
Values apply_combination(Code& code, mlir::Region& region, const Values& left, const Values& right);

/// Whether exchanging the sides changes no bit of the result: the region is one commutative
/// operation on one element.
bool is_symmetric(mlir::Region& region);

/// Of each vector the elements picked.
Values pick(Code& code, const Values& values, llvm::ArrayRef<std::int32_t> indices);
/// Element by element, or all by one i1: `mask` ? a : b.
Values select(Code& code, mlir::Value mask, const Values& a, const Values& b);

/// The elements of another lane, of any type: that whose number differs by XOR with `mask`, or that
/// of number `lane`.
mlir::Value from_lane_across(Code& code, mlir::Value vector, int mask);
mlir::Value from_lane(Code& code, mlir::Value vector, mlir::Value lane);

/// Bytes that `count` elements take in shared memory, up to where others may follow.
std::int64_t partial_bytes(mlir::Type element, std::int64_t count);

/// Stores a vector, of a power of two of elements, from element `first` behind `base` on, where the
/// predicate (null: always) is true. `first` is a multiple of their number.
void store_partials(Code& code, mlir::Value base, mlir::Value first, mlir::Value vector,
                    mlir::Value predicate);
/// Loads a vector of `count` elements as they were stored.
mlir::Value load_partials(Code& code, mlir::Value base, mlir::Type element, mlir::Value first,
                          std::int64_t count);

}  // namespace tegula::compiler
