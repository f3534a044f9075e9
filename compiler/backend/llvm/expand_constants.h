// Expand constants: replace those that LLVM writes as expressions.
#pragma once

namespace llvm {
class Module;
}

namespace tegula::compiler {

/// `bitcast (<1 x i64> splat (i64 2) to <2 x i32>)` becomes the number that it is, or instructions
/// if that depends on an address. Addresses in global variables stay: they are known when code is
/// encoded.
void expand_constants(llvm::Module& module);

}  // namespace tegula::compiler
