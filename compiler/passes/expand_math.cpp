#include "compiler/passes/expand_math.h"

#include <array>
#include <bit>
#include <cmath>
#include <limits>

#include "compiler/ir/dialect.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Transforms/WalkPatternRewriteDriver.h"

using namespace mlir;

namespace tegula::compiler {
namespace {

/// Arithmetic on f32 scalars or tiles of one shape, and on i32 of that shape.
class Math {
 public:
  Math(OpBuilder& builder, Location loc, Type like) : b_(builder), loc_(loc), like_(like) {}

  Type f32_type() { return with_element(b_.getF32Type()); }
  Type i32_type() { return with_element(b_.getI32Type()); }
  Type with_element(Type element) {
    auto tile = dyn_cast<RankedTensorType>(like_);
    return tile ? Type(tile.clone(element)) : element;
  }

  Value f(double value) {
    return shaped(
        arith::ConstantOp::create(b_, loc_, b_.getF32FloatAttr(static_cast<float>(value))),
        f32_type());
  }
  Value i(std::int32_t value) {
    return shaped(arith::ConstantOp::create(b_, loc_, b_.getI32IntegerAttr(value)), i32_type());
  }

  Value add(Value x, Value y) { return arith::AddFOp::create(b_, loc_, x, y); }
  Value sub(Value x, Value y) { return arith::SubFOp::create(b_, loc_, x, y); }
  Value mul(Value x, Value y) { return arith::MulFOp::create(b_, loc_, x, y); }
  Value div(Value x, Value y) { return arith::DivFOp::create(b_, loc_, x, y); }
  Value fma(Value x, Value y, Value z) { return math::FmaOp::create(b_, loc_, x, y, z); }
  Value negate(Value x) { return arith::NegFOp::create(b_, loc_, x); }
  Value abs(Value x) { return math::AbsFOp::create(b_, loc_, x); }
  Value copy_sign(Value x, Value sign) { return math::CopySignOp::create(b_, loc_, x, sign); }
  Value less(Value x, Value y) { return compare(arith::CmpFPredicate::OLT, x, y); }
  Value equal(Value x, Value y) { return compare(arith::CmpFPredicate::OEQ, x, y); }
  Value select(Value mask, Value x, Value y) {
    return arith::SelectOp::create(b_, loc_, mask, x, y);
  }
  Value approximate(tile::Approximation kind, Value x) {
    return tile::ApproximateOp::create(b_, loc_, x.getType(), kind, x);
  }
  Value bits(Value x) { return arith::BitcastOp::create(b_, loc_, i32_type(), x); }
  Value from_bits(Value x) { return arith::BitcastOp::create(b_, loc_, f32_type(), x); }
  Value iadd(Value x, Value y) { return arith::AddIOp::create(b_, loc_, x, y); }
  Value isub(Value x, Value y) { return arith::SubIOp::create(b_, loc_, x, y); }
  Value iand(Value x, Value y) { return arith::AndIOp::create(b_, loc_, x, y); }
  Value shift_right(Value x, int bits) { return arith::ShRSIOp::create(b_, loc_, x, i(bits)); }
  Value to_float(Value x) { return arith::SIToFPOp::create(b_, loc_, f32_type(), x); }

  /// c[0] + c[1] x + c[2] x^2 + ..., by Horner's rule.
  template <std::size_t N>
  Value polynomial(Value x, const std::array<double, N>& c) {
    Value result = f(c[N - 1]);
    for (std::size_t k = N - 1; k-- > 0;) result = fma(result, x, f(c[k]));
    return result;
  }

 private:
  Value shaped(Value scalar, Type type) {
    if (!isa<RankedTensorType>(type)) return scalar;
    return tile::SplatOp::create(b_, loc_, type, scalar);
  }
  Value compare(arith::CmpFPredicate predicate, Value x, Value y) {
    return arith::CmpFOp::create(b_, loc_, predicate, x, y);
  }

