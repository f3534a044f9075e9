// The one table of markers: what every family has.
#pragma once

#include "compiler/backend/markers/marker.h"

namespace llvm {
class Module;
}

namespace tegula::compiler {

/// The marker whose function that is, or null.
const Marker* find_marker(const llvm::Function& function);

/// Tells LLVM what the markers that a module declares may do. To be called before any LLVM pass.
/// Throws InternalError for a function named `tegula.*` that is none.
void annotate_markers(llvm::Module& module);

/// PTX only: replaces every call of a marker.
void lower_markers_to_ptx(llvm::Module& module);

}  // namespace tegula::compiler
