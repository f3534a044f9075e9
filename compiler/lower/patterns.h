// The patterns that lower each family of operations: populate_NAME_patterns of lower_NAME.cpp.
#pragma once

#include "mlir/Conversion/LLVMCommon/TypeConverter.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Transforms/DialectConversion.h"

namespace tegula::compiler {

#define TEGULA_FAMILY(name)                                             \
  void populate_##name##_patterns(const mlir::LLVMTypeConverter& types, \
                                  mlir::RewritePatternSet& patterns);
#include "compiler/lower/families.inc"
#undef TEGULA_FAMILY

/// Call this before: it gives each print and assert the number of its marker.
void number_markers(mlir::ModuleOp module);

}  // namespace tegula::compiler
