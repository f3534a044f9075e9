// The compiler: a Program in, an entry out.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "runtime/format/compiler_call.h"
#include "runtime/format/entry.h"
#include "tegula/target.h"

namespace tegula::compiler {

/// A request in, its result out (runtime/format/compiler_call.h): what
/// tegula::set_compile_function takes. Throws tegula::Error for what the kernel's author or the
/// machine can mend. Thread-safe; every call has its own MLIR and LLVM contexts.
std::vector<std::byte> serve(std::span<const std::byte> request);

/// A serialised CompileRequest in, a serialised Entry out.
std::vector<std::byte> compile_request(std::span<const std::byte> request);

using format::Emitted;
using format::Stage;

/// One stage of one Program. The target's backend is ignored: the stage decides.
Emitted emit(std::span<const std::byte> program, const Target& target, Stage stage);

}  // namespace tegula::compiler
