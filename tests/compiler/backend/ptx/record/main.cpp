// Writes tests/compiler/backend/ptx/resource_table.inc on standard output. Refuses where a kernel
// spills.
#include <cstdio>
#include <exception>

#include "compiler/backend/ptx/assembler.h"
#include "runtime/format/architecture.h"
#include "tests/compiler/backend/ptx/library_cases.h"
#include "tools/common/standard_output.h"

namespace tegula::compiler {
namespace {

int record() {
  if (assemblers().empty()) {
    std::fputs("record_resources: no assembler for PTX on this machine\n", stderr);
    return 3;
  }
  std::printf(
      "// Written by record_resources; resource_table.h says how.\n"
      "// clang-format off\n"
      "inline constexpr std::string_view recorded_with = \"%s %s\";\n"
      "inline constexpr std::string_view recorded_architectures[] = {",
      assemblers().front().name.c_str(), assemblers().front().version.c_str());
  const char* separator = "";
  for (const format::Architecture& arch : format::architectures()) {
    std::printf("%s\"%s\"", separator, std::string(arch.name).c_str());
    separator = ", ";
  }
  std::printf("};\ninline constexpr Recorded recorded_resources[] = {\n");
  for (const LibraryCase& c : library_cases()) {
    if (!c.is_recorded) continue;
    std::string registers;
    std::string config;
    for (const format::Architecture& arch : format::architectures()) {
      if (!is_for(c, std::string(arch.name))) {
        registers += registers.empty() ? "0" : ", 0";
        continue;
      }
      const Assembled assembled = assemble_case(c, std::string(arch.name));
      const format::Resources& resources = assembled.cubin.entry.resources;
      if (resources.spill_store_bytes != 0 || resources.spill_load_bytes != 0) {
        std::fprintf(stderr, "record_resources: %s spills on %s\n", c.name.c_str(),
                     std::string(arch.name).c_str());
        return 1;
      }
      config = assembled.config;
      registers += (registers.empty() ? "" : ", ") + std::to_string(resources.registers);
    }
    std::printf("    {\"%s\", \"%s\", {%s}},\n", c.name.c_str(), config.c_str(), registers.c_str());
  }
  std::printf("};\n// clang-format on\n");
  tools::finish_output();
  return 0;
}

}  // namespace
}  // namespace tegula::compiler

int main() {
  try {
    return tegula::compiler::record();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "record_resources: %s\n", error.what());
    return 1;
  }
}
