#include "compiler/target/widen_integers.h"

#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/PostOrderIterator.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/Module.h"

namespace tegula::compiler {
namespace {

using llvm::Value;

bool is_odd(llvm::Type* type) {
  if (!type->isIntOrIntVectorTy()) return false;
  const unsigned bits = type->getScalarSizeInBits();
  return bits != 1 && bits != 8 && bits != 16 && bits != 32 && bits != 64 && bits < 64;
}

/// The wide counterparts of odd values, which have zeros above.
class Widener {
 public:
  void run(llvm::Function& function) {
    llvm::SmallVector<llvm::Instruction*> odd;
    for (llvm::BasicBlock* block : llvm::ReversePostOrderTraversal<llvm::Function*>(&function))
      for (llvm::Instruction& i : llvm::make_early_inc_range(*block)) {
        if (is_odd(i.getType())) {
          if (Value* value = wide_result(i)) wide_[&i] = value;
          odd.push_back(&i);
        } else if (i.getNumOperands() > 0 && is_odd(i.getOperand(0)->getType())) {
          use(i);
        }
      }
    for (llvm::Instruction* i : llvm::reverse(odd))
      if (i->use_empty()) i->eraseFromParent();
  }

 private:
  static llvm::Type* wide_type(llvm::Type* odd) {
    return odd->getWithNewBitWidth(odd->getScalarSizeInBits() < 32 ? 32 : 64);
  }

  /// Null if the operand is not known.
  Value* wide(llvm::IRBuilder<>& b, Value* odd) {
    if (auto* constant = llvm::dyn_cast<llvm::Constant>(odd))
      return b.CreateZExt(constant, wide_type(odd->getType()));
    return wide_.lookup(odd);
  }

  Value* wide_result(llvm::Instruction& i) {
    llvm::IRBuilder<> b(&i);
    llvm::Type* type = wide_type(i.getType());
    const unsigned bits = i.getType()->getScalarSizeInBits();
    const auto cut = [&](Value* value) {
      return b.CreateAnd(value,
                         llvm::ConstantInt::get(
                             type, llvm::APInt::getLowBitsSet(type->getScalarSizeInBits(), bits)));
    };
    if (llvm::isa<llvm::TruncInst>(i) && !is_odd(i.getOperand(0)->getType()))
      return cut(b.CreateZExtOrTrunc(i.getOperand(0), type));
    if (llvm::isa<llvm::ZExtInst>(i) && !is_odd(i.getOperand(0)->getType()))
      return b.CreateZExt(i.getOperand(0), type);
    auto* operation = llvm::dyn_cast<llvm::BinaryOperator>(&i);
    if (operation == nullptr) return nullptr;
    Value *x = wide(b, i.getOperand(0)), *y = wide(b, i.getOperand(1));
    if (x == nullptr || y == nullptr) return nullptr;
    switch (operation->getOpcode()) {
      case llvm::Instruction::And:
      case llvm::Instruction::Or:
      case llvm::Instruction::Xor:
      case llvm::Instruction::LShr:
        return b.CreateBinOp(operation->getOpcode(), x, y);
      case llvm::Instruction::Add:
      case llvm::Instruction::Sub:
      case llvm::Instruction::Mul:
      case llvm::Instruction::Shl:
        return cut(b.CreateBinOp(operation->getOpcode(), x, y));
      default:
        return nullptr;
    }
  }

  void use(llvm::Instruction& i) {
    llvm::IRBuilder<> b(&i);
    Value* x = wide(b, i.getOperand(0));
    if (x == nullptr) return;
    Value* value = nullptr;
    if (llvm::isa<llvm::ZExtInst>(i)) {
      value = b.CreateZExtOrTrunc(x, i.getType());
    } else if (auto* compare = llvm::dyn_cast<llvm::ICmpInst>(&i);
               compare != nullptr && !compare->isSigned()) {
      if (Value* y = wide(b, i.getOperand(1))) value = b.CreateICmp(compare->getPredicate(), x, y);
    } else if (llvm::isa<llvm::TruncInst>(i)) {
      value = b.CreateTrunc(x, i.getType());
    }
    if (value == nullptr) return;
    i.replaceAllUsesWith(value);
    i.eraseFromParent();
  }

  llvm::DenseMap<Value*, Value*> wide_;
};

}  // namespace

void widen_integers(llvm::Module& module) {
  for (llvm::Function& function : module)
    if (!function.isDeclaration()) Widener().run(function);
}

}  // namespace tegula::compiler
