#include "compiler/backend/markers/cluster_marker.h"

#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/Instructions.h"
#include "llvm/IR/IntrinsicsNVPTX.h"
#include "llvm/Support/ModRef.h"

namespace tegula::compiler {

std::string ClusterLoadMarker::name() const {
  return words == 1 ? "tegula.cluster_load.i32"
                    : "tegula.cluster_load.v" + std::to_string(words) + "i32";
}

std::optional<ClusterLoadMarker> parse_cluster_load_marker(std::string_view name) {
  for (const int words : {1, 2, 4})
    if (const ClusterLoadMarker marker{words}; marker.name() == name) return marker;
  return std::nullopt;
}

/// What it reads is no memory that LLVM could know of: it stays between the barriers around it.
void annotate_cluster_load_marker(llvm::Function& function) {
  function.setDoesNotThrow();
  function.setWillReturn();
  function.setMemoryEffects(llvm::MemoryEffects::readOnly());
}

void replace_cluster_load(llvm::CallInst& call, const ClusterLoadMarker& marker) {
  llvm::IRBuilder<> b(&call);
  llvm::Value* place = b.CreateIntrinsic(llvm::Intrinsic::nvvm_mapa_shared_cluster, {},
                                         {call.getArgOperand(0), call.getArgOperand(1)});
  call.replaceAllUsesWith(b.CreateAlignedLoad(
      call.getType(), place, llvm::Align(static_cast<std::uint64_t>(4 * marker.words))));
}

}  // namespace tegula::compiler
