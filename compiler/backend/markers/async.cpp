// Asynchronous copies from global to shared memory (cp.async):
//   tegula.async_copy.CACHE.SIZE(shared target, global source, i32 bytes)
//       SIZE is 4, 8 or 16 bytes, `bytes` how many of them are copied; the rest is filled with 0.
//       CACHE is l1, or l2 (16 bytes only).
//   tegula.async_commit(shared queue)             the copies since the last one become a group
//   tegula.async_wait.PENDING(shared queue)       all groups but the last PENDING have arrived
// The queue's pointer is for LLVM: the markers order accesses to that shared memory, while accesses
// to global memory stay free to move.
#include "compiler/backend/image/writer.h"
#include "compiler/backend/markers/assembly.h"
#include "compiler/backend/markers/marker.h"
#include "llvm/IR/Constants.h"
#include "llvm/IR/Instructions.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/ModRef.h"

namespace tegula::compiler {
namespace {

/// The marker touches only what its pointers point to, and is no barrier to the rest.
void annotate_queue_access(llvm::Function& function) {
  function.setDoesNotThrow();
  function.setWillReturn();
  function.setNoSync();
  function.setMemoryEffects(llvm::MemoryEffects::argMemOnly());
}

class AsyncCopy : public Marker {
 public:
  AsyncCopy(const char* cache, int bytes)
      : Marker(llvm::formatv("tegula.async_copy.{0}.{1}", cache, bytes)),
        cached_(std::string_view(cache) == "l1"),
        bytes_(bytes) {}

  void annotate(llvm::Function& function) const override {
    annotate_queue_access(function);
    function.addParamAttr(0, llvm::Attribute::WriteOnly);
    function.addParamAttr(1, llvm::Attribute::ReadOnly);
  }

  void replace(llvm::CallInst& call) const override {
    llvm::IRBuilder<> b(&call);
    llvm::SmallVector<llvm::Value*> values = {call.getArgOperand(0), call.getArgOperand(1)};
    if (!is_whole(call)) values.push_back(call.getArgOperand(2));
    const std::string text =
        llvm::formatv("cp.async.{0}.shared.global [$0], [$1], {1}{2};", cached_ ? "ca" : "cg",
                      bytes_, is_whole(call) ? "" : ", $2");
    emit_assembly(b, b.getVoidTy(), text, is_whole(call) ? "r,l" : "r,l,r", values);
  }

  void encode(SimWriter& writer, const llvm::CallInst& call) const override {
    const llvm::Value* part = is_whole(call) ? nullptr : call.getArgOperand(2);
    writer
        .append_effect(format::Opcode::cp_async,
                       {call.getArgOperand(0), call.getArgOperand(1), part})
        .immediate = bytes_;
  }

 private:
  bool is_whole(const llvm::CallInst& call) const {
    const auto* bytes = llvm::dyn_cast<llvm::ConstantInt>(call.getArgOperand(2));
    return bytes != nullptr && bytes->getZExtValue() == static_cast<std::uint64_t>(bytes_);
  }

  bool cached_;
  int bytes_;
};

class AsyncCommit : public Marker {
 public:
  AsyncCommit() : Marker("tegula.async_commit") {}
  void annotate(llvm::Function& function) const override { annotate_queue_access(function); }
  void replace(llvm::CallInst& call) const override {
    llvm::IRBuilder<> b(&call);
    emit_assembly(b, b.getVoidTy(), "cp.async.commit_group;", "", {});
  }
  void encode(SimWriter& writer, const llvm::CallInst&) const override {
    writer.append(format::Opcode::cp_async_commit);
  }
};

class AsyncWait : public Marker {
 public:
  explicit AsyncWait(int pending)
      : Marker("tegula.async_wait." + std::to_string(pending)), pending_(pending) {}
  void annotate(llvm::Function& function) const override { annotate_queue_access(function); }
  void replace(llvm::CallInst& call) const override {
    llvm::IRBuilder<> b(&call);
    emit_assembly(b, b.getVoidTy(), llvm::formatv("cp.async.wait_group {0};", pending_), "", {});
  }
  void encode(SimWriter& writer, const llvm::CallInst&) const override {
    writer.append(format::Opcode::cp_async_wait).immediate = pending_;
  }

 private:
  int pending_;
};

}  // namespace

Markers async_markers() {
  Markers markers;
  for (int bytes : {4, 8, 16}) markers.push_back(std::make_unique<AsyncCopy>("l1", bytes));
  markers.push_back(std::make_unique<AsyncCopy>("l2", 16));
  markers.push_back(std::make_unique<AsyncCommit>());
  // As many as tile.async_wait takes, and the image.
  for (int pending = 0; pending <= 255; ++pending)
    markers.push_back(std::make_unique<AsyncWait>(pending));
  return markers;
}

}  // namespace tegula::compiler
