// Lowering to intrinsics that no dialect has: the hardware's approximations, element by element;
// arithmetic fences; saturating conversions from float to integer.
#include "compiler/lower/code.h"
#include "compiler/lower/patterns.h"
#include "mlir/Conversion/LLVMCommon/Pattern.h"

using namespace mlir;

namespace tegula::compiler {
namespace {

llvm::StringRef intrinsic_name(tile::Approximation kind) {
  switch (kind) {
    case tile::Approximation::rsqrt:
      return "llvm.nvvm.rsqrt.approx.f";
    case tile::Approximation::ex2:
      return "llvm.nvvm.ex2.approx";
    case tile::Approximation::lg2:
      return "llvm.nvvm.lg2.approx.f";
  }
  llvm_unreachable("unknown approximation");
}

struct LowerApproximate : ConvertOpToLLVMPattern<tile::ApproximateOp> {
  using ConvertOpToLLVMPattern::ConvertOpToLLVMPattern;
  LogicalResult matchAndRewrite(tile::ApproximateOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter& rewriter) const override {
    Code code(rewriter, op.getLoc());
    const Value value = adaptor.getValue();
    const auto one = [&](Value x) {
      return code.intrinsic(intrinsic_name(op.getKind()), x.getType(), {x});
    };
    auto type = dyn_cast<VectorType>(value.getType());
    if (!type) {
      rewriter.replaceOp(op, one(value));
      return success();
    }
    Value result = LLVM::PoisonOp::create(rewriter, op.getLoc(), type);
    for (int64_t k = 0; k < type.getNumElements(); ++k)
      result = code.insert(result, one(code.extract(value, k)), k);
    rewriter.replaceOp(op, result);
    return success();
  }
};

/// To a fence, which form_fma looks for and removes.
struct LowerRounded : ConvertOpToLLVMPattern<tile::RoundedOp> {
  using ConvertOpToLLVMPattern::ConvertOpToLLVMPattern;
  LogicalResult matchAndRewrite(tile::RoundedOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter& rewriter) const override {
    const Value value = adaptor.getValue();
    rewriter.replaceOp(
        op,
        Code(rewriter, op.getLoc()).intrinsic("llvm.arithmetic.fence", value.getType(), {value}));
    return success();
  }
};

/// LLVM's plain conversions are undefined out of range, which its passes exploit: an integer to
/// float and back becomes a truncation. These saturate, and NaN gives 0.
template <class Op, bool is_signed>
struct LowerFloatToInteger : ConvertOpToLLVMPattern<Op> {
  using ConvertOpToLLVMPattern<Op>::ConvertOpToLLVMPattern;
  LogicalResult matchAndRewrite(Op op, typename Op::Adaptor adaptor,
                                ConversionPatternRewriter& rewriter) const override {
    Code code(rewriter, op.getLoc());
    const Type type = this->getTypeConverter()->convertType(op.getType());
    rewriter.replaceOp(op, code.intrinsic(is_signed ? "llvm.fptosi.sat" : "llvm.fptoui.sat", type,
                                          {adaptor.getIn()}));
    return success();
  }
};

}  // namespace

void populate_math_patterns(const LLVMTypeConverter& types, RewritePatternSet& patterns) {
  patterns.add<LowerApproximate, LowerRounded>(types);
  // Before arith's own.
  patterns
      .add<LowerFloatToInteger<arith::FPToSIOp, true>, LowerFloatToInteger<arith::FPToUIOp, false>>(
          types, PatternBenefit(2));
}

}  // namespace tegula::compiler
