// Saturate conversions: float to integer by the hardware's instruction, for the PTX target.
#pragma once

namespace llvm {
class Module;
}

namespace tegula::compiler {

/// llvm.fptosi.sat and llvm.fptoui.sat give the nearest end of the range for numbers outside it,
/// and 0 for NaN. The backend would clamp before or select after each of them, although PTX's cvt
/// saturates by itself. What cvt lacks is written out: conversions to 8 bits, and 0 for the NaN of
/// an f64 or in 64 bits. cvt is inline assembly here, since the backend folds its own instruction
/// as if it could not overflow.
void saturate_conversions(llvm::Module& module);

}  // namespace tegula::compiler
