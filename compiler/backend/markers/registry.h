// The table of all markers, made of the families' lists.
#pragma once

#include "compiler/backend/markers/marker.h"

namespace llvm {
class Module;
}

namespace tegula::compiler {

/// The marker that the function stands for, or null.
const Marker* find_marker(const llvm::Function& function);

/// Gives the markers that a module declares their attributes. Call this before any LLVM pass.
/// Throws InternalError for a function named `tegula.*` that is not a marker.
void annotate_markers(llvm::Module& module);

/// PTX only: replaces every call of a marker.
void lower_markers_to_ptx(llvm::Module& module);

}  // namespace tegula::compiler
