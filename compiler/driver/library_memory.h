// What libtegula_compiler.so does when memory runs out. LLVM and MLIR assume that it does not: in
// some places they end the process, in others they write through a null pointer, and an exception
// would unwind them half done. So every allocation of this library goes through functions of its
// own
// (`--wrap`, cmake/TegulaLibraries.cmake), and the first one that fails leaves the compile by
// longjmp, with nothing destroyed: no destructor sees a half-made object.
#pragma once

#include <csetjmp>

namespace tegula::compiler {

/// Where a failing allocation on this thread jumps to; null: it throws, or returns null, as usual.
extern thread_local std::jmp_buf* way_out;

}  // namespace tegula::compiler
