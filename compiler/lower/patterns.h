// The patterns that lower each family of operations: lower_to_llvm's list.
#pragma once

#include "mlir/Conversion/LLVMCommon/TypeConverter.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Transforms/DialectConversion.h"

namespace tegula::compiler {

void populate_memory_patterns(const mlir::LLVMTypeConverter& types,
                              mlir::RewritePatternSet& patterns);
void populate_async_patterns(const mlir::LLVMTypeConverter& types,
                             mlir::RewritePatternSet& patterns);
void populate_shape_patterns(const mlir::LLVMTypeConverter& types,
                             mlir::RewritePatternSet& patterns);
void populate_convert_patterns(const mlir::LLVMTypeConverter& types,
                               mlir::RewritePatternSet& patterns);
void populate_reduce_patterns(const mlir::LLVMTypeConverter& types,
                              mlir::RewritePatternSet& patterns);
void populate_cluster_patterns(const mlir::LLVMTypeConverter& types,
                               mlir::RewritePatternSet& patterns);
/// Before: gives each print and assert the number of its marker.
void number_markers(mlir::ModuleOp module);
void populate_debug_patterns(const mlir::LLVMTypeConverter& types,
                             mlir::RewritePatternSet& patterns);
void populate_atomic_patterns(const mlir::LLVMTypeConverter& types,
                              mlir::RewritePatternSet& patterns);
void populate_scan_patterns(const mlir::LLVMTypeConverter& types,
                            mlir::RewritePatternSet& patterns);
void populate_math_patterns(const mlir::LLVMTypeConverter& types,
                            mlir::RewritePatternSet& patterns);

}  // namespace tegula::compiler
