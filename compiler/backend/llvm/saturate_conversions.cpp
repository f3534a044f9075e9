#include "compiler/backend/llvm/saturate_conversions.h"

#include <fmt/format.h>

#include "llvm/ADT/STLExtras.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/InlineAsm.h"
#include "llvm/IR/IntrinsicInst.h"
#include "llvm/IR/Module.h"

namespace tegula::compiler {
namespace {

using llvm::Value;

/// The letter of inline assembly for a register of that many bits.
char register_letter(unsigned bits) { return bits == 16 ? 'h' : bits == 32 ? 'r' : 'l'; }

/// cvt.rzi, which saturates.
Value* hardware_conversion(llvm::IRBuilder<>& b, Value* x, unsigned bits, bool is_signed) {
  const unsigned from = x->getType()->getScalarSizeInBits();
  char letter = from == 32 ? 'f' : 'd';
  if (from == 16) {
    letter = 'h';
    x = b.CreateBitCast(x, b.getInt16Ty());
  }
  auto* type = llvm::FunctionType::get(b.getIntNTy(bits), {x->getType()}, false);
  auto* assembly = llvm::InlineAsm::get(
      type, fmt::format("cvt.rzi.{}{}.f{} $0, $1;", is_signed ? 's' : 'u', bits, from),
      fmt::format("={},{}", register_letter(bits), letter), /*hasSideEffects=*/false);
  return b.CreateCall(type, assembly, {x});
}

/// `x` converted to an integer of that many bits.
Value* converted(llvm::IRBuilder<>& b, Value* x, unsigned bits, bool is_signed) {
  if (x->getType()->isBFloatTy()) x = b.CreateFPExt(x, b.getFloatTy());
  const unsigned width = bits < 16 ? 32 : bits;
  Value* result = hardware_conversion(b, x, width, is_signed);
  if (bits < width) {
    const auto limit = [&](const llvm::APInt& n) {
      return b.getInt(is_signed ? n.sext(width) : n.zext(width));
    };
    if (is_signed) {
      result = b.CreateBinaryIntrinsic(llvm::Intrinsic::smax, result,
                                       limit(llvm::APInt::getSignedMinValue(bits)));
      result = b.CreateBinaryIntrinsic(llvm::Intrinsic::smin, result,
                                       limit(llvm::APInt::getSignedMaxValue(bits)));
    } else {
      result = b.CreateBinaryIntrinsic(llvm::Intrinsic::umin, result,
                                       limit(llvm::APInt::getMaxValue(bits)));
    }
    result = b.CreateTrunc(result, b.getIntNTy(bits));
  }
  // PTX ISA, cvt: NaN gives 0, or, from f64 or to 64 bits, the top bit.
  if (!x->getType()->isDoubleTy() && bits != 64) return result;
  return b.CreateSelect(b.CreateFCmpORD(x, x), result,
                        llvm::Constant::getNullValue(result->getType()));
}

Value* saturated(llvm::IntrinsicInst& i) {
  const bool is_signed = i.getIntrinsicID() == llvm::Intrinsic::fptosi_sat;
  if (!is_signed && i.getIntrinsicID() != llvm::Intrinsic::fptoui_sat) return nullptr;
  llvm::IRBuilder<> b(&i);
  Value* x = i.getArgOperand(0);
  const unsigned bits = i.getType()->getScalarSizeInBits();
  auto* vector = llvm::dyn_cast<llvm::FixedVectorType>(i.getType());
  if (vector == nullptr) return converted(b, x, bits, is_signed);
  Value* result = llvm::PoisonValue::get(vector);
  for (unsigned k = 0; k < vector->getNumElements(); ++k)
    result = b.CreateInsertElement(result,
                                   converted(b, b.CreateExtractElement(x, k), bits, is_signed), k);
  return result;
}

}  // namespace

void saturate_conversions(llvm::Module& module) {
  for (llvm::Function& function : module)
    for (llvm::BasicBlock& block : function)
      for (llvm::Instruction& instruction : llvm::make_early_inc_range(block))
        if (auto* intrinsic = llvm::dyn_cast<llvm::IntrinsicInst>(&instruction))
          if (Value* value = saturated(*intrinsic)) {
            intrinsic->replaceAllUsesWith(value);
            intrinsic->eraseFromParent();
          }
}

}  // namespace tegula::compiler
