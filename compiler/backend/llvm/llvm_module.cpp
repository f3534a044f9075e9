#include "compiler/backend/llvm/llvm_module.h"

#include <fmt/format.h>

#include <mutex>

#include "compiler/backend/llvm/expand_constants.h"
#include "compiler/backend/llvm/expand_intrinsics.h"
#include "compiler/backend/llvm/expand_vectors.h"
#include "compiler/backend/llvm/form_fma.h"
#include "compiler/backend/llvm/scalarise_singles.h"
#include "compiler/backend/llvm/widen_integers.h"
#include "compiler/backend/markers/registry.h"
#include "llvm/Analysis/CGSCCPassManager.h"
#include "llvm/Analysis/LoopAnalysisManager.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/Module.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/TargetParser/Triple.h"
#include "llvm/Transforms/InstCombine/InstCombine.h"
#include "llvm/Transforms/Scalar/ADCE.h"
#include "llvm/Transforms/Scalar/EarlyCSE.h"
#include "llvm/Transforms/Scalar/LICM.h"
#include "llvm/Transforms/Scalar/LoopPassManager.h"
#include "llvm/Transforms/Scalar/SimplifyCFG.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "tegula/error.h"

extern "C" {
void LLVMInitializeNVPTXTarget();
void LLVMInitializeNVPTXTargetInfo();
void LLVMInitializeNVPTXTargetMC();
void LLVMInitializeNVPTXAsmPrinter();
}

namespace tegula::compiler {
namespace {

/// Once a process: registers the backend, and makes pointers to shared memory 32 bits wide, which
/// LLVM offers only as a command-line option. It must be set before the first TargetMachine.
void initialise_backend() {
  static std::once_flag once;
  std::call_once(once, [] {
    LLVMInitializeNVPTXTargetInfo();
    LLVMInitializeNVPTXTarget();
    LLVMInitializeNVPTXTargetMC();
    LLVMInitializeNVPTXAsmPrinter();
    auto& options = llvm::cl::getRegisteredOptions();
    const auto it = options.find("nvptx-short-ptr");
    if (it == options.end()) throw InternalError("LLVM has no option nvptx-short-ptr");
    static_cast<llvm::cl::opt<bool>*>(it->second)->setValue(true);
  });
}

}  // namespace

std::unique_ptr<llvm::TargetMachine> make_target_machine(const Architecture& architecture) {
  initialise_backend();
  const llvm::Triple triple("nvptx64-nvidia-cuda");
  std::string error;
  const llvm::Target* target = llvm::TargetRegistry::lookupTarget(triple, error);
  if (target == nullptr) throw InternalError(error);
  llvm::TargetOptions options;
  options.AllowFPOpFusion = llvm::FPOpFusion::Strict;
  return std::unique_ptr<llvm::TargetMachine>(
      target->createTargetMachine(triple, llvm::StringRef(architecture.name), "", options,
                                  std::nullopt, std::nullopt, llvm::CodeGenOptLevel::Default));
}

std::unique_ptr<llvm::Module> translate_to_llvm(mlir::ModuleOp module, llvm::LLVMContext& context,
                                                llvm::TargetMachine& machine,
                                                llvm::StringRef kernel, int threads,
                                                const std::array<std::uint32_t, 3>& cluster) {
  auto result = mlir::translateModuleToLLVMIR(module, context);
  if (!result) throw InternalError("the LLVM dialect module does not translate");
  result->setTargetTriple(machine.getTargetTriple());
  result->setDataLayout(machine.createDataLayout());
  llvm::Function* function = result->getFunction(kernel);
  if (function == nullptr) throw InternalError("the kernel is missing from its module");
  function->setCallingConv(llvm::CallingConv::PTX_Kernel);
  function->addFnAttr("nvvm.reqntid", std::to_string(threads));
  if (cluster != std::array<std::uint32_t, 3>{1, 1, 1})
    function->addFnAttr("nvvm.cluster_dim",
                        fmt::format("{},{},{}", cluster[0], cluster[1], cluster[2]));
  annotate_markers(*result);
  return result;
}

void expand(llvm::Module& module) {
  expand_constants(module);
  expand_intrinsics(module);
  expand_vectors(module);
  widen_integers(module);
  expand_constants(module);  // again: the passes above write constants without the data layout
}

void optimise(llvm::Module& module, llvm::TargetMachine& machine) {
  llvm::LoopAnalysisManager loops;
  llvm::FunctionAnalysisManager functions;
  llvm::CGSCCAnalysisManager sccs;
  llvm::ModuleAnalysisManager modules;
  llvm::PassBuilder builder(&machine);
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(sccs);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, sccs, modules);

  llvm::FunctionPassManager passes;
  passes.addPass(llvm::EarlyCSEPass());
  passes.addPass(llvm::InstCombinePass());
  passes.addPass(llvm::SimplifyCFGPass());
  passes.addPass(llvm::createFunctionToLoopPassAdaptor(llvm::LICMPass(llvm::LICMOptions()),
                                                       /*UseMemorySSA=*/true));
  passes.addPass(llvm::EarlyCSEPass(/*UseMemorySSA=*/true));
  passes.addPass(llvm::InstCombinePass());
  passes.addPass(llvm::ADCEPass());
  scalarise_singles(module);
  for (llvm::Function& function : module)
    if (!function.isDeclaration()) passes.run(function, functions);
  expand(module);
  form_fma(module);
}

}  // namespace tegula::compiler
