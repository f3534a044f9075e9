// Standard output, of which nothing gets lost without a word.
#pragma once

#include <string_view>

namespace tegula::tools {

/// Throws Error{environment} if the text cannot be written.
void put(std::string_view text);

/// Writes what waits in the buffer. A program calls it before it ends with success: a full disk may
/// show only here, and so does what failed under another function's hands (std::printf, std::cout).
/// Throws Error{environment} if anything was lost.
void finish_output();

}  // namespace tegula::tools
