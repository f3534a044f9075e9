#include "compiler/import/arithmetic.h"

#include <fmt/format.h>

#include "compiler/ir/dialect.h"
#include "compiler/math/functions.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Matchers.h"
#include "tegula/error.h"

using namespace mlir;

namespace tegula::compiler {
namespace {

using program::Comparison;
using program::Op;

arith::CmpFPredicate float_predicate(Comparison c) {
  switch (c) {
    case Comparison::eq:
      return arith::CmpFPredicate::OEQ;
    case Comparison::ne:
      return arith::CmpFPredicate::UNE;
    case Comparison::lt:
      return arith::CmpFPredicate::OLT;
    case Comparison::le:
      return arith::CmpFPredicate::OLE;
    case Comparison::gt:
      return arith::CmpFPredicate::OGT;
    case Comparison::ge:
      return arith::CmpFPredicate::OGE;
  }
  throw InternalError("unknown comparison");
}

arith::CmpIPredicate integer_predicate(Comparison c, bool is_signed) {
  using P = arith::CmpIPredicate;
  switch (c) {
    case Comparison::eq:
      return P::eq;
    case Comparison::ne:
      return P::ne;
    case Comparison::lt:
      return is_signed ? P::slt : P::ult;
    case Comparison::le:
      return is_signed ? P::sle : P::ule;
    case Comparison::gt:
      return is_signed ? P::sgt : P::ugt;
    case Comparison::ge:
      return is_signed ? P::sge : P::uge;
  }
  throw InternalError("unknown comparison");
}

}  // namespace

template <class Float, class Signed, class Unsigned>
Value ArithmeticImporter::by_kind(const Instruction& i, Location loc) {
  const DType dtype = operand_type(i, 0).dtype;
  const Value a = operand(i, 0), b = operand(i, 1);
  if (is_float(dtype)) return Float::create(builder_, loc, a, b);
  if (is_signed_integer(dtype)) return Signed::create(builder_, loc, a, b);
  return Unsigned::create(builder_, loc, a, b);
}

Value ArithmeticImporter::compare(const Instruction& i, Location loc) {
  const auto comparison = static_cast<Comparison>(i.attributes[0]);
  const DType dtype = operand_type(i, 0).dtype;
  if (is_float(dtype))
    return arith::CmpFOp::create(builder_, loc, float_predicate(comparison), operand(i, 0),
                                 operand(i, 1));
  return arith::CmpIOp::create(builder_, loc,
                               integer_predicate(comparison, is_signed_integer(dtype)),
                               operand(i, 0), operand(i, 1));
}

Value ArithmeticImporter::arithmetic(const Instruction& i, Location loc) {
  const program::Type& type = operand_type(i, 0);
  const bool floating = is_float(type.dtype);
  const Value a = operand(i, 0);
  switch (i.op) {
    case Op::cast:
      return convert(operand(i, 0), type.dtype, result_type(i), loc);
    case Op::compare:
      return compare(i, loc);
    case Op::select:
      return arith::SelectOp::create(builder_, loc, operand(i, 0), operand(i, 1), operand(i, 2));
    case Op::add:
      return by_kind<arith::AddFOp, arith::AddIOp, arith::AddIOp>(i, loc);
    case Op::sub:
      return by_kind<arith::SubFOp, arith::SubIOp, arith::SubIOp>(i, loc);
    case Op::mul:
      return by_kind<arith::MulFOp, arith::MulIOp, arith::MulIOp>(i, loc);
    case Op::div:
      if (floating) return arith::DivFOp::create(builder_, loc, a, operand(i, 1));
      return divide(i, loc).quotient;
    case Op::rem:
      return divide(i, loc).remainder;
    case Op::minimum:
      return by_kind<arith::MinimumFOp, arith::MinSIOp, arith::MinUIOp>(i, loc);
    case Op::maximum:
      return by_kind<arith::MaximumFOp, arith::MaxSIOp, arith::MaxUIOp>(i, loc);
    case Op::cdiv:
      return cdiv(i, loc);
    case Op::bit_and:
      return arith::AndIOp::create(builder_, loc, a, operand(i, 1));
    case Op::bit_or:
      return arith::OrIOp::create(builder_, loc, a, operand(i, 1));
    case Op::bit_xor:
      return arith::XOrIOp::create(builder_, loc, a, operand(i, 1));
    case Op::neg:
      if (floating) return arith::NegFOp::create(builder_, loc, a);
      return arith::SubIOp::create(builder_, loc, constant_like(type, loc, 0), a);
    case Op::abs:
      if (floating) return math::AbsFOp::create(builder_, loc, a);
      return math::AbsIOp::create(builder_, loc, a);
    case Op::umulhi:
      return umulhi(i, loc);
    case Op::shl:
    case Op::shr:
      return shift(i, loc);
    case Op::fma:
      return math::FmaOp::create(builder_, loc, a, operand(i, 1), operand(i, 2));
    case Op::rounded:
      // Narrower products are never fused.
      if (dtype_bits(type.dtype) < 32) return a;
      return tile::RoundedOp::create(builder_, loc, a.getType(), a);
    default:
      if (const MathFunction* function = find_math_function(i.op))
        return function->create(builder_, loc, a);
      cannot_lower(i);
  }
}

Value ArithmeticImporter::umulhi(const Instruction& i, Location loc) {
  return arith::MulUIExtendedOp::create(builder_, loc, operand(i, 0), operand(i, 1)).getHigh();
}

/// In LLVM a shift by the width or more is undefined; in the language it gives 0, or the sign.
Value ArithmeticImporter::shift(const Instruction& i, Location loc) {
  const program::Type& type = operand_type(i, 0);
  const Value a = operand(i, 0), b = operand(i, 1);
  const int bits = dtype_bits(type.dtype);
  const Value fits = arith::CmpIOp::create(builder_, loc, arith::CmpIPredicate::ult, b,
                                           constant_like(type, loc, bits));
  if (i.op == Op::shr && is_signed_integer(type.dtype)) {
    const Value most = constant_like(type, loc, bits - 1);
    const Value by = arith::SelectOp::create(builder_, loc, fits, b, most);
    return arith::ShRSIOp::create(builder_, loc, a, by);
  }
  const Value zero = constant_like(type, loc, 0);
  const Value by = arith::SelectOp::create(builder_, loc, fits, b, zero);
  const Value moved = i.op == Op::shl ? Value(arith::ShLIOp::create(builder_, loc, a, by))
                                      : Value(arith::ShRUIOp::create(builder_, loc, a, by));
  return arith::SelectOp::create(builder_, loc, fits, moved, zero);
}

/// Integer division by zero, and of the least value by -1, is undefined in LLVM, which would assume
/// that it cannot happen and drop the very masks that guard against it. So nothing is divided by 0
/// or -1. x / -1 is -x, which wraps; x / 0 is x and x % 0 is 0, which the language leaves open.
ArithmeticImporter::Division ArithmeticImporter::divide(const Instruction& i, Location loc) {
  const program::Type& type = operand_type(i, 0);
  const bool is_signed = is_signed_integer(type.dtype);
  const Value a = operand(i, 0), b = operand(i, 1);
  const auto truncated = [&](Value divisor) -> Division {
    if (is_signed)
      return {arith::DivSIOp::create(builder_, loc, a, divisor),
              arith::RemSIOp::create(builder_, loc, a, divisor)};
    return {arith::DivUIOp::create(builder_, loc, a, divisor),
            arith::RemUIOp::create(builder_, loc, a, divisor)};
  };
  Value scalar = b;
  if (auto splat = b.getDefiningOp<tile::SplatOp>()) scalar = splat.getValue();
  APInt known;
  if (matchPattern(scalar, m_ConstantInt(&known)) && !known.isZero() && !known.isAllOnes())
    return truncated(b);

  const auto equals = [&](std::int64_t n) -> Value {
    return arith::CmpIOp::create(builder_, loc, arith::CmpIPredicate::eq, b,
                                 constant_like(type, loc, n));
  };
  const auto select = [&](Value mask, Value x, Value y) -> Value {
    return arith::SelectOp::create(builder_, loc, mask, x, y);
  };
  const Value one = constant_like(type, loc, 1), zero = constant_like(type, loc, 0);
  const Value by_zero = equals(0);
  if (!is_signed) return truncated(select(by_zero, one, b));
  const Value by_minus_one = equals(-1);
  const Value trivial = arith::OrIOp::create(builder_, loc, by_zero, by_minus_one);
  const Division result = truncated(select(trivial, one, b));
  const Value negated = arith::SubIOp::create(builder_, loc, zero, a);
  return {select(by_minus_one, negated, result.quotient), result.remainder};
}

/// ceil(a / b) for b > 0: the truncated quotient, plus one if something positive is left over.
Value ArithmeticImporter::cdiv(const Instruction& i, Location loc) {
  const program::Type& type = operand_type(i, 0);
  const bool is_signed = is_signed_integer(type.dtype);
  const Value a = operand(i, 0), b = operand(i, 1);
  const Value quotient = divide(i, loc).quotient;
  const Value product = arith::MulIOp::create(builder_, loc, quotient, b);
  const auto greater = is_signed ? arith::CmpIPredicate::sgt : arith::CmpIPredicate::ugt;
  const Value left_over = arith::CmpIOp::create(builder_, loc, greater, a, product);
  const Value one = arith::ExtUIOp::create(builder_, loc, tile_type(type), left_over);
  return arith::AddIOp::create(builder_, loc, quotient, one);
}

}  // namespace tegula::compiler
