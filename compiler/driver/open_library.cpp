// Linking tegula::tegula makes libtegula_compiler.so the compiler that is called on a miss.
#include "tegula/compile.h"

/// Referring to this symbol links the archive's only object, whose initialisers run when the
/// program starts.
extern "C" {
extern const bool tegula_compiler_registered;
const bool tegula_compiler_registered =
    (tegula::set_compile_function(&tegula::compile_by_library), true);
}
