#include "compiler/driver/dump.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <mutex>

namespace tegula::compiler {

Dump::Dump(const program::Program& program, std::string_view arch) {
  const char* directory = std::getenv("TEGULA_DUMP");
  if (directory == nullptr || *directory == '\0') return;
  std::error_code ignored;  // a failure shows when the first file is written
  std::filesystem::create_directories(directory, ignored);
  prefix_ = fmt::format("{}/{}-{}.{}.", directory, program.name,
                        program::content_hash(program).hex(), arch);
}

void Dump::write(std::string_view stage, std::span<const std::byte> bytes) const {
  if (!is_on()) return;
  const std::string path = prefix_ + std::string(stage);
  errno = 0;
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(reinterpret_cast<const char*>(bytes.data()),
             static_cast<std::streamsize>(bytes.size()));
  file.close();
  if (file) return;
  const std::string why = std::strerror(errno);
  static std::once_flag told;
  std::call_once(told, [&] {
    std::fputs(fmt::format("tegula: TEGULA_DUMP: cannot write {} ({}); kernels run all the same\n",
                           path, why)
                   .c_str(),
               stderr);
  });
}

void Dump::write(std::string_view stage, std::string_view text) const {
  write(stage, std::as_bytes(std::span(text)));
}

}  // namespace tegula::compiler
