// Form fma: products that are added to something become fused multiply-adds, here and nowhere else,
// so that PTX and the simulator compute the same thing.
#pragma once

namespace llvm {
class Module;
}

namespace tegula::compiler {

/// Replaces fadd and fsub of f32 and f64 (and vectors of them) that have an fmul with a single use
/// as an operand by llvm.fma. A product inside llvm.arithmetic.fence, which an author's `rounded`
/// becomes, is not fused; the fences are removed last. Afterwards no instruction has a fast-math
/// flag.
void form_fma(llvm::Module& module);

}  // namespace tegula::compiler
