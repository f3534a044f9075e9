#include "compiler/backend/llvm/form_fma.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/Instructions.h"
#include "llvm/IR/IntrinsicInst.h"
#include "llvm/IR/Module.h"

namespace tegula::compiler {
namespace {

bool fusable_type(llvm::Type* type) {
  // Narrower types are computed in f32 by some architectures and natively by others; fusing them
  // would make the results differ.
  return type->getScalarType()->isFloatTy() || type->getScalarType()->isDoubleTy();
}

llvm::BinaryOperator* single_use_product(llvm::Value* value) {
  auto* product = llvm::dyn_cast<llvm::BinaryOperator>(value);
  if (product == nullptr || product->getOpcode() != llvm::Instruction::FMul) return nullptr;
  return product->hasOneUse() ? product : nullptr;
}

/// The fma that `sum` can become, or null.
llvm::Value* fused(llvm::BinaryOperator& sum) {
  const bool subtracts = sum.getOpcode() == llvm::Instruction::FSub;
  llvm::IRBuilder<> b(&sum);
  const auto make = [&](llvm::Value* x, llvm::Value* y, llvm::Value* z) {
    return b.CreateIntrinsic(llvm::Intrinsic::fma, {sum.getType()}, {x, y, z});
  };
  if (auto* product = single_use_product(sum.getOperand(0))) {
    llvm::Value* addend = sum.getOperand(1);
    return make(product->getOperand(0), product->getOperand(1),
                subtracts ? b.CreateFNeg(addend) : addend);
  }
  if (auto* product = single_use_product(sum.getOperand(1))) {
    llvm::Value* factor = product->getOperand(0);
    return make(subtracts ? b.CreateFNeg(factor) : factor, product->getOperand(1),
                sum.getOperand(0));
  }
  return nullptr;
}

/// Whether all users extract parts of `product`, together no more than it has.
bool is_taken_apart(const llvm::Instruction& product) {
  auto* type = llvm::dyn_cast<llvm::FixedVectorType>(product.getType());
  if (type == nullptr || product.hasOneUse()) return false;
  unsigned taken = 0;
  for (const llvm::User* user : product.users()) {
    auto* shuffle = llvm::dyn_cast<llvm::ShuffleVectorInst>(user);
    if (shuffle == nullptr || shuffle->getOperand(0) != &product ||
        !llvm::isa<llvm::UndefValue>(shuffle->getOperand(1)))
      return false;
    taken += static_cast<unsigned>(shuffle->getShuffleMask().size());
  }
  return taken <= type->getNumElements();
}

/// Multiplies parts instead of extracting parts of a product, so that each product has the single
/// use that fusing requires: sums over registers begin with such parts.
void multiply_parts(llvm::Instruction& product) {
  for (llvm::User* user : llvm::make_early_inc_range(product.users())) {
    auto* shuffle = llvm::cast<llvm::ShuffleVectorInst>(user);
    llvm::IRBuilder<> b(shuffle);
    llvm::Value* left = b.CreateShuffleVector(product.getOperand(0), shuffle->getShuffleMask());
    llvm::Value* right =
        product.getOperand(0) == product.getOperand(1)
            ? left
            : b.CreateShuffleVector(product.getOperand(1), shuffle->getShuffleMask());
    shuffle->replaceAllUsesWith(b.CreateFMul(left, right));
    shuffle->eraseFromParent();
  }
  product.eraseFromParent();
}

}  // namespace

void form_fma(llvm::Module& module) {
  llvm::SmallVector<llvm::Instruction*> products;
  for (llvm::Function& function : module)
    for (llvm::BasicBlock& block : function)
      for (llvm::Instruction& instruction : block)
        if (instruction.getOpcode() == llvm::Instruction::FMul &&
            fusable_type(instruction.getType()) && is_taken_apart(instruction))
          products.push_back(&instruction);
  for (llvm::Instruction* product : products) multiply_parts(*product);
  for (llvm::Function& function : module)
    for (llvm::BasicBlock& block : function)
      for (llvm::Instruction& instruction : llvm::make_early_inc_range(block)) {
        if (llvm::isa<llvm::FPMathOperator>(instruction))
          instruction.setFastMathFlags(llvm::FastMathFlags());
        auto* sum = llvm::dyn_cast<llvm::BinaryOperator>(&instruction);
        if (sum == nullptr || !fusable_type(sum->getType())) continue;
        if (sum->getOpcode() != llvm::Instruction::FAdd &&
            sum->getOpcode() != llvm::Instruction::FSub)
          continue;
        if (llvm::Value* fma = fused(*sum)) {
          llvm::SmallVector<llvm::Instruction*> products;
          for (llvm::Value* operand : sum->operands())
            if (auto* product = single_use_product(operand)) products.push_back(product);
          sum->replaceAllUsesWith(fma);
          sum->eraseFromParent();
          for (llvm::Instruction* product : products)
            if (product->use_empty()) product->eraseFromParent();
        }
      }
  for (llvm::Function& function : module)
    for (llvm::BasicBlock& block : function)
      for (llvm::Instruction& instruction : llvm::make_early_inc_range(block))
        if (auto* fence = llvm::dyn_cast<llvm::IntrinsicInst>(&instruction);
            fence != nullptr && fence->getIntrinsicID() == llvm::Intrinsic::arithmetic_fence) {
          fence->replaceAllUsesWith(fence->getArgOperand(0));
          fence->eraseFromParent();
        }
}

}  // namespace tegula::compiler
