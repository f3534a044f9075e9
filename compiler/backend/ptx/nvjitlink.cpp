#include "compiler/backend/ptx/nvjitlink.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>

#include "tegula/error.h"

namespace tegula::compiler {
namespace {

// The few declarations that are needed, from the library's documentation.
using Handle = void*;
constexpr int input_ptx = 2;

struct Library {
  int (*version)(unsigned*, unsigned*) = nullptr;
  int (*create)(Handle*, std::uint32_t, const char**) = nullptr;
  int (*add_data)(Handle, int, const void*, std::size_t, const char*) = nullptr;
  int (*complete)(Handle) = nullptr;
  int (*cubin_size)(Handle, std::size_t*) = nullptr;
  int (*cubin)(Handle, void*) = nullptr;
  int (*info_log_size)(Handle, std::size_t*) = nullptr;
  int (*info_log)(Handle, char*) = nullptr;
  int (*error_log_size)(Handle, std::size_t*) = nullptr;
  int (*error_log)(Handle, char*) = nullptr;
  int (*destroy)(Handle*) = nullptr;
};

/// Opened once and never closed: closing would run its destructors at exit while we may still use
/// it.
std::optional<Library> open_library(const std::string& path) {
  void* handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) return std::nullopt;
  Library library;
  bool all = true;
  const auto find = [&](auto& function, const char* name) {
    function = reinterpret_cast<std::remove_reference_t<decltype(function)>>(dlsym(handle, name));
    all = all && function != nullptr;
  };
  find(library.version, "nvJitLinkVersion");
  find(library.create, "nvJitLinkCreate");
  find(library.add_data, "nvJitLinkAddData");
  find(library.complete, "nvJitLinkComplete");
  find(library.cubin_size, "nvJitLinkGetLinkedCubinSize");
  find(library.cubin, "nvJitLinkGetLinkedCubin");
  find(library.info_log_size, "nvJitLinkGetInfoLogSize");
  find(library.info_log, "nvJitLinkGetInfoLog");
  find(library.error_log_size, "nvJitLinkGetErrorLogSize");
  find(library.error_log, "nvJitLinkGetErrorLog");
  find(library.destroy, "nvJitLinkDestroy");
  if (!all) return std::nullopt;
  return library;
}

/// A link job, destroyed on every path.
class LinkJob {
 public:
  LinkJob(const Library& library, std::string_view arch) : library_(library) {
    const std::string target = fmt::format("-arch={}", arch);
    const char* options[] = {target.c_str(), "-O3", "-verbose"};
    check(library_.create(&handle_, 3, options), "create a job");
  }
  ~LinkJob() {
    if (handle_ != nullptr) library_.destroy(&handle_);
  }
  LinkJob(const LinkJob&) = delete;
  LinkJob& operator=(const LinkJob&) = delete;

  Cubin run(std::string_view ptx) {
    const std::string terminated(ptx);  // the size that is passed counts the NUL
    check(library_.add_data(handle_, input_ptx, terminated.c_str(), terminated.size() + 1,
                            "kernel.ptx"),
          "read the PTX");
    check(library_.complete(handle_), "assemble");
    Cubin cubin;
    std::size_t size = 0;
    check(library_.cubin_size(handle_, &size), "report the size");
    cubin.bytes.resize(size);
    check(library_.cubin(handle_, cubin.bytes.data()), "return the cubin");
    cubin.log = text(library_.info_log_size, library_.info_log);
    return cubin;
  }

 private:
  std::string text(int (*size_of)(Handle, std::size_t*), int (*get)(Handle, char*)) {
    std::size_t size = 0;
    if (handle_ == nullptr || size_of(handle_, &size) != 0 || size == 0) return {};
    std::string log(size, '\0');
    get(handle_, log.data());
    log.resize(log.find_last_not_of(std::string_view("\0\n ", 3)) + 1);
    return log;
  }

  void check(int status, const char* step) {
    if (status == 0) return;
    throw Error(ErrorCode::unsupported,
                {.where = "nvJitLink",
                 .problem = fmt::format("could not {} (status {})", step, status),
                 .got = text(library_.error_log_size, library_.error_log)});
  }

  const Library& library_;
  Handle handle_ = nullptr;
};

/// Null if the library cannot be opened.
const Library* cached_library(const std::string& path) {
  static std::mutex mutex;
  static std::map<std::string, std::optional<Library>> libraries;
  const std::lock_guard lock(mutex);
  auto it = libraries.find(path);
  if (it == libraries.end()) it = libraries.emplace(path, open_library(path)).first;
  return it->second ? &*it->second : nullptr;
}

}  // namespace

std::optional<std::string> nvjitlink_version(const std::string& path) {
  const Library* library = cached_library(path);
  unsigned major = 0, minor = 0;
  if (!library || library->version(&major, &minor) != 0) return std::nullopt;
  return fmt::format("{}.{}", major, minor);
}

Cubin nvjitlink_assemble(const std::string& path, std::string_view ptx, std::string_view arch) {
  const Library* library = cached_library(path);
  if (library == nullptr)
    throw Error(ErrorCode::environment,
                {.where = "nvJitLink", .problem = "the library cannot be opened", .got = path});
  return LinkJob(*library, arch).run(ptx);
}

}  // namespace tegula::compiler
