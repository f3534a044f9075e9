// Import: turns a Program into a function of the tile dialect.
#pragma once

#include "dsl/program/program.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"

namespace tegula::compiler {

/// A module that holds one func.func with the kernel's name. Its arguments are those of
/// program::kernel_parameters, in order: i32 extents, i64 strides, pointers to global memory. If a
/// requirement says that an extent equals another value, that value is used instead, so that later
/// proofs see one value. Tiles have no layout yet.
///
/// The Program must be verified. Throws Error{unsupported}, naming the author's line, for an
/// instruction or a dtype that the compiler cannot lower.
mlir::OwningOpRef<mlir::ModuleOp> import_program(mlir::MLIRContext& context,
                                                 const program::Program& program);

}  // namespace tegula::compiler
