// Widen integers: arithmetic in types such as i3, in types that machines have.
#pragma once

namespace llvm {
class Module;
}

namespace tegula::compiler {

/// InstCombine computes a few bits in a type of just those bits (reversing the bits of a lane
/// number is llvm.bitreverse.i3). What begins with a trunc to such a type and ends with a zext from
/// it or a comparison is done in 32 or 64 bits instead, on every target alike. Runs after
/// expand_intrinsics. An operation it does not know is left as it is.
void widen_integers(llvm::Module& module);

}  // namespace tegula::compiler
