// Multiply wide: both halves of a 32-bit product from one instruction.
#pragma once

namespace llvm {
class Module;
}

namespace tegula::compiler {

/// Where both the high and the low half of an unsigned product are used, as in each round of
/// Philox, takes them from one `mul.wide.u32`. The backend would make `mul.hi` and `mul.lo` of
/// them, which ptxas combines only in few cases (docs/performance.md). For the PTX target only.
void multiply_wide(llvm::Module& module);

}  // namespace tegula::compiler
