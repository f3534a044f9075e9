#include "compiler/lower/attach_lines.h"

#include "llvm/BinaryFormat/Dwarf.h"
#include "llvm/Support/Path.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/Builders.h"

using namespace mlir;

namespace tegula::compiler {
namespace {

class Lines {
 public:
  explicit Lines(LLVM::LLVMFuncOp function) : function_(function) {}

  void run() {
    FileLineColLoc first;
    function_.getBody().walk([&](Operation* op) {
      first = dyn_cast<FileLineColLoc>(op->getLoc());
      return first ? WalkResult::interrupt() : WalkResult::advance();
    });
    if (!first) return;
    const LLVM::DIFileAttr file = file_of(first);
    const LLVM::DISubprogramAttr scope = subprogram(file, first.getLine());
    function_->setLoc(FusedLoc::get(function_.getContext(), {first}, scope));
    function_.getBody().walk([&](Operation* op) {
      auto at = dyn_cast<FileLineColLoc>(op->getLoc());
      if (!at || file_of(at) == file) return;
      const auto block = LLVM::DILexicalBlockFileAttr::get(scope, file_of(at), /*discriminator=*/0);
      op->setLoc(FusedLoc::get(op->getContext(), {at}, block));
    });
  }

 private:
  LLVM::DIFileAttr file_of(FileLineColLoc at) {
    const StringRef path = at.getFilename().strref();
    return LLVM::DIFileAttr::get(function_.getContext(), llvm::sys::path::filename(path),
                                 llvm::sys::path::parent_path(path));
  }

  LLVM::DISubprogramAttr subprogram(LLVM::DIFileAttr file, unsigned line) {
    MLIRContext* context = function_.getContext();
    const auto unit = LLVM::DICompileUnitAttr::get(
        DistinctAttr::create(UnitAttr::get(context)), llvm::dwarf::DW_LANG_C_plus_plus_17, file,
        StringAttr::get(context, "tegula"), /*isOptimized=*/true,
        LLVM::DIEmissionKind::DebugDirectivesOnly);
    const auto type = LLVM::DISubroutineTypeAttr::get(context, llvm::dwarf::DW_CC_normal, {});
    const auto name = StringAttr::get(context, function_.getName());
    return LLVM::DISubprogramAttr::get(
        context, DistinctAttr::create(UnitAttr::get(context)), unit, file, name, name, file, line,
        line, LLVM::DISubprogramFlags::Definition | LLVM::DISubprogramFlags::Optimized, type,
        /*retainedNodes=*/{}, /*annotations=*/{});
  }

  LLVM::LLVMFuncOp function_;
};

struct AttachLines : PassWrapper<AttachLines, OperationPass<ModuleOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(AttachLines)
  StringRef getArgument() const override { return "tile-attach-lines"; }
  StringRef getDescription() const override { return "Attach source lines to the LLVM dialect"; }
  void runOnOperation() override {
    for (auto function : getOperation().getOps<LLVM::LLVMFuncOp>())
      if (!function.isExternal()) Lines(function).run();
  }
};

}  // namespace

std::unique_ptr<Pass> create_attach_lines_pass() { return std::make_unique<AttachLines>(); }

}  // namespace tegula::compiler
