// Parts of one tensor that have no element in common.
#pragma once

#include "mlir/IR/Value.h"

namespace tegula::compiler {

/// Whether two views are certain to be of different columns of one tensor: narrowed by constants,
/// along the dimension of stride 1, to disjoint ranges.
bool disjoint_parts(mlir::Value a, mlir::Value b);

}  // namespace tegula::compiler
