// Multiply wide: both halves of a product of 32 bits from one instruction.
#pragma once

namespace llvm {
class Module;
}

namespace tegula::compiler {

/// Where the high and the low half of an unsigned product are both wanted, as by each round of
/// Philox, takes them from one `mul.wide.u32`. The backend would make `mul.hi` and `mul.lo` of the
/// two, which ptxas puts together in few cases (docs/performance.md). For the PTX target only.
void multiply_wide(llvm::Module& module);

}  // namespace tegula::compiler
