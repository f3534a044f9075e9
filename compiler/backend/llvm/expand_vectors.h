// Expand vectors: replace operations on vectors that machines lack by instructions that they have.
#pragma once

namespace llvm {
class Module;
}

namespace tegula::compiler {

/// InstCombine reads an element's bit as `extractelement (bitcast <1 x i32> to <32 x i1>)`, loads
/// bytes as vectors of i1, and compares whole vectors as one integer. The simulator's image has no
/// single bits in memory, and the PTX backend would go through local memory. Written out here, for
/// every target: loads and stores of vectors of i1, bitcasts between integers of different widths
/// where one is not whole bytes, comparisons and reductions of whole vectors, and elements at
/// indices known only at run time.
void expand_vectors(llvm::Module& module);

}  // namespace tegula::compiler
