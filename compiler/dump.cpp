#include "compiler/dump.h"

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <mutex>

namespace tegula::compiler {

Dump::Dump(const program::Program& program, std::string_view arch) {
  const char* directory = std::getenv("TEGULA_DUMP");
  if (directory == nullptr || *directory == '\0') return;
  prefix_ = fmt::format("{}/{}-{}.{}.", directory, program.name,
                        program::content_hash(program).hex(), arch);
}

void Dump::write(std::string_view stage, std::span<const std::byte> bytes) const {
  if (!is_on()) return;
  const std::string path = prefix_ + std::string(stage);
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(reinterpret_cast<const char*>(bytes.data()),
             static_cast<std::streamsize>(bytes.size()));
  file.close();
  if (file) return;
  static std::once_flag told;
  std::call_once(told, [&] {
    std::fputs(fmt::format("tegula: TEGULA_DUMP: cannot write {}; kernels run all the same\n", path)
                   .c_str(),
               stderr);
  });
}

void Dump::write(std::string_view stage, std::string_view text) const {
  write(stage, std::as_bytes(std::span(text)));
}

}  // namespace tegula::compiler