  OpBuilder& b_;
  Location loc_;
  Type like_;
};

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

Value expand_rsqrt(Math& m, Value x) { return m.approximate(tile::Approximation::rsqrt, x); }
Value expand_exp2(Math& m, Value x) { return m.approximate(tile::Approximation::ex2, x); }

/// 2^t for t = x log2(e), whose rounding error would be felt in the last six bits of a large
/// result: so the error is kept and put back as a factor 1 + error ln(2). Close to the largest
/// results t is taken 8 lower, or it might be rounded up to 128, whose power is infinite.
Value expand_exp(Math& m, Value x) {
  const double log2e = 1.4426950408889634;
  const Value high = m.f(log2e), low = m.f(log2e - static_cast<float>(log2e));
  const Value t = m.mul(x, high);
  const Value error = m.fma(x, low, m.fma(x, high, m.negate(t)));
  const Value is_large = m.less(m.f(120), t);
  const Value reduced = m.select(is_large, m.sub(t, m.f(8)), t);
  const Value power = m.approximate(tile::Approximation::ex2, reduced);
  const Value corrected = m.fma(power, m.mul(error, m.f(0.6931471805599453)), power);
  // Outside (-160, 128) the power is 0 or infinite, and the error may be no number.
  const Value is_finite = m.less(m.abs(m.add(reduced, m.f(16))), m.f(144));
  return m.mul(m.select(is_finite, corrected, power), m.select(is_large, m.f(256), m.f(1)));
}

/// x = 2^e m with m in [sqrt(1/2), sqrt(2)), and log(m) by log1p's series in f = m - 1, whose
/// coefficients beyond x^2/2 are a minimax fit (Moshier, Cephes, logf).
struct LogParts {
  Value exponent;  ///< e, as f32
  Value f;         ///< m - 1
  Value tail;      ///< log(m) - f
};
LogParts log_parts(Math& m, Value x) {
  // A subnormal is scaled up first.
  const Value tiny = m.less(x, m.f(std::numeric_limits<float>::min()));
  const Value scaled = m.select(tiny, m.mul(x, m.f(8388608.0)), x);
  const Value bits = m.bits(scaled);
  // Subtracting the bits of sqrt(1/2) puts the exponent's step where m wants it.
  const auto half_root = std::bit_cast<std::int32_t>(static_cast<float>(std::sqrt(0.5)));
  const Value steps = m.shift_right(m.isub(bits, m.i(half_root)), 23);
  const Value mantissa = m.from_bits(m.isub(
      bits, m.iand(m.isub(bits, m.i(half_root)), m.i(static_cast<std::int32_t>(0xff800000)))));
  const Value exponent = m.sub(m.to_float(steps), m.select(tiny, m.f(23), m.f(0)));
  const Value f = m.sub(mantissa, m.f(1));
  const Value series =
      m.polynomial(f, std::array{3.3333331174e-1, -2.4999993993e-1, 2.0000714765e-1,
                                 -1.6668057665e-1, 1.4249322787e-1, -1.2420140846e-1,
                                 1.1676998740e-1, -1.1514610310e-1, 7.0376836292e-2});
  const Value square = m.mul(f, f);
  const Value tail = m.fma(square, m.f(-0.5), m.mul(m.mul(f, square), series));
  return {exponent, f, tail};
}

/// What a logarithm is where the parts above make no sense.
Value log_limits(Math& m, Value x, Value result) {
  result = m.select(m.equal(x, m.f(infinity)), x, result);
  result = m.select(m.equal(x, m.f(0)), m.f(-infinity), result);
  result = m.select(m.less(x, m.f(0)), m.f(not_a_number), result);
  return m.select(m.equal(x, x), result, x);
}

Value expand_log(Math& m, Value x) {
  const LogParts p = log_parts(m, x);
  const double ln2 = 0.6931471805599453, high = 0.693359375;  // the high part has 9 bits
  const Value low = m.fma(p.exponent, m.f(ln2 - high), p.tail);
  return log_limits(m, x, m.fma(p.exponent, m.f(high), m.add(p.f, low)));
}

Value expand_log2(Math& m, Value x) {
  const LogParts p = log_parts(m, x);
  const double log2e = 1.4426950408889634;
  const Value high = m.f(log2e), low = m.f(log2e - static_cast<float>(log2e));
  // log2(m) = (f + tail) log2(e), the large product exactly.
  const Value product = m.mul(p.f, high);
  const Value error = m.fma(p.f, high, m.negate(product));
  const Value rest = m.add(error, m.fma(p.f, low, m.mul(p.tail, high)));
  return log_limits(m, x, m.add(m.add(p.exponent, product), rest));
}

/// Small arguments by an odd polynomial (Moshier, Cephes, tanhf); others as 1 - 2 / (exp(2|x|) +
/// 1), where the quotient is small enough for its error not to matter.
Value expand_tanh(Math& m, Value x) {
  const Value size = m.abs(x), square = m.mul(x, x);
  const Value series =
      m.polynomial(square, std::array{-3.33332819422e-1, 1.33314422036e-1, -5.37397155531e-2,
                                      2.06390887954e-2, -5.70498872745e-3});
  const Value small = m.fma(m.mul(size, square), series, size);
  const Value power = expand_exp(m, m.add(size, size));
  const Value large = m.sub(m.f(1), m.div(m.f(2), m.add(power, m.f(1))));
  return m.copy_sign(m.select(m.less(size, m.f(0.625)), small, large), x);
}

template <class Op>
struct Expand : OpRewritePattern<Op> {
  using Expansion = Value (*)(Math&, Value);
  Expand(MLIRContext* context, Expansion expansion)
      : OpRewritePattern<Op>(context), expansion_(expansion) {}

