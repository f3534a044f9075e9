#include "tools/common/write_file.h"

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "tegula/error.h"

namespace tegula::tools {

void write_file(const std::string& path, std::span<const std::byte> bytes) {
  std::FILE* file = std::fopen(path.c_str(), "wbe");
  if (file == nullptr)
    throw Error(
        ErrorCode::invalid_argument,
        {.argument = path, .problem = "the file cannot be created", .got = std::strerror(errno)});
  const bool written = std::fwrite(bytes.data(), 1, bytes.size(), file) == bytes.size();
  // A full disk may be noticed only when the buffer is flushed.
  if (std::fclose(file) != 0 || !written)
    throw Error(
        ErrorCode::environment,
        {.argument = path, .problem = "the file cannot be written", .got = std::strerror(errno)});
}

}  // namespace tegula::tools
