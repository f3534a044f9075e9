// Reads from the shared memory of a cluster's block:
//   tegula.cluster_load.TYPE(shared pointer, i32 rank) -> TYPE
// TYPE is i32, v2i32 or v4i32; the pointer is the address in the reader's own shared memory, a
// multiple of the size. It takes the rank, not a mapped address, so that the simulator can check
// it.
#include "compiler/backend/image/writer.h"
#include "compiler/backend/markers/marker.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/Instructions.h"
#include "llvm/IR/IntrinsicsNVPTX.h"
#include "llvm/Support/ModRef.h"

namespace tegula::compiler {
namespace {

class ClusterLoad : public Marker {
 public:
  explicit ClusterLoad(int words)
      : Marker("tegula.cluster_load." + (words == 1 ? "" : "v" + std::to_string(words)) + "i32"),
        bytes_(4 * words) {}

  /// It reads memory that LLVM knows nothing of, so that it stays between the barriers around it.
  void annotate(llvm::Function& function) const override {
    function.setDoesNotThrow();
    function.setWillReturn();
    function.setMemoryEffects(llvm::MemoryEffects::readOnly());
  }

  /// mapa and a load.
  void replace(llvm::CallInst& call) const override {
    llvm::IRBuilder<> b(&call);
    llvm::Value* address = b.CreateIntrinsic(llvm::Intrinsic::nvvm_mapa_shared_cluster, {},
                                             {call.getArgOperand(0), call.getArgOperand(1)});
    call.replaceAllUsesWith(b.CreateAlignedLoad(call.getType(), address,
                                                llvm::Align(static_cast<std::uint64_t>(bytes_))));
  }

  void encode(SimWriter& writer, const llvm::CallInst& call) const override {
    writer
        .append_value(call, format::Opcode::cluster_load,
                      {call.getArgOperand(0), call.getArgOperand(1)})
        .immediate = bytes_;
  }

 private:
  int bytes_;
};

}  // namespace

Markers cluster_markers() {
  Markers markers;
  for (int words : {1, 2, 4}) markers.push_back(std::make_unique<ClusterLoad>(words));
  return markers;
}

}  // namespace tegula::compiler
