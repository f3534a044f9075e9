// Expand intrinsics: replace those that LLVM's passes form by plain instructions.
#pragma once

namespace llvm {
class Module;
}

namespace tegula::compiler {

/// InstCombine turns `a > b ? a - b : 0` into llvm.usub.sat, comparisons into llvm.scmp and
/// llvm.is.fpclass, division by a power of two into llvm.cttz, and so on. The simulator's image has
/// no opcodes for them. They are written out here for every target, so that all targets still
/// compute the same thing.
void expand_intrinsics(llvm::Module& module);

}  // namespace tegula::compiler
