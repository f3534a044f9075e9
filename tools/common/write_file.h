// Writing an output file whole.
#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace tegula::tools {

/// Throws Error{invalid_argument} if `path` cannot be created, Error{environment} if it cannot be
/// written to its end.
void write_file(const std::string& path, std::span<const std::byte> bytes);

}  // namespace tegula::tools
