// Markers: operations without an LLVM intrinsic, as calls to functions named `tegula.*`. The one
// table of them. The lowering calls them by name, the PTX target replaces them by inline assembly
// as its last step, the simulator's encoder decodes them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace llvm {
class Module;
}

namespace tegula::compiler {

/// `tegula.load_if.SPACE.TYPE(pointer, i1 predicate, TYPE other) -> TYPE` and
/// `tegula.store_if.SPACE.TYPE(pointer, TYPE value, i1 predicate)`; SPACE is global or shared, TYPE
/// one of i8, i16, i32, v2i32, v4i32. One access, made by the lanes whose predicate is true.
struct MemoryMarker {
  bool is_load = true;
  bool is_shared = false;
  int words = 1;       ///< i32 elements, or 1 for a narrower type
  int word_bits = 32;  ///< 8, 16 or 32
  std::string name() const;
};

/// All memory markers.
const std::vector<MemoryMarker>& memory_markers();
/// The marker of that name, or null.
const MemoryMarker* find_memory_marker(std::string_view name);

/// Gives the markers that a module declares their attributes: what memory they touch, and that they
/// return and never unwind. To be called before any LLVM pass.
void annotate_markers(llvm::Module& module);

/// PTX only: replaces every call of a marker by inline assembly.
void lower_markers_to_ptx(llvm::Module& module);

}  // namespace tegula::compiler
