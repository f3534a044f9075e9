// Widen bf16: convert to f32 by appending sixteen zero bits.
#pragma once

namespace llvm {
class Module;
}

namespace tegula::compiler {

/// Replaces conversions of bf16 to f32 by integer operations on the 32-bit words that were loaded:
/// a shift for the low half of a word, a mask for the high half. `cvt.f32.bf16` works on 16-bit
/// registers, into which ptxas first unpacks every word: an eighth more instructions in a norm, and
/// an eighth more time to assemble them. For the PTX target only; the simulator converts a whole
/// vector in one instruction.
void widen_bf16(llvm::Module& module);

}  // namespace tegula::compiler
