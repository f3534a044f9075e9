// The marker of a read from the shared memory of a cluster's block:
//   tegula.cluster_load.TYPE(shared pointer, i32 rank) -> TYPE
// TYPE is i32, v2i32 or v4i32; the pointer is where it lies in the reader's own shared memory, to a
// multiple of its size. That the rank is seen, not an address, lets the simulator check it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace llvm {
class CallInst;
class Function;
}  // namespace llvm

namespace tegula::compiler {

struct ClusterLoadMarker {
  int words = 1;  ///< of 32 bits: 1, 2 or 4
  std::string name() const;
};

/// Nothing for a name that is no such marker's.
std::optional<ClusterLoadMarker> parse_cluster_load_marker(std::string_view name);

void annotate_cluster_load_marker(llvm::Function& function);

/// PTX only: mapa and a load.
void replace_cluster_load(llvm::CallInst& call, const ClusterLoadMarker& marker);

}  // namespace tegula::compiler
