// Scalarise singles: a vector of one element is a scalar.
#pragma once

namespace llvm {
class Module;
}

namespace tegula::compiler {

/// A tile of which each thread has one element is a vector of one. InstCombine takes such an
/// element out of a chain of operations one operation at a time, and each time looks down the whole
/// chain: 60,000 operations took it 50 seconds. In functions of 1,000 such vectors or more,
/// arithmetic, comparisons, casts and selects of them, and the taking out itself, are written as
/// scalars before.
void scalarise_singles(llvm::Module& module);

}  // namespace tegula::compiler
