// nvJitLink, opened at run time.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "compiler/backend/ptx/assembler.h"

namespace tegula::compiler {

/// The version of the library at `path` ("13.0"), or nothing if it cannot be opened.
std::optional<std::string> nvjitlink_version(const std::string& path);

/// Throws Error{unsupported} with the library's log.
Cubin nvjitlink_assemble(const std::string& path, std::string_view ptx, std::string_view arch);

}  // namespace tegula::compiler
