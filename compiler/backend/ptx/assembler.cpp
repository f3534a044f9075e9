#include "compiler/backend/ptx/assembler.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>
#include <span>

#include "compiler/backend/ptx/nvjitlink.h"
#include "compiler/backend/ptx/ptxas.h"
#include "compiler/backend/ptx/resources.h"
#include "tegula/error.h"

namespace tegula::compiler {
namespace {

namespace fs = std::filesystem;

/// Where a CUDA toolkit may be, most specific first.
std::vector<fs::path> toolkit_roots() {
  std::vector<fs::path> roots;
  for (const char* variable : {"CUDA_HOME", "CUDA_PATH"})
    if (const char* value = std::getenv(variable); value != nullptr && *value != '\0')
      roots.emplace_back(value);
  roots.emplace_back("/usr/local/cuda");
  return roots;
}

std::vector<AssemblerInfo> find_assemblers() {
  std::vector<AssemblerInfo> found;
  std::vector<std::string> libraries, programs;
  for (const fs::path& root : toolkit_roots()) {
    for (int major : {13, 12})
      for (const char* folder : {"lib64", "targets/x86_64-linux/lib"})
        libraries.push_back(root / folder / fmt::format("libnvJitLink.so.{}", major));
    programs.push_back(root / "bin" / "ptxas");
  }
  for (int major : {13, 12}) libraries.push_back(fmt::format("libnvJitLink.so.{}", major));
  if (const char* path = std::getenv("PATH"); path != nullptr) {
    std::string_view rest = path;
    while (!rest.empty()) {
      const auto end = std::min(rest.find(':'), rest.size());
      if (end > 0) programs.push_back(fs::path(rest.substr(0, end)) / "ptxas");
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }
  for (const std::string& library : libraries)
    if (auto version = nvjitlink_version(library)) {
      found.push_back({"nvJitLink", *version, library});
      break;
    }
  for (const std::string& program : programs)
    if (auto version = ptxas_version(program)) {
      found.push_back({"ptxas", *version, program});
      break;
    }
  return found;
}

std::int64_t spilled(const Cubin& cubin) {
  return std::int64_t{cubin.resources.spill_store_bytes} + cubin.resources.spill_load_bytes;
}

/// Of "13.0.88".
int major_version(const AssemblerInfo& assembler) { return std::atoi(assembler.version.c_str()); }

}  // namespace

const std::vector<AssemblerInfo>& assemblers() {
  static const std::vector<AssemblerInfo> found = find_assemblers();
  return found;
}

bool spills_less(const Cubin& other, const Cubin& than) {
  return other.resources.registers > 0 && !other.bytes.empty() && spilled(other) < spilled(than);
}

Cubin assemble(std::string_view ptx, std::string_view arch) {
  if (assemblers().empty())
    throw Error(ErrorCode::environment,
                {.problem = "no assembler for PTX was found",
                 .wanted = "libnvJitLink.so or ptxas of CUDA 12 or later",
                 .hint = "install the CUDA toolkit, or set CUDA_HOME to it; `tegula doctor` shows "
                         "where it is sought"});
  const AssemblerInfo& preferred = assemblers().front();
  Cubin best = assemble_with(preferred, ptx, arch);
  for (const AssemblerInfo& assembler : std::span(assemblers()).subspan(1)) {
    if (spilled(best) <= 0) break;
    // One of a newer toolkit: the driver may not accept its code.
    if (major_version(assembler) > major_version(preferred)) continue;
    try {
      Cubin other = assemble_with(assembler, ptx, arch);
      if (spills_less(other, best)) best = std::move(other);
    } catch (const Error&) {
      // The preferred assembler's code is good enough.
    }
  }
  return best;
}

Cubin assemble_with(const AssemblerInfo& assembler, std::string_view ptx, std::string_view arch) {
  Cubin cubin = assembler.name == "nvJitLink" ? nvjitlink_assemble(assembler.path, ptx, arch)
                                              : ptxas_assemble(assembler.path, ptx, arch);
  cubin.assembler = assembler.name + " " + assembler.version;
  cubin.resources = parse_resources(cubin.log);
  return cubin;
}

}  // namespace tegula::compiler
