// Widen bf16: its conversion to f32 as what it is, sixteen zero bits below.
#pragma once

namespace llvm {
class Module;
}

namespace tegula::compiler {

/// Replaces conversions of bf16 to f32 by integer operations on the 32-bit words that loads bring
/// in: a shift for the low half of a word, a mask for the high half. `cvt.f32.bf16` works on 16-bit
/// registers, into which ptxas first unpacks every word: an eighth more instructions in a norm, and
/// as much more time to assemble them. For the PTX target only; the simulator converts a whole
/// vector in one instruction.
void widen_bf16(llvm::Module& module);

}  // namespace tegula::compiler
