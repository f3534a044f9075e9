// The ptx target: LLVM module to PTX text.
#pragma once

#include <string>

namespace llvm {
class Module;
class TargetMachine;
}  // namespace llvm

namespace tegula::compiler {

/// Replaces markers by inline assembly and emits PTX of the lowest ISA version that the
/// architecture allows. Changes the module, which must not be used afterwards.
std::string emit_ptx(llvm::Module& module, llvm::TargetMachine& machine);

}  // namespace tegula::compiler
