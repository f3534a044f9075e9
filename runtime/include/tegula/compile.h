// The seam between the runtime and a compiler: bytes in, bytes out. The runtime knows no compiler;
// one registers itself here (linking tegula::tegula does), and a miss asks it.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "tegula/device.h"

#pragma GCC visibility push(default)
namespace tegula {

struct CompileRequest {
  std::vector<std::byte> program;  ///< a serialised Program
  Target target;
};

/// Serialised CompileRequest in; serialised Entry out. Throws tegula::Error for what the kernel's
/// author or the machine can mend.
using CompileFunction = std::vector<std::byte> (*)(std::span<const std::byte> request);

/// Replaces the compile function and returns the one before it (null if none). Thread-safe.
CompileFunction set_compile_function(CompileFunction function);

/// Asks the registered compiler. Throws Error{environment} if there is none.
std::vector<std::byte> compile(const CompileRequest& request);

std::vector<std::byte> serialise(const CompileRequest& request);
/// Throws Error{corrupt_data}.
CompileRequest read_compile_request(std::span<const std::byte> bytes);

}  // namespace tegula
#pragma GCC visibility pop
