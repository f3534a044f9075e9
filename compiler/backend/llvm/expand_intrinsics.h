// Expand intrinsics: what LLVM's passes like to form, said in plain instructions again.
#pragma once

namespace llvm {
class Module;
}

namespace tegula::compiler {

/// InstCombine turns `a > b ? a - b : 0` into llvm.usub.sat, comparisons into llvm.scmp and
/// llvm.is.fpclass, division by a power of two into llvm.cttz, and so on. The simulator's image has
/// no opcodes for them; written out here, on every target alike, both targets still compute the
/// same thing.
void expand_intrinsics(llvm::Module& module);

}  // namespace tegula::compiler
