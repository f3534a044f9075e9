#include "compiler/backend/llvm/widen_bf16.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/Instructions.h"
#include "llvm/IR/Module.h"

namespace tegula::compiler {
namespace {

bool widens_bf16(const llvm::FPExtInst& extension) {
  return extension.getSrcTy()->getScalarType()->isBFloatTy() &&
         extension.getDestTy()->getScalarType()->isFloatTy();
}

/// An element at a time.
llvm::Value* widen_elements(llvm::IRBuilder<>& b, llvm::Value* value, llvm::Type* type) {
  const auto integers = [&](llvm::Type* element) {
    return type->isVectorTy() ? type->getWithNewType(element) : element;
  };
  llvm::Value* bits = b.CreateBitCast(value, integers(b.getInt16Ty()));
  bits = b.CreateZExt(bits, integers(b.getInt32Ty()));
  return b.CreateBitCast(b.CreateShl(bits, 16), type);
}

/// Two elements of a 32-bit word at a time. Little endian: the even element is the low half.
llvm::Value* widen_pairs(llvm::IRBuilder<>& b, llvm::Value* value, llvm::FixedVectorType* type) {
  const unsigned words = type->getNumElements() / 2;
  llvm::Value* pairs = b.CreateBitCast(value, llvm::FixedVectorType::get(b.getInt32Ty(), words));
  llvm::Value* even = b.CreateShl(pairs, 16);
  llvm::Value* odd = b.CreateAnd(
      pairs,
      llvm::ConstantVector::getSplat(llvm::ElementCount::getFixed(words), b.getInt32(0xffff0000)));
  llvm::SmallVector<int> interleaved;
  for (unsigned k = 0; k < words; ++k) {
    interleaved.push_back(static_cast<int>(k));
    interleaved.push_back(static_cast<int>(words + k));
  }
  return b.CreateBitCast(b.CreateShuffleVector(even, odd, interleaved), type);
}

llvm::Value* widened(llvm::FPExtInst& extension) {
  llvm::IRBuilder<> b(&extension);
  auto* vector = llvm::dyn_cast<llvm::FixedVectorType>(extension.getDestTy());
  if (vector != nullptr && vector->getNumElements() % 2 == 0)
    return widen_pairs(b, extension.getOperand(0), vector);
  return widen_elements(b, extension.getOperand(0), extension.getDestTy());
}

}  // namespace

void widen_bf16(llvm::Module& module) {
  for (llvm::Function& function : module)
    for (llvm::BasicBlock& block : function)
      for (llvm::Instruction& instruction : llvm::make_early_inc_range(block))
        if (auto* extension = llvm::dyn_cast<llvm::FPExtInst>(&instruction))
          if (widens_bf16(*extension)) {
            extension->replaceAllUsesWith(widened(*extension));
            extension->eraseFromParent();
          }
}

}  // namespace tegula::compiler
