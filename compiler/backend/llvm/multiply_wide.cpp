#include "compiler/backend/llvm/multiply_wide.h"

#include <vector>

#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/InlineAsm.h"
#include "llvm/IR/Instructions.h"
#include "llvm/IR/Module.h"
#include "llvm/IR/PatternMatch.h"

namespace tegula::compiler {
namespace {

using namespace llvm::PatternMatch;

/// The 32-bit value that a 64-bit factor (or vector) is the zero-extension of; null if it is not
/// one.
llvm::Value* word_of(llvm::Value* factor) {
  llvm::Value* word = nullptr;
  if (match(factor, m_ZExt(m_Value(word))))
    return word->getType()->getScalarType()->isIntegerTy(32) ? word : nullptr;
  const llvm::APInt* constant = nullptr;
  if (match(factor, m_APInt(constant)) && constant->isIntN(32))
    return llvm::ConstantInt::get(factor->getType()->getWithNewBitWidth(32), constant->trunc(32));
  return nullptr;
}

/// The 32-bit product of the same values in the same block.
llvm::BinaryOperator* low_product(const llvm::Instruction& wide, llvm::Value* a, llvm::Value* b) {
  llvm::Value* variable = llvm::isa<llvm::Constant>(a) ? b : a;
  for (llvm::User* user : variable->users()) {
    auto* product = llvm::dyn_cast<llvm::BinaryOperator>(user);
    if (product != nullptr && product->getParent() == wide.getParent() &&
        match(product, m_c_Mul(m_Specific(a), m_Specific(b))))
      return product;
  }
  return nullptr;
}

llvm::Value* product_of_words(llvm::IRBuilder<>& builder, llvm::Value* a, llvm::Value* b) {
  llvm::Type* word = builder.getInt32Ty();
  auto* type = llvm::FunctionType::get(builder.getInt64Ty(), {word, word}, false);
  auto* assembly =
      llvm::InlineAsm::get(type, "mul.wide.u32 $0, $1, $2;", "=l,r,r", /*hasSideEffects=*/false);
  return builder.CreateCall(type, assembly, {a, b});
}

/// An element at a time.
llvm::Value* product(llvm::IRBuilder<>& builder, llvm::Value* a, llvm::Value* b, llvm::Type* type) {
  auto* vector = llvm::dyn_cast<llvm::FixedVectorType>(type);
  if (vector == nullptr) return product_of_words(builder, a, b);
  llvm::Value* result = llvm::PoisonValue::get(type);
  for (unsigned k = 0; k < vector->getNumElements(); ++k)
    result =
        builder.CreateInsertElement(result,
                                    product_of_words(builder, builder.CreateExtractElement(a, k),
                                                     builder.CreateExtractElement(b, k)),
                                    k);
  return result;
}

void join_halves(llvm::Instruction& wide) {
  llvm::Value *a = word_of(wide.getOperand(0)), *b = word_of(wide.getOperand(1));
  if (a == nullptr || b == nullptr) return;
  llvm::BinaryOperator* low = low_product(wide, a, b);
  if (low == nullptr) return;
  llvm::IRBuilder<> builder(low->comesBefore(&wide) ? low : &wide);
  llvm::Value* both = product(builder, a, b, wide.getType());
  low->replaceAllUsesWith(builder.CreateTrunc(both, low->getType()));
  wide.replaceAllUsesWith(both);
  low->eraseFromParent();
  wide.eraseFromParent();
}

}  // namespace

void multiply_wide(llvm::Module& module) {
  std::vector<llvm::Instruction*> products;
  for (llvm::Function& function : module)
    for (llvm::BasicBlock& block : function)
      for (llvm::Instruction& instruction : block)
        if (instruction.getOpcode() == llvm::Instruction::Mul &&
            instruction.getType()->getScalarType()->isIntegerTy(64))
          products.push_back(&instruction);
  for (llvm::Instruction* wide : products) join_halves(*wide);
}

}  // namespace tegula::compiler