  LogicalResult matchAndRewrite(Op op, PatternRewriter& rewriter) const override {
    const Location loc = op.getLoc();
    Value x = op.getOperand();
    const Type type = x.getType(), element = getElementTypeOrSelf(type);
    Math m(rewriter, loc, type);
    if (element.isF64()) return rewriter.notifyMatchFailure(op, "f64 is expanded elsewhere");
    const bool narrow = !element.isF32();
    if (narrow) x = arith::ExtFOp::create(rewriter, loc, m.f32_type(), x);
    Value result = expansion_(m, x);
    if (narrow) result = arith::TruncFOp::create(rewriter, loc, type, result);
    rewriter.replaceOp(op, result);
    return success();
  }
  Expansion expansion_;
};

/// f64: correctly rounded root and quotient.
struct ExpandRsqrt64 : OpRewritePattern<math::RsqrtOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(math::RsqrtOp op, PatternRewriter& rewriter) const override {
    const Type type = op.getType();
    if (!getElementTypeOrSelf(type).isF64()) return failure();
    Value one = arith::ConstantOp::create(rewriter, op.getLoc(), rewriter.getF64FloatAttr(1));
    if (isa<RankedTensorType>(type)) one = tile::SplatOp::create(rewriter, op.getLoc(), type, one);
    const Value root = math::SqrtOp::create(rewriter, op.getLoc(), op.getOperand());
    rewriter.replaceOpWithNewOp<arith::DivFOp>(op, one, root);
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
    patterns.add<ExpandRsqrt64>(context);
    patterns.add<Expand<math::RsqrtOp>>(context, expand_rsqrt);
    patterns.add<Expand<math::Exp2Op>>(context, expand_exp2);
    patterns.add<Expand<math::ExpOp>>(context, expand_exp);
    patterns.add<Expand<math::LogOp>>(context, expand_log);
    patterns.add<Expand<math::Log2Op>>(context, expand_log2);
    patterns.add<Expand<math::TanhOp>>(context, expand_tanh);
    walkAndApplyPatterns(getOperation(), std::move(patterns));
  }
};

}  // namespace

std::unique_ptr<Pass> create_expand_math_pass() { return std::make_unique<ExpandMath>(); }

}  // namespace tegula::compiler
