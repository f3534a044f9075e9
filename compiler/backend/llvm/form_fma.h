// Form fma: products that are added to something become fused multiply-adds, here and nowhere
// else, so that the PTX and the simulator compute the same thing.
#pragma once

namespace llvm {
class Module;
}

namespace tegula::compiler {

/// Replaces fadd and fsub of f32 and f64 (and vectors of them) with an operand that is an fmul of
/// one use by llvm.fma. A product behind llvm.arithmetic.fence, which is what an author's `rounded`
/// has become, stays: the fences go last. Afterwards no instruction carries a fast-math flag.
void form_fma(llvm::Module& module);

}  // namespace tegula::compiler
