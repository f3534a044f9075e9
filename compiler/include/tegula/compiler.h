// The compiler: a Program in, an entry out.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "runtime/format/entry.h"
#include "tegula/device.h"

namespace tegula::compiler {

/// A serialised CompileRequest in, a serialised Entry out: what tegula::set_compile_function takes.
/// Throws tegula::Error for what the kernel's author or the machine can mend. Thread-safe; every
/// call has its own MLIR and LLVM contexts.
std::vector<std::byte> compile_request(std::span<const std::byte> request);

/// The forms that a kernel passes through, for `tegula emit`.
enum class Stage { tile, layout, llvm, ptx, cubin, sim };

struct Emitted {
  std::vector<std::byte> bytes;  ///< text, or a cubin
  /// All but the payload; resources are those of the cubin where an assembler was found.
  format::Entry entry;
};

/// One stage of one Program. For Stage::sim the target's backend is ignored, and for the others
/// too.
Emitted emit(std::span<const std::byte> program, const Target& target, Stage stage);

}  // namespace tegula::compiler
