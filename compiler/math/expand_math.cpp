#include "compiler/math/expand_math.h"

#include "compiler/math/functions.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Transforms/WalkPatternRewriteDriver.h"

using namespace mlir;

namespace tegula::compiler {

/// For 64 bits, by parts of 32: there is no 128-bit integer to multiply in.
Value Math::high_product(Value x, Value y) {
  if (width() == 32) return arith::MulUIExtendedOp::create(b_, loc_, x, y).getHigh();
  const Value low_half = i(0xffffffff);
  const Value x0 = iand(x, low_half), x1 = shift_right(x, 32);
  const Value y0 = iand(y, low_half), y1 = shift_right(y, 32);
  const Value cross = imul(x1, y0), other = imul(x0, y1);
  const Value middle =
      iadd(iadd(shift_right(imul(x0, y0), 32), iand(cross, low_half)), iand(other, low_half));
  return iadd(iadd(imul(x1, y1), shift_right(middle, 32)),
              iadd(shift_right(cross, 32), shift_right(other, 32)));
}

namespace {

/// The high half of a product of 64 bits.
struct ExpandWideProduct : OpRewritePattern<arith::MulUIExtendedOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(arith::MulUIExtendedOp op,
                                PatternRewriter& rewriter) const override {
    const Type type = op.getLhs().getType();
    if (!getElementTypeOrSelf(type).isInteger(64)) return failure();
    auto tile = dyn_cast<RankedTensorType>(type);
    const Type f64 = rewriter.getF64Type();
    Math m(rewriter, op.getLoc(), tile ? Type(tile.clone(f64)) : f64);
    rewriter.replaceOp(
        op, {m.imul(op.getLhs(), op.getRhs()), m.high_product(op.getLhs(), op.getRhs())});
    return success();
  }
};

struct ExpandMath : PassWrapper<ExpandMath, OperationPass<func::FuncOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(ExpandMath)
  StringRef getArgument() const override { return "tile-expand-math"; }
  StringRef getDescription() const override {
    return "Expand math functions into arithmetic over the hardware's approximations";
  }
  void runOnOperation() override {
    MLIRContext* context = &getContext();
    RewritePatternSet patterns(context);
    patterns.add<ExpandWideProduct>(context);
    add_math_expansions(patterns);
    walkAndApplyPatterns(getOperation(), std::move(patterns));
  }
};

}  // namespace

std::unique_ptr<Pass> create_expand_math_pass() { return std::make_unique<ExpandMath>(); }

}  // namespace tegula::compiler
