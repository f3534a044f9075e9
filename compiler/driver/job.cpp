#include "compiler/driver/job.h"

#include <fmt/format.h>

#include "compiler/backend/arch/features.h"
#include "compiler/backend/arch/tile_limits.h"
#include "compiler/backend/encoder/encoder.h"
#include "compiler/backend/llvm/llvm_module.h"
#include "compiler/backend/ptx/ptx.h"
#include "compiler/driver/pipeline.h"
#include "compiler/import/import.h"
#include "compiler/ir/dialect.h"
#include "dsl/program/abi.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/Module.h"
#include "llvm/Target/TargetMachine.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Pass/PassManager.h"
#include "tegula/error.h"

namespace tegula::compiler {
namespace {

std::string describe(mlir::Location location) {
  if (auto at = mlir::dyn_cast<mlir::FileLineColLoc>(location))
    return fmt::format("{}:{}:{}", at.getFilename().strref().str(), at.getLine(), at.getColumn());
  return {};
}

}  // namespace

Job::Timer::~Timer() {
  const std::chrono::duration<double, std::milli> spent = std::chrono::steady_clock::now() - start;
  job.milliseconds.emplace_back(phase, spent.count());
}

Job::Job(const program::Program& program, std::string_view arch)
    : program_(program), target_(find_target(arch)), architecture_(*target_.compiled) {
  check_features(program, architecture_);
  check_tile_sizes(program);
  if (target_.is_baseline())
    remarks.push_back({"target", "",
                       fmt::format("{} is not known: the code is PTX of {}, which the driver's JIT "
                                   "compiles for it",
                                   target_.name, architecture_.name)});
  timed("context", [&] {
    mlir::DialectRegistry registry;
    register_dialects(registry);
    context_ =
        std::make_unique<mlir::MLIRContext>(registry, mlir::MLIRContext::Threading::DISABLED);
    context_->loadAllAvailableDialects();
    // A note with the operation would number, and verify, the whole function for each remark.
    context_->printOpOnDiagnostic(false);
    context_->getDiagEngine().registerHandler(
        [this](mlir::Diagnostic& diagnostic) { take_diagnostic(diagnostic); });
    llvm_context_ = std::make_unique<llvm::LLVMContext>();
  });
}

Job::~Job() = default;

void Job::take_diagnostic(mlir::Diagnostic& diagnostic) {
  const std::string where = describe(diagnostic.getLocation());
  std::string text = diagnostic.str();
  if (diagnostic.getSeverity() != mlir::DiagnosticSeverity::Remark) {
    errors_ += where + ": " + text + "\n";
    return;
  }
  // A remark begins with the name of the pass that makes it.
  const auto colon = text.find(": ");
  if (colon == std::string::npos) {
    remarks.push_back({"", where, text});
  } else {
    remarks.push_back({text.substr(0, colon), where, text.substr(colon + 2)});
  }
}

void Job::run_passes(mlir::ModuleOp module, void (*add)(mlir::OpPassManager&), bool verified) {
  mlir::PassManager passes(module.getContext());
  passes.enableVerifier(false);  // it costs as much as the passes; each phase ends with one run
  add(passes);
  errors_.clear();
  if (mlir::failed(passes.run(module)) || (verified && mlir::failed(mlir::verify(module))))
    throw InternalError(
        fmt::format("kernel {}: a compiler pass failed: {}", program_.name, errors_));
}

void Job::import() {
  timed("import", [&] {
    module_ = import_program(*context_, program_);
    mlir::Builder builder(context_.get());
    for (auto function : module_->getOps<mlir::func::FuncOp>())
      function->setAttr(tile::shared_limit_attribute,
                        builder.getI64IntegerAttr(architecture_.shared_limit));
    errors_.clear();
    if (mlir::failed(mlir::verify(*module_)))
      throw InternalError(
          fmt::format("kernel {}: the imported module is invalid: {}", program_.name, errors_));
  });
}

void Job::assign_layouts() {
  timed("layouts", [&] { run_passes(*module_, add_layout_passes); });
}

void Job::lower() {
  timed("lower", [&] {
    run_passes(*module_, add_shared_memory_passes, /*verified=*/false);
    check_shared_memory();
    run_passes(*module_, add_lowering_passes);
  });
}

void Job::check_shared_memory() {
  auto function = module_->lookupSymbol<mlir::func::FuncOp>(program_.name);
  if (auto bytes = function->getAttrOfType<mlir::IntegerAttr>(tile::shared_bytes_attribute))
    shared_bytes_ = bytes.getInt();
  if (shared_bytes_ <= architecture_.shared_limit) return;
  auto largest = function->getAttrOfType<mlir::LocationAttr>(tile::shared_largest_attribute);
  throw Error(ErrorCode::out_of_resources,
              {.where = largest ? describe(largest) : program_.name,
               .problem = fmt::format("kernel {} needs more shared memory than a block may have; "
                                      "most of it is this operation's, to exchange a tile between "
                                      "warps",
                                      program_.name),
               .got = fmt::format("{} bytes", shared_bytes_),
               .wanted = fmt::format("at most {} bytes on {}", architecture_.shared_limit,
                                     architecture_.name),
               .hint = "use smaller tiles"});
}

std::int64_t Job::dynamic_shared_bytes() const {
  return shared_bytes_ > format::shared_static_limit ? shared_bytes_ : 0;
}

void Job::translate() {
  timed("translate", [&] {
    machine_ = make_target_machine(architecture_);
    llvm_module_ =
        translate_to_llvm(*module_, *llvm_context_, *machine_, program_.name,
                          static_cast<int>(program_.warps * 32), program::cluster_shape(program_));
  });
  timed("optimise", [&] { optimise(*llvm_module_, *machine_); });
}

format::Image Job::encode() {
  return timed("encode", [&] {
    return encode_image(*llvm_module_, program_, architecture_.name, program_.warps);
  });
}

std::string Job::emit_ptx() {
  return timed("ptx", [&] { return compiler::emit_ptx(*llvm_module_, *machine_); });
}

}  // namespace tegula::compiler
