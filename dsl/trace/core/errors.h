// Mistakes of a kernel's author, reported at the author's line.
#pragma once

#include <source_location>

#include "tegula/error.h"

namespace tegula::detail {

/// "file:line:column"; "" if unknown.
std::string to_text(const std::source_location& at);

/// Throws Error{kernel}; `details.where` is filled in.
[[noreturn]] void fail(const std::source_location& at, ErrorDetails details);

}  // namespace tegula::detail
