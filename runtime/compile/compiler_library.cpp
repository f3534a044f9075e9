#include "runtime/compile/compiler_library.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <new>
#include <string_view>

#include "runtime/cache/build_identity.h"
#include "runtime/compile/compiler_place.h"
#include "runtime/compile/compiler_process.h"
#include "runtime/format/compiler_abi.h"
#include "runtime/format/compiler_call.h"
#include "tegula/compile.h"
#include "tegula/error.h"

namespace tegula {
namespace runtime {
namespace {

struct Opened {
  std::string path;
  format::CompilerCall call = nullptr;
  format::CompilerRelease release = nullptr;
};

[[noreturn]] void cannot_open(const std::string& problem, const std::string& got) {
  throw Error(ErrorCode::environment,
              {.where = "compile",
               .problem = problem,
               .got = got,
               .wanted = list_candidates(TEGULA_COMPILER_LIBRARY, TEGULA_OWN_TO_LIB),
               .hint = "install the component `compiler` of the same Tegula, or run with a cache "
                       "that holds the kernel (TEGULA_CACHE_DIR)"});
}

template <class Function>
void find(void* handle, const char* name, Function& function, const std::string& path) {
  function = reinterpret_cast<Function>(dlsym(handle, name));
  if (function == nullptr)
    cannot_open(path + " is no compiler of this Tegula", "no " + std::string(name) + " in it");
}

/// LLVM's initialisers end the process if one of their allocations fails: some hundred, none of
/// them large. So this much is tried before they run.
constexpr std::size_t room_to_load = std::size_t{1} << 20;

Opened open_at(const std::string& path) {
  void* room = std::malloc(room_to_load);
  if (room == nullptr) throw std::bad_alloc();
  std::free(room);
  // Local: nobody else uses its symbols. Never closed, since LLVM's statics do not survive that.
  void* handle = dlopen(path.c_str(), RTLD_LAZY | RTLD_LOCAL | RTLD_NODELETE);
  if (handle == nullptr) {
    const char* reason = dlerror();
    cannot_open("the compiler's library cannot be opened", reason != nullptr ? reason : path);
  }
  Opened opened{path};
  format::CompilerIdentity identity = nullptr;
  find(handle, format::compiler_identity_symbol, identity, path);
  find(handle, format::compiler_call_symbol, opened.call, path);
  find(handle, format::compiler_release_symbol, opened.release, path);
  if (std::string_view(identity()) != cache::build_identity())
    cannot_open(fmt::format("{} is of another build of Tegula", path), identity());
  return opened;
}

/// Throws if it cannot be opened; the next call tries again.
const Opened& opened() {
  static std::atomic<const Opened*> ready{nullptr};
  if (const Opened* found = ready.load(std::memory_order_acquire)) return *found;
  // No lock: a child that is forked meanwhile would find it taken for ever. Opening it twice gives
  // the same library.
  for (const std::string& path : candidates(TEGULA_COMPILER_LIBRARY, TEGULA_OWN_TO_LIB))
    if (std::error_code error; std::filesystem::exists(path, error)) {
      auto fresh = std::make_unique<const Opened>(open_at(path));
      const Opened* first = nullptr;
      return ready.compare_exchange_strong(first, fresh.get()) ? *fresh.release() : *first;
    }
  cannot_open("the compiler's library is not there", "no " TEGULA_COMPILER_LIBRARY);
}

}  // namespace

std::string_view compiler_identity() { return cache::build_identity(); }

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
  switch (library.call(request.data(), request.size(), &reply, &size)) {
    case format::compiler_replied:
      break;
    case format::compiler_damaged:
      return runtime::call_process_instead(
          request, "memory ran out inside the compiler before, which was left as it was then",
          "install the component `compiler` of the same Tegula, or start the program anew");
    default:
      throw std::bad_alloc();
  }
  const std::unique_ptr<void, format::CompilerRelease> owner(reply, library.release);
  return format::read_reply({static_cast<const std::byte*>(reply), size});
}

}  // namespace tegula
