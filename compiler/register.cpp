// Linking tegula::tegula makes this compiler the one that a miss asks.
#include "tegula/compile.h"
#include "tegula/compiler.h"

namespace {
[[maybe_unused]] const bool registered =
    (tegula::set_compile_function(&tegula::compiler::compile_request), true);
}
