#include "runtime/compiler_library.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include <atomic>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>

#include "runtime/cache/build_identity.h"
#include "runtime/compiler_place.h"
#include "runtime/format/compiler_abi.h"
#include "runtime/format/compiler_call.h"
#include "tegula/compile.h"
#include "tegula/error.h"

namespace tegula {
namespace runtime {
namespace {

struct Opened {
  std::string path;
  format::CompilerAnswer answer = nullptr;
  format::CompilerRelease release = nullptr;
};

[[noreturn]] void cannot_open(const std::string& problem, const std::string& got) {
  std::string places;
  for (const std::string& place : places_of(TEGULA_COMPILER_LIBRARY, TEGULA_OWN_TO_LIB))
    places += (places.empty() ? "" : " or ") + place;
  throw Error(
      ErrorCode::environment,
      {.where = "compile",
       .problem = problem,
       .got = got,
       .wanted = places,
       .hint = "install the component `compiler` of the same Tegula, or have TEGULA_JIT and "
               "the cache hold the kernels that are needed"});
}

template <class Function>
void find(void* handle, const char* name, Function& function, const std::string& path) {
  function = reinterpret_cast<Function>(dlsym(handle, name));
  if (function == nullptr) cannot_open("the compiler's library lacks " + std::string(name), path);
}

Opened open_at(const std::string& path) {
  // Local: its symbols serve nobody else. Never closed, as LLVM's statics do not stand that.
  void* handle = dlopen(path.c_str(), RTLD_LAZY | RTLD_LOCAL | RTLD_NODELETE);
  if (handle == nullptr) {
    const char* reason = dlerror();
    cannot_open("the compiler's library cannot be opened", reason != nullptr ? reason : path);
  }
  Opened opened{path};
  format::CompilerIdentity identity = nullptr;
  find(handle, format::compiler_identity_symbol, identity, path);
  find(handle, format::compiler_answer_symbol, opened.answer, path);
  find(handle, format::compiler_release_symbol, opened.release, path);
  if (std::string_view(identity()) != TEGULA_COMPILER_IDENTITY)
    cannot_open(fmt::format("{} is of another build of Tegula", path), identity());
  return opened;
}

/// Throws if it cannot be opened; the next call tries again.
const Opened& opened() {
  static std::atomic<const Opened*> ready{nullptr};
  if (const Opened* found = ready.load(std::memory_order_acquire)) return *found;
  static std::mutex mutex;
  const std::scoped_lock lock(mutex);
  if (const Opened* found = ready.load(std::memory_order_acquire)) return *found;
  for (const std::string& path : places_of(TEGULA_COMPILER_LIBRARY, TEGULA_OWN_TO_LIB))
    if (std::error_code error; std::filesystem::exists(path, error)) {
      ready.store(new Opened(open_at(path)), std::memory_order_release);
      return *ready.load(std::memory_order_relaxed);
    }
  cannot_open("the compiler's library is not there", "no " TEGULA_COMPILER_LIBRARY);
}

}  // namespace

CompilerLibrary compiler_library() {
  try {
    return {opened().path, ""};
  } catch (const Error& error) {
    return {"", error.what()};
  }
}

}  // namespace runtime

std::vector<std::byte> compile_by_library(std::span<const std::byte> request) {
  const runtime::Opened& library = runtime::opened();
  void* reply = nullptr;
  std::size_t size = 0;
  if (library.answer(request.data(), request.size(), &reply, &size) != 0) throw std::bad_alloc();
  const std::unique_ptr<void, format::CompilerRelease> owner(reply, library.release);
  return format::read_reply({static_cast<const std::byte*>(reply), size});
}

}  // namespace tegula
