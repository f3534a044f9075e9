#include "compiler/backend/ptx/ptx.h"

#include "compiler/backend/llvm/multiply_wide.h"
#include "compiler/backend/llvm/saturate_conversions.h"
#include "compiler/backend/llvm/widen_bf16.h"
#include "compiler/backend/markers/registry.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/Target/TargetMachine.h"
#include "tegula/error.h"

namespace tegula::compiler {

std::string emit_ptx(llvm::Module& module, llvm::TargetMachine& machine) {
  lower_markers_to_ptx(module);
  saturate_conversions(module);
  widen_bf16(module);
  multiply_wide(module);
  llvm::SmallString<0> text;
  llvm::raw_svector_ostream stream(text);
  llvm::legacy::PassManager passes;
  if (machine.addPassesToEmitFile(passes, stream, nullptr, llvm::CodeGenFileType::AssemblyFile,
                                  /*DisableVerify=*/true))
    throw InternalError("the NVPTX backend emits no assembly");
  passes.run(module);
  return std::string(text);
}

}  // namespace tegula::compiler
