// Scalarise singles: vectors of one element become scalars.
#pragma once

namespace llvm {
class Module;
}

namespace tegula::compiler {

/// A tile of which each thread has one element is a vector of one. InstCombine scalarises a chain
/// of operations on such vectors one operation at a time, walking down the whole chain each time:
/// 60,000 operations took it 50 seconds. So in functions with 1,000 such vectors or more, their
/// arithmetic, comparisons, casts, selects and element extractions are rewritten as scalars before.
void scalarise_singles(llvm::Module& module);

}  // namespace tegula::compiler
