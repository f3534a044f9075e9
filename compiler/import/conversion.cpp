// Import of conversions: each rounds once.
#include "compiler/import/arithmetic.h"
#include "compiler/ir/dialect.h"
#include "compiler/math/f8.h"

using namespace mlir;

namespace tegula::compiler {
Value ArithmeticImporter::convert(Value value, DType from, program::Type to, Location loc) {
  if (from == to.dtype) return value;
  if (is_f8(from))
    return convert(decode_f8(builder_, loc, from, value), DType::f32, std::move(to), loc);
  if (is_f8(to.dtype)) {
    // Only f64, and integers far above the largest f8, are not exact in f32.
    const DType target = to.dtype;
    if (from != DType::f64) {
      to.dtype = DType::f32;
      value = convert(value, from, std::move(to), loc);
    }
    return encode_f8(builder_, loc, target, value);
  }
  const mlir::Type type = tile_type(to);
  if (is_float(from) && is_float(to.dtype)) {
    if (dtype_bits(from) < dtype_bits(to.dtype))
      return arith::ExtFOp::create(builder_, loc, type, value);
    if (dtype_bits(from) > dtype_bits(to.dtype))
      return arith::TruncFOp::create(builder_, loc, type, value);
    // Between f16 and bf16: exact into f32, then rounded once.
    program::Type middle = to;
    middle.dtype = DType::f32;
    Value wide = arith::ExtFOp::create(builder_, loc, tile_type(middle), value);
    return arith::TruncFOp::create(builder_, loc, type, wide);
  }
  const bool is_signed = is_signed_integer(from);
  // Saturating: the lowering (lower/) uses LLVM's saturating intrinsics.
  if (is_float(from))
    return is_signed_integer(to.dtype) ? Value(arith::FPToSIOp::create(builder_, loc, type, value))
                                       : Value(arith::FPToUIOp::create(builder_, loc, type, value));
  if (to.dtype == DType::bf16 && dtype_bits(from) >= 32)
    return wide_integer_to_bf16(value, from, to, loc);
  if (is_float(to.dtype))
    return is_signed ? Value(arith::SIToFPOp::create(builder_, loc, type, value))
                     : Value(arith::UIToFPOp::create(builder_, loc, type, value));
  if (dtype_bits(from) == dtype_bits(to.dtype)) return value;  // signed and unsigned share a type
  if (dtype_bits(from) > dtype_bits(to.dtype))
    return arith::TruncIOp::create(builder_, loc, type, value);
  return is_signed ? Value(arith::ExtSIOp::create(builder_, loc, type, value))
                   : Value(arith::ExtUIOp::create(builder_, loc, type, value));
}

/// Rounds once. For some architectures LLVM goes through f32 and rounds twice. So a value that is
/// not exact in a middle type of 24 or 53 bits is rounded to odd first: its low bits become one
/// sticky bit, and the conversion to the middle type is then exact.
Value ArithmeticImporter::wide_integer_to_bf16(Value value, DType from, const program::Type& to,
                                               Location loc) {
  const bool is_signed = is_signed_integer(from);
  const bool is_long = dtype_bits(from) == 64;
  const int digits = is_long ? 53 : 24, spare = is_long ? 11 : 8;
  program::Type type = to;
  type.dtype = from;
  const auto number = [&](std::int64_t n) { return constant_like(type, loc, n); };
  const std::int64_t sticky_bit = std::int64_t{1} << spare, low_bits = sticky_bit - 1;
  const Value rest = arith::AndIOp::create(builder_, loc, value, number(low_bits));
  const Value inexact =
      arith::CmpIOp::create(builder_, loc, arith::CmpIPredicate::ne, rest, number(0));
  const Value sticky =
      arith::SelectOp::create(builder_, loc, inexact, number(sticky_bit), number(0));
  const Value cleared = arith::SubIOp::create(builder_, loc, value, rest);
  const Value odd = arith::OrIOp::create(builder_, loc, cleared, sticky);
  // -2^digits <= value < 2^digits: exact as it is.
  const std::int64_t bound = std::int64_t{1} << digits;
  const Value shifted =
      is_signed ? Value(arith::AddIOp::create(builder_, loc, value, number(bound))) : value;
  const Value exact = arith::CmpIOp::create(builder_, loc, arith::CmpIPredicate::ult, shifted,
                                            number(is_signed ? 2 * bound : bound));
  const Value held = arith::SelectOp::create(builder_, loc, exact, value, odd);
  program::Type wide_type = to;
  wide_type.dtype = is_long ? DType::f64 : DType::f32;
  const mlir::Type middle = tile_type(wide_type);
  const Value wide = is_signed ? Value(arith::SIToFPOp::create(builder_, loc, middle, held))
                               : Value(arith::UIToFPOp::create(builder_, loc, middle, held));
  return arith::TruncFOp::create(builder_, loc, tile_type(to), wide);
}

}  // namespace tegula::compiler
