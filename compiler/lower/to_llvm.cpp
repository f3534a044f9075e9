#include "compiler/lower/to_llvm.h"
#include "compiler/lower/patterns.h"

#include "compiler/lower/code.h"
#include "mlir/Conversion/ArithToLLVM/ArithToLLVM.h"
#include "mlir/Conversion/ControlFlowToLLVM/ControlFlowToLLVM.h"
#include "mlir/Conversion/FuncToLLVM/ConvertFuncToLLVM.h"
#include "mlir/Conversion/LLVMCommon/ConversionTarget.h"
#include "mlir/Conversion/MathToLLVM/MathToLLVM.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlow.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "runtime/format/architecture.h"

using namespace mlir;

namespace tegula::compiler {
namespace {

void add_type_conversions(LLVMTypeConverter& types) {
  types.addConversion([](RankedTensorType tile) -> std::optional<Type> {
    if (!tile::has_layout(tile)) return std::nullopt;
    return vector_of(tile.getElementType(), tile::layout_of(tile).registers());
  });
  types.addConversion([](tile::ViewType view) -> Type {
    MLIRContext* context = view.getContext();
    llvm::SmallVector<Type> fields = {LLVM::LLVMPointerType::get(context, 1)};
    fields.append(view.dynamicExtents(), IntegerType::get(context, 32));
    fields.append(view.dynamicStrides(), IntegerType::get(context, 64));
    return LLVM::LLVMStructType::getLiteral(context, fields);
  });
}

void declare_shared_memory(ModuleOp module) {
  std::int64_t bytes = 0;
  for (auto function : module.getOps<func::FuncOp>())
    if (auto attribute = function->getAttrOfType<IntegerAttr>(tile::shared_bytes_attribute))
      bytes = std::max(bytes, attribute.getInt());
  if (bytes == 0) return;
  // More than a block may declare is requested at launch: the size is then in the launch record.
  const bool declared = bytes <= format::shared_static_limit;
  OpBuilder builder = OpBuilder::atBlockBegin(module.getBody());
  LLVM::GlobalOp::create(
      builder, module.getLoc(), LLVM::LLVMArrayType::get(builder.getI8Type(), declared ? bytes : 0),
      /*isConstant=*/false, declared ? LLVM::Linkage::Internal : LLVM::Linkage::External,
      shared_memory_symbol,
      declared ? Attribute(LLVM::UndefAttr::get(module.getContext())) : nullptr,
      /*alignment=*/16, /*addrSpace=*/3);
}

struct LowerToLLVM : PassWrapper<LowerToLLVM, OperationPass<ModuleOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(LowerToLLVM)
  StringRef getArgument() const override { return "tile-lower-to-llvm"; }
  StringRef getDescription() const override {
    return "Lower laid-out tiles to vectors of registers in the LLVM dialect";
  }
  void getDependentDialects(DialectRegistry& registry) const override {
    registry.insert<LLVM::LLVMDialect>();
  }
  void runOnOperation() override {
    MLIRContext* context = &getContext();
    declare_shared_memory(getOperation());
    number_markers(getOperation());

    LowerToLLVMOptions options(context);
    options.overrideIndexBitwidth(32);
    LLVMTypeConverter types(context, options);
    add_type_conversions(types);
    RewritePatternSet patterns(context);
#define TEGULA_FAMILY(name) populate_##name##_patterns(types, patterns);
#include "compiler/lower/families.inc"
#undef TEGULA_FAMILY
    arith::populateArithToLLVMConversionPatterns(types, patterns);
    populateMathToLLVMConversionPatterns(types, patterns);
    cf::populateControlFlowToLLVMConversionPatterns(types, patterns);
    populateFuncToLLVMConversionPatterns(types, patterns);

    LLVMConversionTarget target(*context);
    target.addLegalOp<ModuleOp>();
    target.addIllegalDialect<tile::TileDialect, arith::ArithDialect, math::MathDialect,
                             cf::ControlFlowDialect, func::FuncDialect>();
    if (failed(applyFullConversion(getOperation(), target, std::move(patterns))))
      signalPassFailure();
  }
};

}  // namespace

std::unique_ptr<Pass> create_lower_to_llvm_pass() { return std::make_unique<LowerToLLVM>(); }

}  // namespace tegula::compiler
