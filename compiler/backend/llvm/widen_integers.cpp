#include "compiler/backend/llvm/widen_integers.h"

#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/PostOrderIterator.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/IntrinsicInst.h"
#include "llvm/IR/Module.h"

namespace tegula::compiler {
namespace {

using llvm::Value;

bool is_odd(llvm::Type* type) {
  if (!type->isIntOrIntVectorTy()) return false;
  const unsigned bits = type->getScalarSizeInBits();
  return bits != 1 && bits != 8 && bits != 16 && bits != 32 && bits < 64;
}

llvm::Type* wide_type(llvm::Type* odd) {
  return odd->getWithNewBitWidth(odd->getScalarSizeInBits() < 32 ? 32 : 64);
}

/// The wide counterparts of values of odd width, zero-extended.
class Widener {
 public:
  void run(llvm::Function& function) {
    llvm::SmallVector<llvm::Instruction*> odd;
    llvm::SmallVector<llvm::PHINode*> phis;
    for (llvm::BasicBlock* block : llvm::ReversePostOrderTraversal<llvm::Function*>(&function))
      for (llvm::Instruction& i : llvm::make_early_inc_range(*block)) {
        if (is_odd(i.getType())) {
          if (Value* value = wide_result(i)) wide_[&i] = value;
          if (auto* phi = llvm::dyn_cast<llvm::PHINode>(&i)) phis.push_back(phi);
          odd.push_back(&i);
        } else if (llvm::any_of(i.operands(), [](const llvm::Use& operand) {
                     return is_odd(operand->getType());
                   })) {
          use(i);
        }
      }
    for (llvm::PHINode* phi : phis) complete(*phi);
    erase_unused(odd);
  }

 private:
  /// Erases all of them except those with a user that is not known here, directly or around a loop.
  static void erase_unused(llvm::ArrayRef<llvm::Instruction*> odd) {
    llvm::DenseSet<llvm::User*> unused(odd.begin(), odd.end());
    for (bool changed = true; changed;) {
      changed = false;
      for (llvm::Instruction* i : odd)
        if (unused.contains(i) &&
            !llvm::all_of(i->users(), [&](llvm::User* user) { return unused.contains(user); }))
          changed = unused.erase(i);
    }
    for (llvm::Instruction* i : odd)
      if (unused.contains(i)) i->replaceAllUsesWith(llvm::PoisonValue::get(i->getType()));
    for (llvm::Instruction* i : odd)
      if (unused.contains(i)) i->eraseFromParent();
  }

  /// Null if the operand is not known.
  Value* wide(llvm::IRBuilder<>& b, Value* odd) {
    if (auto* constant = llvm::dyn_cast<llvm::Constant>(odd)) {
      // Any number will do, as long as it is the same for every use.
      if (llvm::isa<llvm::UndefValue>(constant))
        return llvm::Constant::getNullValue(wide_type(odd->getType()));
      return b.CreateZExt(constant, wide_type(odd->getType()));
    }
    return wide_.lookup(odd);
  }
  /// Sign-extended; null if the operand is not known.
  static Value* with_sign(llvm::IRBuilder<>& b, Value* wide, llvm::Type* odd) {
    if (wide == nullptr) return nullptr;
    const unsigned spare = wide->getType()->getScalarSizeInBits() - odd->getScalarSizeInBits();
    return b.CreateAShr(b.CreateShl(wide, spare), spare);
  }
  static Value* cut(llvm::IRBuilder<>& b, Value* value, llvm::Type* odd) {
    const llvm::APInt low = llvm::APInt::getLowBitsSet(value->getType()->getScalarSizeInBits(),
                                                       odd->getScalarSizeInBits());
    return b.CreateAnd(value, llvm::ConstantInt::get(value->getType(), low));
  }

