#include <sys/stat.h>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include <fmt/format.h>

#include "tegula/error.h"
#include "tools/common/memory.h"
#include "tools/common/write_file.h"
#include "tools/npy/npy.h"

namespace tegula::npy {
namespace {

struct Close {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, Close>;

[[noreturn]] void unreadable(const std::string& path, int error) {
  throw Error(
      ErrorCode::invalid_argument,
      {.argument = path, .problem = "the file cannot be read", .got = std::strerror(error)});
}

}  // namespace

Array read_file(const std::string& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) unreadable(path, errno);
  // The size bounds what is read, and opening a pipe could wait for ever.
  if (!S_ISREG(status.st_mode))
    throw Error(ErrorCode::invalid_argument,
                {.argument = path, .problem = "not a regular file", .wanted = "a .npy file"});
  const File file(std::fopen(path.c_str(), "rbe"));
  if (!file) unreadable(path, errno);
  const double memory = tools::physical_memory(), needed = 2 * static_cast<double>(status.st_size);
  if (needed > memory)
    throw Error(ErrorCode::out_of_resources,
                {.argument = path,
                 .problem = "reading the file takes more memory than this machine has",
                 .got = fmt::format("{} bytes, held twice", status.st_size),
                 .wanted = fmt::format("at most {:.0f} bytes", memory / 2)});
  std::vector<std::byte> bytes(static_cast<std::size_t>(status.st_size));
  const std::size_t got = std::fread(bytes.data(), 1, bytes.size(), file.get());
  if (std::ferror(file.get()) != 0) unreadable(path, errno);
  bytes.resize(got);
  return parse(bytes, path);
}

void write_file(const std::string& path, const Array& array) {
  tools::write_file(path, serialise(array));
}

}  // namespace tegula::npy
