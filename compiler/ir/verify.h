// Checks that the verifiers of several families of operations share. Every message names shapes and
// dtypes.
#pragma once

#include "compiler/ir/dialect.h"

namespace tegula::tile {

inline mlir::RankedTensorType tile_type(mlir::Value value) {
  return mlir::cast<mlir::RankedTensorType>(value.getType());
}

mlir::LogicalResult same_element(mlir::Operation* op, mlir::RankedTensorType from,
                                 mlir::RankedTensorType to);
/// Layouts are either on both or on neither.
mlir::LogicalResult both_laid_out(mlir::Operation* op, mlir::RankedTensorType from,
                                  mlir::RankedTensorType to);
/// A tile of a view: coordinates and flags for each dimension, and the view's shape and dtype.
mlir::LogicalResult verify_access(ViewAccess access, mlir::RankedTensorType tile);

}  // namespace tegula::tile