  Value* wide_result(llvm::Instruction& i) {
    llvm::IRBuilder<> b(&i);
    llvm::Type *odd = i.getType(), *type = wide_type(odd);
    if (auto* cast = llvm::dyn_cast<llvm::CastInst>(&i)) return wide_cast(b, *cast, type);
    if (auto* call = llvm::dyn_cast<llvm::IntrinsicInst>(&i)) return wide_call(b, *call, type);
    if (auto* operation = llvm::dyn_cast<llvm::BinaryOperator>(&i))
      return wide_operation(b, *operation);
    if (auto* phi = llvm::dyn_cast<llvm::PHINode>(&i))
      return b.CreatePHI(type, phi->getNumIncomingValues());
    const auto operand = [&](unsigned k) { return wide(b, i.getOperand(k)); };
    switch (i.getOpcode()) {
      case llvm::Instruction::Select:
        if (operand(1) == nullptr || operand(2) == nullptr) return nullptr;
        return b.CreateSelect(i.getOperand(0), operand(1), operand(2));
      case llvm::Instruction::Freeze:
        return operand(0) == nullptr ? nullptr : cut(b, b.CreateFreeze(operand(0)), odd);
      case llvm::Instruction::ExtractElement:
        return operand(0) == nullptr ? nullptr
                                     : b.CreateExtractElement(operand(0), i.getOperand(1));
      case llvm::Instruction::InsertElement:
        if (operand(0) == nullptr || operand(1) == nullptr) return nullptr;
        return b.CreateInsertElement(operand(0), operand(1), i.getOperand(2));
      case llvm::Instruction::ShuffleVector:
        if (operand(0) == nullptr || operand(1) == nullptr) return nullptr;
        return b.CreateShuffleVector(operand(0), operand(1),
                                     llvm::cast<llvm::ShuffleVectorInst>(i).getShuffleMask());
      default:
        return nullptr;
    }
  }

  Value* wide_cast(llvm::IRBuilder<>& b, llvm::CastInst& i, llvm::Type* type) {
    Value* from = i.getOperand(0);
    const bool from_odd = is_odd(from->getType());
    Value* x = from_odd ? wide(b, from) : from;
    if (x == nullptr) return nullptr;
    switch (i.getOpcode()) {
      case llvm::Instruction::Trunc:
        return cut(b, b.CreateZExtOrTrunc(x, type), i.getType());
      case llvm::Instruction::ZExt:
        return b.CreateZExtOrTrunc(x, type);
      case llvm::Instruction::SExt:
        if (from_odd) x = with_sign(b, x, from->getType());
        return cut(b, b.CreateSExtOrTrunc(x, type), i.getType());
      case llvm::Instruction::BitCast:  // a scalar to a vector of one, or back
        return from_odd && x->getType()->getScalarSizeInBits() == type->getScalarSizeInBits()
                   ? b.CreateBitCast(x, type)
                   : nullptr;
      case llvm::Instruction::FPToUI:
        return cut(b, b.CreateFPToUI(x, type), i.getType());
      case llvm::Instruction::FPToSI:
        return cut(b, b.CreateFPToSI(x, type), i.getType());
      default:
        return nullptr;
    }
  }

  Value* wide_operation(llvm::IRBuilder<>& b, llvm::BinaryOperator& i) {
    Value *x = wide(b, i.getOperand(0)), *y = wide(b, i.getOperand(1));
    if (x == nullptr || y == nullptr) return nullptr;
    llvm::Type* odd = i.getType();
    switch (i.getOpcode()) {
      case llvm::Instruction::And:
      case llvm::Instruction::Or:
      case llvm::Instruction::Xor:
      case llvm::Instruction::LShr:
      case llvm::Instruction::UDiv:
      case llvm::Instruction::URem:
        return b.CreateBinOp(i.getOpcode(), x, y);
      case llvm::Instruction::Add:
      case llvm::Instruction::Sub:
      case llvm::Instruction::Mul:
      case llvm::Instruction::Shl:
        return cut(b, b.CreateBinOp(i.getOpcode(), x, y), odd);
      case llvm::Instruction::AShr:
        return cut(b, b.CreateAShr(with_sign(b, x, odd), y), odd);
      case llvm::Instruction::SDiv:
      case llvm::Instruction::SRem:
        return cut(b, b.CreateBinOp(i.getOpcode(), with_sign(b, x, odd), with_sign(b, y, odd)),
                   odd);
      default:
        return nullptr;
    }
  }

