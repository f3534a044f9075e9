#include "compiler/backend/llvm/expand_intrinsics.h"

#include "llvm/ADT/FloatingPointMode.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/IntrinsicInst.h"
#include "llvm/IR/Module.h"

namespace tegula::compiler {
namespace {

using llvm::Value;

/// -1, 0 or 1.
Value* three_way(llvm::IRBuilder<>& b, llvm::IntrinsicInst& i, bool is_signed) {
  Value *x = i.getArgOperand(0), *y = i.getArgOperand(1);
  Value* above = is_signed ? b.CreateICmpSGT(x, y) : b.CreateICmpUGT(x, y);
  Value* below = is_signed ? b.CreateICmpSLT(x, y) : b.CreateICmpULT(x, y);
  return b.CreateSub(b.CreateZExt(above, i.getType()), b.CreateZExt(below, i.getType()));
}

Value* unsigned_saturating(llvm::IRBuilder<>& b, llvm::IntrinsicInst& i) {
  Value *x = i.getArgOperand(0), *y = i.getArgOperand(1);
  if (i.getIntrinsicID() == llvm::Intrinsic::usub_sat)
    return b.CreateSelect(b.CreateICmpUGT(x, y), b.CreateSub(x, y),
                          llvm::Constant::getNullValue(i.getType()));
  Value* sum = b.CreateAdd(x, y);
  return b.CreateSelect(b.CreateICmpULT(sum, x), llvm::Constant::getAllOnesValue(i.getType()), sum);
}

/// The sum wraps if both operands have one sign and the sum has the other; the result is then the
/// limit on the operands' side.
Value* signed_saturating(llvm::IRBuilder<>& b, llvm::IntrinsicInst& i) {
  Value *x = i.getArgOperand(0), *y = i.getArgOperand(1);
  const bool adds = i.getIntrinsicID() == llvm::Intrinsic::sadd_sat;
  const unsigned bits = i.getType()->getScalarSizeInBits();
  Value* plain = adds ? b.CreateAdd(x, y) : b.CreateSub(x, y);
  Value* changed = b.CreateXor(plain, x);
  Value* other = adds ? b.CreateXor(plain, y) : b.CreateXor(x, y);
  Value* wraps =
      b.CreateICmpSLT(b.CreateAnd(changed, other), llvm::Constant::getNullValue(i.getType()));
  Value* sign = b.CreateAShr(x, llvm::ConstantInt::get(i.getType(), bits - 1));
  Value* limit =
      b.CreateXor(sign, llvm::ConstantInt::get(i.getType(), llvm::APInt::getSignedMaxValue(bits)));
  return b.CreateSelect(wraps, limit, plain);
}

/// Whether the value is in one of the classes of the mask, by its bits.
Value* float_class(llvm::IRBuilder<>& b, llvm::IntrinsicInst& i) {
  Value* x = i.getArgOperand(0);
  const auto mask = static_cast<llvm::FPClassTest>(
      llvm::cast<llvm::ConstantInt>(i.getArgOperand(1))->getZExtValue());
  const llvm::fltSemantics& semantics = x->getType()->getScalarType()->getFltSemantics();
  const unsigned size = x->getType()->getScalarSizeInBits();
  llvm::Type* type = x->getType()->getWithNewBitWidth(size);
  const auto number = [&](const llvm::APInt& n) { return llvm::ConstantInt::get(type, n); };
  const auto bits_of = [&](const llvm::APFloat& f) { return f.bitcastToAPInt(); };

  const llvm::APInt infinity = bits_of(llvm::APFloat::getInf(semantics));
  const llvm::APInt quiet = bits_of(llvm::APFloat::getQNaN(semantics));
  const llvm::APInt smallest_normal = bits_of(llvm::APFloat::getSmallestNormalized(semantics));
  const llvm::APInt zero = llvm::APInt::getZero(size), one(size, 1);

  Value* all = b.CreateBitCast(x, type);
  Value* magnitude = b.CreateAnd(all, number(llvm::APInt::getSignedMaxValue(size)));
  Value* negative = b.CreateICmpSLT(all, number(zero));
  // low <= magnitude < high
  const auto between = [&](const llvm::APInt& low, const llvm::APInt& high) {
    return b.CreateICmpULT(b.CreateSub(magnitude, number(low)), number(high - low));
  };
  Value* result = llvm::Constant::getNullValue(i.getType());
  const auto add = [&](llvm::FPClassTest positive, llvm::FPClassTest minus, Value* in_class) {
    const bool has_positive = (mask & positive) != 0, has_negative = (mask & minus) != 0;
    if (!has_positive && !has_negative) return;
    if (!has_positive) in_class = b.CreateAnd(in_class, negative);
    if (!has_negative) in_class = b.CreateAnd(in_class, b.CreateNot(negative));
    result = b.CreateOr(result, in_class);
  };
  add(llvm::fcPosZero, llvm::fcNegZero, b.CreateICmpEQ(magnitude, number(zero)));
  add(llvm::fcPosSubnormal, llvm::fcNegSubnormal, between(one, smallest_normal));
  add(llvm::fcPosNormal, llvm::fcNegNormal, between(smallest_normal, infinity));
  add(llvm::fcPosInf, llvm::fcNegInf, b.CreateICmpEQ(magnitude, number(infinity)));
  add(llvm::fcSNan, llvm::fcSNan, between(infinity + 1, quiet));
  add(llvm::fcQNan, llvm::fcQNan, b.CreateICmpUGE(magnitude, number(quiet)));
  return result;
}

/// Shifts two words side by side; the amount counts modulo the width.
Value* funnel_shift(llvm::IRBuilder<>& b, llvm::IntrinsicInst& i) {
  Value *high = i.getArgOperand(0), *low = i.getArgOperand(1);
  const unsigned bits = i.getType()->getScalarSizeInBits();
  const bool left = i.getIntrinsicID() == llvm::Intrinsic::fshl;
  if (bits == 1) return left ? high : low;
  Value* by = i.getArgOperand(2);
  by = llvm::isPowerOf2_32(bits) ? b.CreateAnd(by, llvm::ConstantInt::get(i.getType(), bits - 1))
                                 : b.CreateURem(by, llvm::ConstantInt::get(i.getType(), bits));
  Value* rest = b.CreateSub(llvm::ConstantInt::get(i.getType(), bits - 1), by);
  Value* single = llvm::ConstantInt::get(i.getType(), 1);
  // In two steps, as a shift by the whole width is undefined.
  if (left) return b.CreateOr(b.CreateShl(high, by), b.CreateLShr(b.CreateLShr(low, single), rest));
  return b.CreateOr(b.CreateShl(b.CreateShl(high, single), rest), b.CreateLShr(low, by));
}

/// Bits or bytes in the opposite order.
Value* reversed(llvm::IRBuilder<>& b, llvm::IntrinsicInst& i) {
  Value* x = i.getArgOperand(0);
  const unsigned unit = i.getIntrinsicID() == llvm::Intrinsic::bswap ? 8 : 1;
  const unsigned bits = i.getType()->getScalarSizeInBits();
  const llvm::APInt lowest = llvm::APInt::getLowBitsSet(bits, unit);
  Value* result = llvm::Constant::getNullValue(i.getType());
  for (unsigned from = 0; from < bits; from += unit) {
    const unsigned to = bits - unit - from;
    Value* part = b.CreateAnd(x, llvm::ConstantInt::get(i.getType(), lowest << from));
    part = to > from ? b.CreateShl(part, to - from) : b.CreateLShr(part, from - to);
    result = b.CreateOr(result, part);
  }
  return result;
}

/// The number of zeros below the lowest set bit: the bits that x - 1 has and x lacks; all if x is
/// 0.
Value* trailing_zeros(llvm::IRBuilder<>& b, llvm::IntrinsicInst& i) {
  Value* x = i.getArgOperand(0);
  Value* below =
      b.CreateAnd(b.CreateNot(x), b.CreateAdd(x, llvm::Constant::getAllOnesValue(i.getType())));
  return b.CreateUnaryIntrinsic(llvm::Intrinsic::ctpop, below);
}

/// A shift that would lose bits, or change the sign, gives the limit on that side.
Value* saturating_shift(llvm::IRBuilder<>& b, llvm::IntrinsicInst& i) {
  Value *x = i.getArgOperand(0), *by = i.getArgOperand(1);
  const unsigned bits = i.getType()->getScalarSizeInBits();
  Value* shifted = b.CreateShl(x, by);
  if (i.getIntrinsicID() == llvm::Intrinsic::ushl_sat)
    return b.CreateSelect(b.CreateICmpEQ(b.CreateLShr(shifted, by), x), shifted,
                          llvm::Constant::getAllOnesValue(i.getType()));
  Value* sign = b.CreateAShr(x, llvm::ConstantInt::get(i.getType(), bits - 1));
  Value* limit =
      b.CreateXor(sign, llvm::ConstantInt::get(i.getType(), llvm::APInt::getSignedMaxValue(bits)));
  return b.CreateSelect(b.CreateICmpEQ(b.CreateAShr(shifted, by), x), shifted, limit);
}

/// Whether `result`, the sum, difference or product of x and y, has wrapped; null for products of a
/// width that machines multiply, which have opcodes.
Value* overflows(llvm::IRBuilder<>& b, llvm::IntrinsicInst& i, Value* result) {
  Value *x = i.getArgOperand(0), *y = i.getArgOperand(1);
  llvm::Constant* zero = llvm::Constant::getNullValue(x->getType());
  switch (i.getIntrinsicID()) {
    case llvm::Intrinsic::uadd_with_overflow:
      return b.CreateICmpULT(result, x);
    case llvm::Intrinsic::usub_with_overflow:
      return b.CreateICmpULT(x, y);
    case llvm::Intrinsic::sadd_with_overflow:
      return b.CreateICmpSLT(b.CreateAnd(b.CreateXor(result, x), b.CreateXor(result, y)), zero);
    case llvm::Intrinsic::ssub_with_overflow:
      return b.CreateICmpSLT(b.CreateAnd(b.CreateXor(result, x), b.CreateXor(x, y)), zero);
    default:
      break;
  }
  const unsigned bits = x->getType()->getScalarSizeInBits();
  llvm::Type* twice = x->getType()->getWithNewBitWidth(2 * bits);
  const bool is_signed = i.getIntrinsicID() == llvm::Intrinsic::smul_with_overflow;
  const auto extended = [&](Value* v) {
    return is_signed ? b.CreateSExt(v, twice) : b.CreateZExt(v, twice);
  };
  return b.CreateICmpNE(b.CreateMul(extended(x), extended(y)), extended(result));
}

/// Expands an intrinsic that gives a pair, the result and whether it overflows.
bool expand_overflow(llvm::WithOverflowInst& i) {
  const unsigned bits = i.getLHS()->getType()->getScalarSizeInBits();
  const bool multiplies = i.getBinaryOp() == llvm::Instruction::Mul;
  if (multiplies && (bits == 8 || bits == 16 || bits == 32 || bits == 64)) return false;
  llvm::IRBuilder<> b(&i);
  Value* result = b.CreateBinOp(i.getBinaryOp(), i.getLHS(), i.getRHS());
  Value* overflow = overflows(b, i, result);
  for (llvm::User* user : llvm::make_early_inc_range(i.users()))
    if (auto* part = llvm::dyn_cast<llvm::ExtractValueInst>(user)) {
      part->replaceAllUsesWith(part->getIndices()[0] == 0 ? result : overflow);
      part->eraseFromParent();
    }
  if (i.use_empty()) return true;
  Value* pair = b.CreateInsertValue(llvm::PoisonValue::get(i.getType()), result, 0);
  i.replaceAllUsesWith(b.CreateInsertValue(pair, overflow, 1));
  return true;
}

Value* expansion(llvm::IntrinsicInst& i) {
  llvm::IRBuilder<> b(&i);
  switch (i.getIntrinsicID()) {
    case llvm::Intrinsic::scmp:
      return three_way(b, i, /*is_signed=*/true);
    case llvm::Intrinsic::ucmp:
      return three_way(b, i, /*is_signed=*/false);
    case llvm::Intrinsic::usub_sat:
    case llvm::Intrinsic::uadd_sat:
      return unsigned_saturating(b, i);
    case llvm::Intrinsic::ssub_sat:
    case llvm::Intrinsic::sadd_sat:
      return signed_saturating(b, i);
    case llvm::Intrinsic::sshl_sat:
    case llvm::Intrinsic::ushl_sat:
      return saturating_shift(b, i);
    case llvm::Intrinsic::cttz:
      return trailing_zeros(b, i);
    case llvm::Intrinsic::is_fpclass:
      return float_class(b, i);
    case llvm::Intrinsic::fshl:
    case llvm::Intrinsic::fshr:
      return funnel_shift(b, i);
    case llvm::Intrinsic::bitreverse:
    case llvm::Intrinsic::bswap:
      return reversed(b, i);
    default:
      return nullptr;
  }
}

}  // namespace

void expand_intrinsics(llvm::Module& module) {
  llvm::SmallVector<llvm::IntrinsicInst*> intrinsics;
  for (llvm::Function& function : module)
    for (llvm::BasicBlock& block : function)
      for (llvm::Instruction& instruction : block)
        if (auto* intrinsic = llvm::dyn_cast<llvm::IntrinsicInst>(&instruction))
          intrinsics.push_back(intrinsic);
  for (llvm::IntrinsicInst* intrinsic : intrinsics) {
    auto* pair = llvm::dyn_cast<llvm::WithOverflowInst>(intrinsic);
    if (pair != nullptr && expand_overflow(*pair)) {
      pair->eraseFromParent();
    } else if (Value* value = expansion(*intrinsic)) {
      intrinsic->replaceAllUsesWith(value);
      intrinsic->eraseFromParent();
    }
  }
}

}  // namespace tegula::compiler
