// Combinations: the region of tile.reduce_with and tile.scan_with, applied to whole vectors.
#pragma once

#include "compiler/lower/code.h"

namespace tegula::compiler {

/// One vector for each tile that is combined, all of one length.
using Values = llvm::SmallVector<mlir::Value>;
/// Combines two sets element by element; the first is the left side.
using Combine = llvm::function_ref<Values(const Values&, const Values&)>;

/// Combines two values or vectors of one type.
mlir::Value combine(Code& code, tile::ReduceKind kind, mlir::Value a, mlir::Value b);

/// Applies the region's operations to vectors instead of its scalars.
Values apply_combination(Code& code, mlir::Region& region, const Values& left, const Values& right);

/// Whether swapping the sides changes no bit of the result: the region is one commutative operation
/// on one element.
bool is_symmetric(mlir::Region& region);

/// The picked elements of each vector.
Values pick(Code& code, const Values& values, llvm::ArrayRef<std::int32_t> indices);
/// Element by element, or all by one i1: `mask` ? a : b.
Values select(Code& code, mlir::Value mask, const Values& a, const Values& b);

}  // namespace tegula::compiler
