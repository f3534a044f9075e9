// The tools of the expansions of math functions: arithmetic on f32 or f64, and on integers of the
// same width, scalars or tiles of one shape.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <utility>

#include "compiler/ir/dialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/TypeUtilities.h"

namespace tegula::compiler {

class Math {
 public:
  using Value = mlir::Value;

  /// `like`: a type of the required shape. f64 if its element is; else f32.
  Math(mlir::OpBuilder& builder, mlir::Location loc, mlir::Type like)
      : b_(builder),
        loc_(loc),
        like_(like),
        real_(mlir::getElementTypeOrSelf(like).isF64() ? mlir::Type(builder.getF64Type())
                                                       : mlir::Type(builder.getF32Type())) {}

  /// The format: bits of the number, of its fraction, and what the exponent's field has added.
  bool is_f64() const { return real_.isF64(); }
  int width() const { return is_f64() ? 64 : 32; }
  int fraction_bits() const { return is_f64() ? 52 : 23; }
  int bias() const { return is_f64() ? 1023 : 127; }

  mlir::Type real_type() { return shaped(real_); }
  mlir::Type integer_type() { return shaped(b_.getIntegerType(width())); }

  Value f(double value) { return constant(b_.getFloatAttr(real_, value)); }
  Value i(std::int64_t value) {
    return constant(b_.getIntegerAttr(b_.getIntegerType(width()), value));
  }
  /// A bit pattern.
  Value word(std::uint64_t bits) {
    return constant(b_.getIntegerAttr(b_.getIntegerType(width()),
                                      llvm::APInt(64, bits).trunc(static_cast<unsigned>(width()))));
  }

  Value add(Value x, Value y) { return mlir::arith::AddFOp::create(b_, loc_, x, y); }
  Value sub(Value x, Value y) { return mlir::arith::SubFOp::create(b_, loc_, x, y); }
  Value mul(Value x, Value y) { return mlir::arith::MulFOp::create(b_, loc_, x, y); }
  Value div(Value x, Value y) { return mlir::arith::DivFOp::create(b_, loc_, x, y); }
  Value sqrt(Value x) { return mlir::math::SqrtOp::create(b_, loc_, x); }
  Value fma(Value x, Value y, Value z) { return mlir::math::FmaOp::create(b_, loc_, x, y, z); }
  Value negate(Value x) { return mlir::arith::NegFOp::create(b_, loc_, x); }
  Value abs(Value x) { return mlir::math::AbsFOp::create(b_, loc_, x); }
  Value copy_sign(Value x, Value sign) { return mlir::math::CopySignOp::create(b_, loc_, x, sign); }
  Value less(Value x, Value y) { return compare(mlir::arith::CmpFPredicate::OLT, x, y); }
  Value equal(Value x, Value y) { return compare(mlir::arith::CmpFPredicate::OEQ, x, y); }
  Value select(Value mask, Value x, Value y) {
    return mlir::arith::SelectOp::create(b_, loc_, mask, x, y);
  }
  Value approximate(tile::Approximation kind, Value x) {
    return tile::ApproximateOp::create(b_, loc_, x.getType(), kind, x);
  }

  Value bits(Value x) { return mlir::arith::BitcastOp::create(b_, loc_, integer_type(), x); }
  Value from_bits(Value x) { return mlir::arith::BitcastOp::create(b_, loc_, real_type(), x); }
  Value iadd(Value x, Value y) { return mlir::arith::AddIOp::create(b_, loc_, x, y); }
  Value isub(Value x, Value y) { return mlir::arith::SubIOp::create(b_, loc_, x, y); }
  Value imul(Value x, Value y) { return mlir::arith::MulIOp::create(b_, loc_, x, y); }
  Value iand(Value x, Value y) { return mlir::arith::AndIOp::create(b_, loc_, x, y); }
  Value ior(Value x, Value y) { return mlir::arith::OrIOp::create(b_, loc_, x, y); }
  Value ixor(Value x, Value y) { return mlir::arith::XOrIOp::create(b_, loc_, x, y); }
  Value shift_left(Value x, Value by) { return mlir::arith::ShLIOp::create(b_, loc_, x, by); }
  Value shift_right(Value x, Value by) { return mlir::arith::ShRUIOp::create(b_, loc_, x, by); }
  Value shift_left(Value x, int bits) { return shift_left(x, i(bits)); }
  Value shift_right(Value x, int bits) { return shift_right(x, i(bits)); }
  Value shift_right_signed(Value x, int bits) {
    return mlir::arith::ShRSIOp::create(b_, loc_, x, i(bits));
  }
  Value is_zero(Value x) {
    return mlir::arith::CmpIOp::create(b_, loc_, mlir::arith::CmpIPredicate::eq, x, i(0));
  }
  Value unsigned_less(Value x, Value y) {
    return mlir::arith::CmpIOp::create(b_, loc_, mlir::arith::CmpIPredicate::ult, x, y);
  }
  /// 1 where the mask is true, else 0.
  Value to_integer(Value mask) {
    return mlir::arith::ExtUIOp::create(b_, loc_, integer_type(), mask);
  }
  Value to_float(Value x) { return mlir::arith::SIToFPOp::create(b_, loc_, real_type(), x); }
  Value unsigned_to_float(Value x) {
    return mlir::arith::UIToFPOp::create(b_, loc_, real_type(), x);
  }
  /// The upper half of the unsigned product.
  Value high_product(Value x, Value y);

  /// 2^n, for n of a normal number.
  Value power_of_two(Value n) { return from_bits(shift_left(iadd(n, i(bias())), fraction_bits())); }

  /// c[0] + c[1] x + c[2] x^2 + ..., by Horner's rule.
  template <std::size_t N>
  Value polynomial(Value x, const std::array<double, N>& c) {
    Value result = f(c[N - 1]);
    for (std::size_t k = N - 1; k-- > 0;) result = fma(result, x, f(c[k]));
    return result;
  }

 private:
  mlir::Type shaped(mlir::Type element) {
    auto tile = mlir::dyn_cast<mlir::RankedTensorType>(like_);
    return tile ? mlir::Type(tile.clone(element)) : element;
  }
  Value constant(mlir::TypedAttr value) {
    const Value scalar = mlir::arith::ConstantOp::create(b_, loc_, value);
    if (!mlir::isa<mlir::RankedTensorType>(like_)) return scalar;
    return tile::SplatOp::create(b_, loc_, shaped(value.getType()), scalar);
  }
  Value compare(mlir::arith::CmpFPredicate predicate, Value x, Value y) {
    return mlir::arith::CmpFOp::create(b_, loc_, predicate, x, y);
  }

  mlir::OpBuilder& b_;
  mlir::Location loc_;
  mlir::Type like_;
  mlir::Type real_;
};

inline constexpr double infinity = std::numeric_limits<double>::infinity();
inline constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

}  // namespace tegula::compiler
