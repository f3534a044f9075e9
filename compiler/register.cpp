// Linking the static compiler makes it the one that a miss asks.
#include "tegula/compile.h"
#include "tegula/compiler.h"

/// The one symbol that the package's archive of the compiler shows: asking for it links the
/// archive's only object, whose initialisers run when the program starts.
extern "C" {
extern const bool tegula_compiler_registered;
const bool tegula_compiler_registered =
    (tegula::set_compile_function(&tegula::compiler::answer), true);
}