  Value* wide_call(llvm::IRBuilder<>& b, llvm::IntrinsicInst& i, llvm::Type* type) {
    const llvm::Intrinsic::ID id = i.getIntrinsicID();
    llvm::Type* odd = i.getType();
    const unsigned bits = odd->getScalarSizeInBits();
    if (id == llvm::Intrinsic::fptosi_sat || id == llvm::Intrinsic::fptoui_sat)
      return saturated(b, i, type);
    Value *x = wide(b, i.getArgOperand(0)), *y = nullptr;
    if (i.arg_size() > 1 && is_odd(i.getArgOperand(1)->getType())) y = wide(b, i.getArgOperand(1));
    if (x == nullptr) return nullptr;
    switch (id) {
      case llvm::Intrinsic::umin:
      case llvm::Intrinsic::umax:
        return y == nullptr ? nullptr : b.CreateBinaryIntrinsic(id, x, y);
      case llvm::Intrinsic::smin:
      case llvm::Intrinsic::smax:
        if (y == nullptr) return nullptr;
        return cut(b, b.CreateBinaryIntrinsic(id, with_sign(b, x, odd), with_sign(b, y, odd)), odd);
      case llvm::Intrinsic::abs:
        return cut(b, b.CreateBinaryIntrinsic(id, with_sign(b, x, odd), b.getFalse()), odd);
      case llvm::Intrinsic::ctpop:
        return b.CreateUnaryIntrinsic(id, x);
      case llvm::Intrinsic::ctlz:
        return b.CreateSub(b.CreateBinaryIntrinsic(id, x, b.getFalse()),
                           llvm::ConstantInt::get(type, type->getScalarSizeInBits() - bits));
      default:
        return nullptr;
    }
  }

  static Value* saturated(llvm::IRBuilder<>& b, llvm::IntrinsicInst& i, llvm::Type* type) {
    const bool is_signed = i.getIntrinsicID() == llvm::Intrinsic::fptosi_sat;
    const unsigned bits = i.getType()->getScalarSizeInBits(), width = type->getScalarSizeInBits();
    const auto number = [&](const llvm::APInt& n) {
      return llvm::ConstantInt::get(type, is_signed ? n.sext(width) : n.zext(width));
    };
    Value* x = i.getArgOperand(0);
    x = b.CreateIntrinsic(i.getIntrinsicID(), {type, x->getType()}, {x});
    if (!is_signed)
      return b.CreateBinaryIntrinsic(llvm::Intrinsic::umin, x,
                                     number(llvm::APInt::getMaxValue(bits)));
    x = b.CreateBinaryIntrinsic(llvm::Intrinsic::smin, x,
                                number(llvm::APInt::getSignedMaxValue(bits)));
    x = b.CreateBinaryIntrinsic(llvm::Intrinsic::smax, x,
                                number(llvm::APInt::getSignedMinValue(bits)));
    return cut(b, x, i.getType());
  }

  /// Values that come around a loop are known only at the end.
  void complete(llvm::PHINode& phi) {
    auto* result = llvm::cast<llvm::PHINode>(wide_.lookup(&phi));
    for (unsigned k = 0; k < phi.getNumIncomingValues(); ++k) {
      llvm::BasicBlock* from = phi.getIncomingBlock(k);
      llvm::IRBuilder<> b(from->getTerminator());
      Value* value = wide(b, phi.getIncomingValue(k));
      if (value == nullptr) value = b.CreateZExt(phi.getIncomingValue(k), result->getType());
      result->addIncoming(value, from);
    }
  }

