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
  int error = std::fwrite(bytes.data(), 1, bytes.size(), file) == bytes.size() ? 0 : errno;
  // A full disk may be noticed only when the buffer is flushed.
  if (std::fclose(file) != 0 && error == 0) error = errno;
  if (error != 0)
    throw Error(
        ErrorCode::environment,
        {.argument = path, .problem = "the file cannot be written", .got = std::strerror(error)});
}

}  // namespace tegula::tools
