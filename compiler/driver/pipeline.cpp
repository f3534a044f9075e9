#include "compiler/driver/pipeline.h"

#include "compiler/assign/assign_layouts.h"
#include "compiler/assign/drop_masks.h"
#include "compiler/assign/remove_conversions.h"
#include "compiler/assign/suit_accesses.h"
#include "compiler/ir/dialect.h"
#include "compiler/lower/attach_lines.h"
#include "compiler/lower/control_flow.h"
#include "compiler/lower/to_llvm.h"
#include "compiler/math/expand_math.h"
#include "compiler/memory/allocate_shared.h"
#include "compiler/memory/insert_barriers.h"
#include "compiler/memory/wait_for_cluster.h"
#include "compiler/pipelining/prefetch_loads.h"
#include "mlir/Conversion/ReconcileUnrealizedCasts/ReconcileUnrealizedCasts.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlow.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;

namespace tegula::compiler {

std::unique_ptr<Pass> create_exact_canonicalizer_pass() {
  return createCanonicalizerPass(GreedyRewriteConfig(),
                                 {"(anonymous namespace)::TruncFSIToFPToSIToFP",
                                  "(anonymous namespace)::TruncFUIToFPToUIToFP"});
}

void register_dialects(DialectRegistry& registry) {
  registry.insert<tile::TileDialect, arith::ArithDialect, cf::ControlFlowDialect, func::FuncDialect,
                  LLVM::LLVMDialect, math::MathDialect, scf::SCFDialect>();
  registerBuiltinDialectTranslation(registry);
  registerLLVMDialectTranslation(registry);
}

void add_layout_passes(OpPassManager& passes) {
  passes.addPass(create_exact_canonicalizer_pass());
  passes.nest<func::FuncOp>().addPass(create_expand_math_pass());
  passes.addPass(createCSEPass());
  passes.addPass(createLoopInvariantCodeMotionPass());
  OpPassManager& functions = passes.nest<func::FuncOp>();
  functions.addPass(create_drop_masks_pass());
  functions.addPass(create_assign_layouts_pass());
  functions.addPass(create_suit_accesses_pass());
  functions.addPass(create_remove_conversions_pass());
  passes.addPass(createLoopInvariantCodeMotionPass());
  passes.addPass(createCSEPass());
  passes.nest<func::FuncOp>().addPass(create_prefetch_loads_pass());
}

void add_shared_memory_passes(OpPassManager& passes) {
  OpPassManager& functions = passes.nest<func::FuncOp>();
  functions.addPass(create_wait_for_cluster_pass());
  functions.addPass(create_insert_barriers_pass());
  functions.addPass(create_allocate_shared_pass());
}

void add_lowering_passes(OpPassManager& passes) {
  passes.nest<func::FuncOp>().addPass(create_lower_control_flow_pass());
  passes.addPass(create_lower_to_llvm_pass());
  passes.addPass(createReconcileUnrealizedCastsPass());
  passes.addPass(createCSEPass());
  passes.addPass(create_attach_lines_pass());
}

void register_passes() {
  registerPass(create_expand_math_pass);
  registerPass(create_drop_masks_pass);
  registerPass(create_assign_layouts_pass);
  registerPass(create_suit_accesses_pass);
  registerPass(create_remove_conversions_pass);
  registerPass(create_prefetch_loads_pass);
  registerPass(create_wait_for_cluster_pass);
  registerPass(create_insert_barriers_pass);
  registerPass(create_allocate_shared_pass);
  registerPass(create_lower_control_flow_pass);
  registerPass(create_lower_to_llvm_pass);
  registerPass(create_attach_lines_pass);
}

}  // namespace tegula::compiler
