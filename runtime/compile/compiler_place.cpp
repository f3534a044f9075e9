#include "runtime/compile/compiler_place.h"

#include <dlfcn.h>
#include <link.h>

#include <filesystem>

namespace tegula::runtime {

namespace fs = std::filesystem;

std::string own_directory() {
  // Never destroyed: a kernel may be compiled by the destructor of another static object.
  static const auto* directory = new std::string([] {
    Dl_info info{};
    link_map* map = nullptr;
    const bool known = dladdr1(reinterpret_cast<const void*>(&own_directory), &info,
                               reinterpret_cast<void**>(&map), RTLD_DL_LINKMAP) != 0;
    // The loader has no name for the program itself.
    const bool library = known && map != nullptr && map->l_name[0] != '\0';
    std::error_code error;
    const fs::path path = fs::canonical(library ? map->l_name : "/proc/self/exe", error);
    return error ? std::string() : path.parent_path().string();
  }());
  return *directory;
}

namespace {

// Computed when this code is loaded: the loader may know a relative path, which means another
// directory once the program has changed its own.
[[maybe_unused]] const bool known_at_load = (own_directory(), true);

}  // namespace

std::vector<std::string> candidates(const std::string& name, const char* relative) {
  if (own_directory().empty()) return {};
  const fs::path own = own_directory();
  std::vector<std::string> paths = {(own / name).string()};
  std::string installed = (own / relative / name).lexically_normal().string();
  if (installed != paths.front()) paths.push_back(std::move(installed));
  return paths;
}

std::string list_candidates(const std::string& name, const char* relative) {
  std::string list;
  for (const std::string& path : candidates(name, relative))
    list += (list.empty() ? "" : " or ") + path;
  return list.empty() ? "the directory of this code, which the loader does not know" : list;
}

}  // namespace tegula::runtime
