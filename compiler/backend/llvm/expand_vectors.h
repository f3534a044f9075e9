// Expand vectors: what LLVM says of vectors that machines lack, in instructions that they have.
#pragma once

namespace llvm {
class Module;
}

namespace tegula::compiler {

/// InstCombine reads an element's bit as `extractelement (bitcast <1 x i32> to <32 x i1>)`, loads
/// bytes as vectors of i1, and compares whole vectors as one integer. The simulator's image has an
/// i1 for each truth and no bits in memory, and the PTX backend goes through local memory. Written
/// out here, on every target alike: loads and stores of vectors of i1, bitcasts between integers of
/// different widths where one has no byte of its own, comparisons and reductions of whole vectors,
/// and elements at places known only at run time.
void expand_vectors(llvm::Module& module);

}  // namespace tegula::compiler
