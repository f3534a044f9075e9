// The markers of atomics on global memory:
//   tegula.atomic.KIND.TYPE.ORDER.SCOPE(pointer, TYPE value, i1 predicate) -> TYPE
//   tegula.atomic.compare_exchange.TYPE.ORDER.SCOPE(pointer, TYPE expected, TYPE value,
//                                                   i1 predicate) -> TYPE
// The result is the value before, 0 where the predicate is false. LLVM's own atomicrmw would lose
// its order in the NVPTX backend, and has no predicate.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "runtime/format/image.h"

namespace llvm {
class CallInst;
class Function;
}  // namespace llvm

namespace tegula::compiler {

struct AtomicMarker {
  enum class Kind {
    add,
    fadd,
    min,
    max,
    umin,
    umax,
    bit_and,
    bit_or,
    bit_xor,
    exchange,
    compare_exchange,
  };
  Kind kind = Kind::add;
  /// i32 or i64; for fadd f16, bf16, f32 or f64.
  format::Scalar type = format::Scalar::i32;
  format::Order order = format::Order::relaxed;
  format::Scope scope = format::Scope::gpu;
  std::string name() const;
};

/// The marker of that name, if it is one.
std::optional<AtomicMarker> parse_atomic_marker(std::string_view name);

/// A relaxed atomic touches what its pointer names; any other orders all of memory.
void annotate_atomic_marker(llvm::Function& function, const AtomicMarker& marker);

/// PTX only: inline assembly in the call's place, `red` where nobody wants the value before.
void replace_atomic(llvm::CallInst& call, const AtomicMarker& marker);

}  // namespace tegula::compiler
