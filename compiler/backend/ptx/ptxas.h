// ptxas as a child process.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "compiler/backend/ptx/assembler.h"

namespace tegula::compiler {

/// The version of the program at `path` ("13.0.88"), or nothing if it does not run.
std::optional<std::string> ptxas_version(const std::string& path);

/// Throws Error{unsupported} with what the program printed, Error{environment} if it does not run.
Cubin ptxas_assemble(const std::string& path, std::string_view ptx, std::string_view arch);

}  // namespace tegula::compiler
