#include "compiler/backend/markers/registry.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/IR/Instructions.h"
#include "llvm/IR/Module.h"
#include "tegula/error.h"

namespace tegula::compiler {

#define TEGULA_FAMILY(name) Markers name##_markers();
#include "compiler/backend/markers/families.inc"
#undef TEGULA_FAMILY

namespace {

using Table = llvm::StringMap<std::unique_ptr<const Marker>>;

Table make_table() {
  Table table;
  const auto add = [&](Markers markers) {
    for (auto& marker : markers) {
      const llvm::StringRef name = marker->name();
      if (!table.try_emplace(name, std::move(marker)).second)
        throw InternalError("two markers are called " + name.str());
    }
  };
#define TEGULA_FAMILY(name) add(name##_markers());
#include "compiler/backend/markers/families.inc"
#undef TEGULA_FAMILY
  return table;
}

const Marker* find(llvm::StringRef name) {
  static const Table table = make_table();
  const auto it = table.find(name);
  return it == table.end() ? nullptr : it->second.get();
}

}  // namespace

const Marker* find_marker(const llvm::Function& function) {
  const llvm::StringRef name = function.getName();
  if (!name.starts_with("tegula.")) return nullptr;
  if (const Marker* marker = find(name)) return marker;
  const auto [words, number] = name.rsplit('.');
  return llvm::all_of(number, llvm::isDigit) ? find(words) : nullptr;
}

void annotate_markers(llvm::Module& module) {
  for (llvm::Function& function : module) {
    if (const Marker* marker = find_marker(function))
      marker->annotate(function);
    else if (function.getName().starts_with("tegula."))
      throw InternalError("no marker is called " + function.getName().str());
  }
}

void lower_markers_to_ptx(llvm::Module& module) {
  for (llvm::Function& function : llvm::make_early_inc_range(module)) {
    const Marker* marker = find_marker(function);
    if (marker == nullptr) continue;
    for (llvm::User* user : llvm::make_early_inc_range(function.users())) {
      auto& call = llvm::cast<llvm::CallInst>(*user);
      marker->replace(call);
      call.eraseFromParent();
    }
    function.eraseFromParent();
  }
}

}  // namespace tegula::compiler
