// What libtegula_compiler.so does where memory runs out. LLVM and MLIR take it for granted: some
// places end the process, others write through a null pointer, and an exception would unwind them
// half done. So every allocation of this library's code goes through functions of its own
// (`--wrap`, cmake/TegulaLibraries.cmake), and the first one that fails leaves the compile as it
// is, by longjmp, with nothing destroyed: no destructor sees what is half done.
#pragma once

#include <csetjmp>

namespace tegula::compiler {

/// Where an allocation that fails on this thread goes; null: an exception, or null, as usual.
extern thread_local std::jmp_buf* way_out;

}  // namespace tegula::compiler
