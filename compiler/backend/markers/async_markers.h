// The markers of asynchronous copies from global to shared memory (cp.async):
//   tegula.async_copy.CACHE.SIZE(shared target, global source, i32 bytes)
//       SIZE is 4, 8 or 16 bytes, `bytes` how many of them are copied: the rest becomes 0. CACHE is
//       l1, or l2, which 16 bytes alone can have.
//   tegula.async_commit(shared queue)             the copies since the last one become a group
//   tegula.async_wait.PENDING(shared queue)       all groups but the last PENDING have arrived
// A queue's pointer is there for LLVM: what the marker orders are accesses of that shared memory,
// and accesses of global memory stay free to move.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace llvm {
class CallInst;
class Function;
}  // namespace llvm

namespace tegula::compiler {

struct AsyncMarker {
  enum class Kind : std::uint8_t { copy, commit, wait };
  Kind kind = Kind::copy;
  int bytes = 16;       ///< of a copy
  bool cached = false;  ///< a copy goes through the L1 cache
  int pending = 0;      ///< of a wait
  std::string name() const;
};

/// Nothing for a name that is no such marker's.
std::optional<AsyncMarker> parse_async_marker(std::string_view name);

void annotate_async_marker(llvm::Function& function);

/// PTX only: inline assembly.
void replace_async(llvm::CallInst& call, const AsyncMarker& marker);

}  // namespace tegula::compiler
