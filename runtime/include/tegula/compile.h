// The seam between the runtime and a compiler: bytes in, bytes out. The runtime knows no compiler;
// one registers itself here (linking tegula::tegula does), and is called on a miss.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "tegula/compile_request.h"

#pragma GCC visibility push(default)
namespace tegula {

/// A serialised CompileRequest in, a serialised Entry out. Throws tegula::Error for what the
/// kernel's author, or the owner of the machine, can mend. runtime/format/compiler_call.h has the
/// other kinds of request; a compiler throws Error{corrupt_data} for one that it does not know.
using CompileFunction = std::vector<std::byte> (*)(std::span<const std::byte> request);

/// Replaces the compile function and returns the one before it (null if none). Thread-safe.
CompileFunction set_compile_function(CompileFunction function);
/// The one that is registered, or null.
CompileFunction compile_function();

/// The CompileFunction that linking tegula::tegula registers: the compiler in
/// libtegula_compiler.so, which is opened at the first request and looked for only beside this
/// library (or the program that this library is a part of). Throws Error{environment} if it is not
/// there, or is of another build.
std::vector<std::byte> compile_by_library(std::span<const std::byte> request);

/// Calls the registered compiler. With TEGULA_COMPILE=process it calls `tegula-compile` (looked for
/// in the same way) instead, so that a compiler that crashes costs this process nothing but an
/// Error{environment}. So does a child that was forked while another thread of its parent compiled,
/// whatever compiler is registered. Throws Error{environment} if no compiler is registered, and
/// Error{invalid_argument} if TEGULA_COMPILE is neither inline nor process.
std::vector<std::byte> compile(const CompileRequest& request);
/// The same for a request of any kind.
std::vector<std::byte> call_compiler(std::span<const std::byte> request);

}  // namespace tegula
#pragma GCC visibility pop