  void use(llvm::Instruction& i) {
    llvm::IRBuilder<> b(&i);
    if (auto* choice = llvm::dyn_cast<llvm::SwitchInst>(&i)) return use_in_switch(b, *choice);
    if (auto* address = llvm::dyn_cast<llvm::GetElementPtrInst>(&i)) {
      for (llvm::Use& index : address->indices())
        if (is_odd(index->getType()))
          if (Value* x = with_sign(b, wide(b, index), index->getType())) index.set(x);
      return;
    }
    llvm::Type* odd = i.getOperand(0)->getType();
    if (!is_odd(odd)) return;
    Value* x = wide(b, i.getOperand(0));
    if (x == nullptr) return;
    Value* value = nullptr;
    switch (i.getOpcode()) {
      case llvm::Instruction::ZExt:
      case llvm::Instruction::Trunc:
        value = b.CreateZExtOrTrunc(x, i.getType());
        break;
      case llvm::Instruction::SExt:
        value = b.CreateSExtOrTrunc(with_sign(b, x, odd), i.getType());
        break;
      case llvm::Instruction::UIToFP:
        value = b.CreateUIToFP(x, i.getType());
        break;
      case llvm::Instruction::SIToFP:
        value = b.CreateSIToFP(with_sign(b, x, odd), i.getType());
        break;
      case llvm::Instruction::ICmp: {
        const auto predicate = llvm::cast<llvm::ICmpInst>(i).getPredicate();
        Value* y = wide(b, i.getOperand(1));
        if (y == nullptr) return;
        if (llvm::CmpInst::isSigned(predicate)) {
          x = with_sign(b, x, odd);
          y = with_sign(b, y, odd);
        }
        value = b.CreateICmp(predicate, x, y);
        break;
      }
      default:
        return;
    }
    i.replaceAllUsesWith(value);
    i.eraseFromParent();
  }

  void use_in_switch(llvm::IRBuilder<>& b, llvm::SwitchInst& i) {
    Value* x = wide(b, i.getCondition());
    if (x == nullptr) return;
    auto* result = b.CreateSwitch(x, i.getDefaultDest(), i.getNumCases());
    for (const auto& choice : i.cases())
      result->addCase(
          b.getInt(choice.getCaseValue()->getValue().zext(x->getType()->getIntegerBitWidth())),
          choice.getCaseSuccessor());
    i.eraseFromParent();
  }

  llvm::DenseMap<Value*, Value*> wide_;
};

//===--- Booleans -----------------------------------------------------------------------------===//

/// Arithmetic on i1 as logic, for defined operands: a shift is by 0, a division by true.
Value* logic(llvm::Instruction& i) {
  if (!i.getType()->isIntOrIntVectorTy(1)) return nullptr;
  llvm::IRBuilder<> b(&i);
  const auto operand = [&](unsigned k) { return i.getOperand(k); };
  switch (i.getOpcode()) {
    case llvm::Instruction::Add:
    case llvm::Instruction::Sub:
      return b.CreateXor(operand(0), operand(1));
    case llvm::Instruction::Mul:
      return b.CreateAnd(operand(0), operand(1));
    case llvm::Instruction::UDiv:
    case llvm::Instruction::SDiv:
    case llvm::Instruction::Shl:
    case llvm::Instruction::LShr:
    case llvm::Instruction::AShr:
      return operand(0);
    case llvm::Instruction::URem:
    case llvm::Instruction::SRem:
      return llvm::Constant::getNullValue(i.getType());
    default:
      break;
  }
  auto* intrinsic = llvm::dyn_cast<llvm::IntrinsicInst>(&i);
  switch (intrinsic == nullptr ? llvm::Intrinsic::not_intrinsic : intrinsic->getIntrinsicID()) {
    case llvm::Intrinsic::umax:
    case llvm::Intrinsic::smin:  // true is -1
      return b.CreateOr(operand(0), operand(1));
    case llvm::Intrinsic::umin:
    case llvm::Intrinsic::smax:
      return b.CreateAnd(operand(0), operand(1));
    case llvm::Intrinsic::abs:
    case llvm::Intrinsic::ctpop:
      return operand(0);
    case llvm::Intrinsic::ctlz:
      return b.CreateNot(operand(0));
    case llvm::Intrinsic::fptosi_sat:  // -1 or 0
      return b.CreateFCmpOLE(operand(0), llvm::ConstantFP::get(operand(0)->getType(), -1.0));
    case llvm::Intrinsic::fptoui_sat:
      return b.CreateFCmpOGE(operand(0), llvm::ConstantFP::get(operand(0)->getType(), 1.0));
    default:
      return nullptr;
  }
}

}  // namespace

void widen_integers(llvm::Module& module) {
  for (llvm::Function& function : module) {
    if (function.isDeclaration()) continue;
    for (llvm::BasicBlock& block : function)
      for (llvm::Instruction& i : llvm::make_early_inc_range(block))
        if (Value* value = logic(i)) {
          i.replaceAllUsesWith(value);
          i.eraseFromParent();
        }
    Widener().run(function);
  }
}

}  // namespace tegula::compiler
