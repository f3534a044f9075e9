// Widen integers: arithmetic in types such as i3 is done in types that machines have.
#pragma once

namespace llvm {
class Module;
}

namespace tegula::compiler {

/// InstCombine computes a few bits in a type of just those bits (reversing the bits of a lane
/// number is llvm.bitreverse.i3). Integers of such widths, below 64 bits, are kept in 32 or 64
/// instead, for every target, and arithmetic on i1 becomes logic. Runs after
/// expand_intrinsics and expand_vectors. An operation it does not know is left as it is.
void widen_integers(llvm::Module& module);

}  // namespace tegula::compiler
