#include "tools/cli/machine.h"

#include <dlfcn.h>
#include <cstdlib>
#include <functional>
#include <memory>

#include <fmt/format.h>

#include "runtime/compile/compiler_library.h"
#include "runtime/compile/compiler_process.h"
#include "runtime/format/architecture.h"
#include "runtime/format/compiler_call.h"
#include "runtime/launch/kernel_source.h"
#include "tegula/compile.h"
#include "tegula/device.h"

namespace tegula::cli {
namespace {

struct CloseLibrary {
  void operator()(void* library) const { dlclose(library); }
};
using Library = std::unique_ptr<void, CloseLibrary>;

Library open_library(const char* name) { return Library(dlopen(name, RTLD_LAZY | RTLD_LOCAL)); }

/// cuDriverGetVersion needs no device and no context: it gives 1000 * major + 10 * minor.
std::string driver_version(void* library) {
  using GetVersion = int (*)(int*);
  const auto get = reinterpret_cast<GetVersion>(dlsym(library, "cuDriverGetVersion"));
  int version = 0;
  if (get == nullptr || get(&version) != 0) return "";
  return fmt::format("{}.{}", version / 1000, version % 1000 / 10);
}

Component find_driver() {
  const Library library = open_library("libcuda.so.1");
  if (!library) return {"libcuda.so.1", false, "", "cannot be opened: no NVIDIA driver"};
  return {"libcuda.so.1", true, driver_version(library.get()), "CUDA version that it supports"};
}

Component find_nvrtc() {
  using GetVersion = int (*)(int*, int*);
  for (const char* name : {"libnvrtc.so.13", "libnvrtc.so.12", "libnvrtc.so"}) {
    const Library library = open_library(name);
    if (!library) continue;
    int major = 0, minor = 0;
    const auto get = reinterpret_cast<GetVersion>(dlsym(library.get(), "nvrtcVersion"));
    const bool known = get != nullptr && get(&major, &minor) == 0;
    return {"NVRTC", true, known ? fmt::format("{}.{}", major, minor) : "", name};
  }
  return {"NVRTC", false, "", "libnvrtc.so cannot be opened; nothing in this version needs it"};
}

Component find_compiler_process() {
  const std::string path = runtime::compiler_program();
  return {
      "process", !path.empty(), "",
      path.empty() ? "tegula-compile is not there: TEGULA_COMPILE=process cannot be used" : path};
}

Component find_compiler() {
  const std::string_view identity = runtime::compiler_identity();
  const std::string llvm(identity.substr(0, identity.find(' ')));
  if (compile_function() != &compile_by_library)
    return {"compiler", compile_function() != nullptr, llvm, "in this program"};
  const runtime::CompilerLibrary library = runtime::compiler_library();
  if (library.path.empty()) return {"compiler", false, "", library.problem};
  return {"compiler", true, llvm, library.path};
}

/// The compiler's answer, whichever way TEGULA_COMPILE asks it. Where that fails, `compiler` says
/// so.
std::vector<Component> find_assemblers(Component& compiler) {
  std::vector<Component> found;
  try {
    const auto answer = format::read_assemblers(call_compiler(format::assemblers_request()));
    for (const format::AssemblerInfo& assembler : answer)
      found.push_back({assembler.name, true, assembler.version, assembler.path});
  } catch (const std::exception& error) {
    compiler.found = false;
    compiler.detail = error.what();
  }
  return found;
}

Component try_device(const std::string& name) {
  try {
    const auto device = open_device(name);
    return {device->name(), true, device->target().arch, "ready"};
  } catch (const std::exception& error) {
    return {name, false, "", error.what()};
  }
}

Variable variable(const char* name, const char* default_value) {
  const char* value = std::getenv(name);
  return {name, value != nullptr ? value : default_value, value != nullptr};
}

/// One whose value `check` throws for if it is none.
Variable checked(Variable result, const std::function<void()>& check) {
  try {
    check();
  } catch (const Error& error) {
    result.problem = fmt::format("{}; wanted {}", error.details().problem, error.details().wanted);
  }
  return result;
}

/// One that a later version reads.
Variable reserved(const char* name, const char* default_value) {
  Variable result = variable(name, default_value);
  result.read = false;
  return result;
}

std::vector<Variable> environment() {
  return {variable("TEGULA_CACHE_DIR", ""),
          variable("TEGULA_CACHE_SHARED", "0"),
          variable("TEGULA_CACHE_SIZE", "1G"),
          variable("TEGULA_READY_SIZE", "256M"),
          reserved("TEGULA_PACK", ""),
          variable("TEGULA_DEVICE", ""),
          checked(variable("TEGULA_JIT", "auto"), runtime::jit_mode),
          checked(variable("TEGULA_COMPILE", "inline"), runtime::compiles_in_a_process),
          variable("TEGULA_LOG", "warn"),
          variable("TEGULA_DUMP", ""),
          variable("TEGULA_CHECKED_TRACING", ""),
          variable("NO_COLOR", ""),
          variable("CUDA_HOME", ""),
          variable("CUDA_PATH", "")};
}

}  // namespace

Machine inspect_machine() {
  Machine machine;
  machine.driver = find_driver();
  machine.nvrtc = find_nvrtc();
  machine.devices.push_back(try_device("cuda:0"));
  for (const format::Architecture& architecture : format::architectures())
    machine.devices.push_back(try_device(fmt::format("sim:{}", architecture.name)));
  machine.compiler = find_compiler();
  machine.compiler_process = find_compiler_process();
  if (machine.compiler.found) machine.assemblers = find_assemblers(machine.compiler);
  machine.environment = environment();

  if (!machine.driver.found)
    machine.missing.push_back({"an NVIDIA driver (libcuda.so.1)",
                               "install the driver for this machine's GPU; without a GPU the "
                               "simulator (--device sim) runs every kernel"});
  if (!machine.compiler.found)
    machine.missing.push_back(
        {"the kernel compiler: " + machine.compiler.detail,
         "where it is not there, install the component `compiler` of the same Tegula; without it "
         "kernels run that the cache holds"});
  else if (machine.assemblers.empty())
    machine.missing.push_back({"an assembler for PTX (libnvJitLink.so or ptxas)",
                               "install the CUDA toolkit 12 or 13, or set CUDA_HOME to it; the "
                               "simulator needs none"});
  return machine;
}

}  // namespace tegula::cli
