// Lowering of math functions that have no LLVM operation: our own expansions over the hardware's
// approximations, the same on every target. Bounds are stated with each and tested.
#include "compiler/passes/lowering.h"
#include "mlir/Conversion/LLVMCommon/Pattern.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;

namespace tegula::compiler {
namespace {

/// Applies `scalar` to each element of a vector, or to a scalar.
Value for_each_element(Code& code, Value value, llvm::function_ref<Value(Value)> scalar) {
  auto type = dyn_cast<VectorType>(value.getType());
  if (!type) return scalar(value);
  Value result = LLVM::PoisonOp::create(code.builder(), code.loc(), type);
  for (int64_t k = 0; k < type.getNumElements(); ++k)
    result = code.insert(result, scalar(code.extract(value, k)), k);
  return result;
}

Type with_element(Type type, Type element) {
  if (auto vector = dyn_cast<VectorType>(type)) return vector_of(element, vector.getNumElements());
  return element;
}

/// rsqrt. f32: rsqrt.approx, relative error at most 2^-22.9 (PTX ISA, rsqrt). f16 and bf16: that,
/// rounded. f64: 1 / sqrt(x), each correctly rounded.
struct LowerRsqrt : ConvertOpToLLVMPattern<math::RsqrtOp> {
  using ConvertOpToLLVMPattern::ConvertOpToLLVMPattern;
  LogicalResult matchAndRewrite(math::RsqrtOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter& rewriter) const override {
    Code code(rewriter, op.getLoc());
    const Location loc = op.getLoc();
    Value value = adaptor.getOperand();
    const Type type = value.getType();
    const Type element = getElementTypeOrSelf(type);
    if (element.isF64()) {
      const auto one = rewriter.getF64FloatAttr(1.0);
      TypedAttr ones = one;
      if (auto vector = dyn_cast<VectorType>(type))
        ones = DenseElementsAttr::get(vector, Attribute(one));
      const Value numerator = LLVM::ConstantOp::create(rewriter, loc, type, ones);
      const Value root = LLVM::SqrtOp::create(rewriter, loc, value);
      rewriter.replaceOpWithNewOp<LLVM::FDivOp>(op, numerator, root);
      return success();
    }
    const Type f32 = rewriter.getF32Type();
    if (!element.isF32())
      value = LLVM::FPExtOp::create(rewriter, loc, with_element(type, f32), value);
    value = for_each_element(
        code, value, [&](Value x) { return code.intrinsic("llvm.nvvm.rsqrt.approx.f", f32, {x}); });
    if (!element.isF32()) value = LLVM::FPTruncOp::create(rewriter, loc, type, value);
    rewriter.replaceOp(op, value);
    return success();
  }
};

}  // namespace

void populate_math_patterns(const LLVMTypeConverter& types, RewritePatternSet& patterns) {
  // Ahead of MLIR's own 1 / sqrt.
  patterns.add<LowerRsqrt>(types, /*benefit=*/PatternBenefit(2));
}

}  // namespace tegula::compiler
