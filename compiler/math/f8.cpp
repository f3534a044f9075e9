#include "compiler/math/f8.h"

#include <bit>
#include <cmath>

#include "compiler/ir/dialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;

namespace tegula::compiler {
namespace {

/// Bits of the fraction, the exponent of the smallest normal number, the largest finite number.
struct Format {
  int fraction, min_exponent;
  double largest;
};
Format format_of(DType dtype) {
  return dtype == DType::f8e4m3 ? Format{3, -6, 448.0} : Format{2, -14, 57344.0};
}
constexpr std::int64_t nan_code = 0x7f;

/// Constants and types like those of a value.
class Like {
 public:
  Like(OpBuilder& builder, Location loc, Value value)
      : builder_(builder), loc_(loc), like_(value.getType()) {}

  mlir::Type type(mlir::Type element) const {
    auto tile = dyn_cast<RankedTensorType>(like_);
    return tile ? mlir::Type(tile.clone(element)) : element;
  }
  Value integer(unsigned bits, std::int64_t value) const {
    return shaped(builder_.getIntegerAttr(builder_.getIntegerType(bits), value));
  }
  Value real(mlir::Type element, double value) const {
    return shaped(builder_.getFloatAttr(element, value));
  }

 private:
  Value shaped(TypedAttr value) const {
    const Value scalar = arith::ConstantOp::create(builder_, loc_, value);
    if (!isa<RankedTensorType>(like_)) return scalar;
    return tile::SplatOp::create(builder_, loc_, type(value.getType()), scalar);
  }
  OpBuilder& builder_;
  Location loc_;
  mlir::Type like_;
};

/// e5m2 is the upper half of f16.
Value decode_e5m2(OpBuilder& b, Location loc, const Like& like, Value codes) {
  const Value wide = arith::ExtUIOp::create(b, loc, like.type(b.getIntegerType(16)), codes);
  const Value bits = arith::ShLIOp::create(b, loc, wide, like.integer(16, 8));
  const Value half = arith::BitcastOp::create(b, loc, like.type(b.getF16Type()), bits);
  return arith::ExtFOp::create(b, loc, like.type(b.getF32Type()), half);
}

/// Exponent and fraction moved to their positions in an f32; a multiplication then corrects the
/// exponent's bias, for normal and subnormal numbers alike.
Value decode_e4m3(OpBuilder& b, Location loc, const Like& like, Value codes) {
  const mlir::Type f32 = b.getF32Type(), i32 = b.getI32Type();
  const Value wide = arith::ExtUIOp::create(b, loc, like.type(i32), codes);
  const Value size = arith::AndIOp::create(b, loc, wide, like.integer(32, 0x7f));
  const Value shifted = arith::ShLIOp::create(b, loc, size, like.integer(32, 20));
  const Value unscaled = arith::BitcastOp::create(b, loc, like.type(f32), shifted);
  const Value scaled = arith::MulFOp::create(b, loc, unscaled, like.real(f32, 0x1p120));
  const Value is_nan =
      arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq, size, like.integer(32, nan_code));
  const Value magnitude =
      arith::SelectOp::create(b, loc, is_nan, like.real(f32, std::nan("")), scaled);
  const Value bits = arith::BitcastOp::create(b, loc, like.type(i32), magnitude);
  const Value sign = arith::ShLIOp::create(b, loc, arith::SubIOp::create(b, loc, wide, size),
                                           like.integer(32, 24));
  return arith::BitcastOp::create(b, loc, like.type(f32), arith::OrIOp::create(b, loc, bits, sign));
}

}  // namespace

Value decode_f8(OpBuilder& b, Location loc, DType dtype, Value codes) {
  const Like like(b, loc, codes);
  return dtype == DType::f8e4m3 ? decode_e4m3(b, loc, like, codes)
                                : decode_e5m2(b, loc, like, codes);
}

/// |x| is added to a power of two so large that the sum's last bit is worth as much as the format's
/// last bit at |x|: the hardware's addition rounds. The bits that it leaves above the power of
/// two's own are the fraction, with the implicit one, which carries into the exponent by itself.
Value encode_f8(OpBuilder& b, Location loc, DType dtype, Value x) {
  const Format format = format_of(dtype);
  const Like like(b, loc, x);
  const mlir::Type element = getElementTypeOrSelf(x.getType());
  const unsigned width = element.getIntOrFloatBitWidth();
  const int fraction = width == 64 ? 52 : 23, bias = width == 64 ? 1023 : 127;
  const mlir::Type integer = like.type(b.getIntegerType(width));
  const auto number = [&](std::int64_t n) { return like.integer(width, n); };
  const auto to_bits = [&](Value v) -> Value {
    return arith::BitcastOp::create(b, loc, integer, v);
  };

  const Value size = arith::MinNumFOp::create(b, loc, math::AbsFOp::create(b, loc, x),
                                              like.real(element, format.largest));
  const std::int64_t exponent_field =
      (std::int64_t{1} << (width - 1)) - (std::int64_t{1} << fraction);
  const std::int64_t least = format.min_exponent + bias;
  const Value exponent = arith::MaxSIOp::create(
      b, loc, arith::AndIOp::create(b, loc, to_bits(size), number(exponent_field)),
      number(least << fraction));
  const Value power = arith::AddIOp::create(
      b, loc, exponent, number(static_cast<std::int64_t>(fraction - format.fraction) << fraction));
  const Value sum =
      arith::AddFOp::create(b, loc, size, arith::BitcastOp::create(b, loc, x.getType(), power));
  const Value digits = arith::SubIOp::create(b, loc, to_bits(sum), power);
  const Value steps = arith::SubIOp::create(
      b, loc, arith::ShRUIOp::create(b, loc, exponent, number(fraction - format.fraction)),
      number(least << format.fraction));
  const Value magnitude = arith::AddIOp::create(b, loc, digits, steps);
  const Value sign = arith::AndIOp::create(
      b, loc, arith::ShRUIOp::create(b, loc, to_bits(x), number(width - 8)), number(0x80));
  const Value is_number = arith::CmpFOp::create(b, loc, arith::CmpFPredicate::ORD, x, x);
  const Value code = arith::SelectOp::create(
      b, loc, is_number, arith::OrIOp::create(b, loc, magnitude, sign), number(nan_code));
  return arith::TruncIOp::create(b, loc, like.type(b.getIntegerType(8)), code);
}

std::uint8_t f8_code(DType dtype, double value) {
  if (std::isnan(value)) return nan_code;
  const Format format = format_of(dtype);
  const double size = std::fmin(std::fabs(value), format.largest);
  const int exponent =
      size == 0 ? format.min_exponent : std::max(std::ilogb(size), format.min_exponent);
  const auto digits =
      static_cast<int>(std::nearbyint(std::ldexp(size, format.fraction - exponent)));
  const int magnitude = ((exponent - format.min_exponent) << format.fraction) + digits;
  return static_cast<std::uint8_t>(magnitude | (std::signbit(value) ? 0x80 : 0));
}

}  // namespace tegula::compiler
