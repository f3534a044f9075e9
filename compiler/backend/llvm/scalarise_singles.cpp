#include "compiler/backend/llvm/scalarise_singles.h"

#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/PostOrderIterator.h"
#include "llvm/IR/Constants.h"
#include "llvm/IR/DerivedTypes.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/Module.h"
#include "llvm/IR/NoFolder.h"

namespace tegula::compiler {
namespace {

/// With fewer, walking down the chain is cheap. (Operations that this pass makes scalars stay where
/// they are, those that InstCombine scalarises move to their uses; either may need fewer
/// registers.)
constexpr std::size_t least_singles = 1000;

bool is_single(const llvm::Type* type) {
  auto* vector = llvm::dyn_cast<llvm::FixedVectorType>(type);
  return vector != nullptr && vector->getNumElements() == 1;
}

class Singles {
 public:
  explicit Singles(llvm::Function& function)
      : function_(function), builder_(function.getContext()) {}

  void run() {
    // Operands before their users, except those of phis, which stay vectors.
    for (llvm::BasicBlock* block : llvm::ReversePostOrderTraversal<llvm::Function*>(&function_))
      for (llvm::Instruction& i : llvm::make_early_inc_range(*block)) visit(i);
  }

 private:
  void visit(llvm::Instruction& i) {
    builder_.SetInsertPoint(&i);
    if (auto* extract = llvm::dyn_cast<llvm::ExtractElementInst>(&i)) {
      auto* index = llvm::dyn_cast<llvm::ConstantInt>(extract->getIndexOperand());
      const auto known = scalars_.find(extract->getVectorOperand());
      if (index == nullptr || !index->isZero() || known == scalars_.end() ||
          known->second == extract)
        return;
      replace(i, known->second);
    } else if (llvm::Value* scalar = is_single(i.getType()) ? scalar_of(i) : nullptr) {
      llvm::Value* vector = builder_.CreateInsertElement(llvm::PoisonValue::get(i.getType()),
                                                         scalar, std::uint64_t{0});
      scalars_[vector] = scalar;
      replace(i, vector);
    }
  }

  static void replace(llvm::Instruction& i, llvm::Value* value) {
    i.replaceAllUsesWith(value);
    i.eraseFromParent();
  }

  /// The operation on the element; null if it is of a kind that stays a vector.
  llvm::Value* scalar_of(llvm::Instruction& i) {
    const auto operand = [&](unsigned k) { return element(i.getOperand(k)); };
    llvm::Value* result = nullptr;
    if (auto* binary = llvm::dyn_cast<llvm::BinaryOperator>(&i))
      result = builder_.CreateBinOp(binary->getOpcode(), operand(0), operand(1));
    else if (auto* unary = llvm::dyn_cast<llvm::UnaryOperator>(&i))
      result = builder_.CreateUnOp(unary->getOpcode(), operand(0));
    else if (auto* compare = llvm::dyn_cast<llvm::CmpInst>(&i))
      result = builder_.CreateCmp(compare->getPredicate(), operand(0), operand(1));
    else if (auto* cast = llvm::dyn_cast<llvm::CastInst>(&i);
             cast != nullptr && is_single(cast->getSrcTy()))
      result = builder_.CreateCast(cast->getOpcode(), operand(0), i.getType()->getScalarType());
    else if (llvm::isa<llvm::SelectInst>(&i))
      result = builder_.CreateSelect(operand(0), operand(1), operand(2));
    if (auto* made = llvm::dyn_cast_or_null<llvm::Instruction>(result)) made->copyIRFlags(&i);
    return result;
  }

  llvm::Value* element(llvm::Value* value) {
    if (!is_single(value->getType())) return value;  // a select's condition
    if (auto* constant = llvm::dyn_cast<llvm::Constant>(value))
      if (llvm::Constant* known = constant->getAggregateElement(0U)) return known;
    llvm::Value*& scalar = scalars_[value];
    if (scalar == nullptr) {
      llvm::IRBuilderBase::InsertPointGuard guard(builder_);
      if (auto* made = llvm::dyn_cast<llvm::Instruction>(value))
        builder_.SetInsertPoint(*made->getInsertionPointAfterDef());
      else
        builder_.SetInsertPoint(&*function_.getEntryBlock().getFirstInsertionPt());
      scalar = builder_.CreateExtractElement(value, std::uint64_t{0});
    }
    return scalar;
  }

  llvm::Function& function_;
  llvm::IRBuilder<llvm::NoFolder> builder_;  // folding is left to LLVM's passes
  llvm::DenseMap<llvm::Value*, llvm::Value*> scalars_;
};

}  // namespace

void scalarise_singles(llvm::Module& module) {
  for (llvm::Function& function : module) {
    std::size_t count = 0;
    for (const llvm::Instruction& i : llvm::instructions(function)) count += is_single(i.getType());
    if (count >= least_singles) Singles(function).run();
  }
}

}  // namespace tegula::compiler
