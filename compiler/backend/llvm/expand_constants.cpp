#include "compiler/backend/llvm/expand_constants.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Analysis/ConstantFolding.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/Instructions.h"
#include "llvm/IR/Module.h"

namespace tegula::compiler {
namespace {

using llvm::Value;

/// Whether the constant contains an expression other than an address in a global variable, which is
/// known when code is encoded.
bool has_expression(const llvm::Constant* constant, const llvm::DataLayout& layout) {
  if (llvm::isa<llvm::GlobalValue>(constant)) return false;
  if (constant->getType()->isPointerTy()) {
    llvm::APInt offset(layout.getIndexTypeSizeInBits(constant->getType()), 0);
    return llvm::isa<llvm::ConstantExpr>(
        constant->stripAndAccumulateConstantOffsets(layout, offset, /*AllowNonInbounds=*/true));
  }
  if (llvm::isa<llvm::ConstantExpr>(constant)) return true;
  return llvm::any_of(constant->operands(), [&](const llvm::Use& operand) {
    auto* inner = llvm::dyn_cast<llvm::Constant>(operand.get());
    return inner != nullptr && has_expression(inner, layout);
  });
}

/// The same value, with instructions instead of expressions.
Value* without_expressions(llvm::IRBuilder<>& b, llvm::Constant* constant,
                           const llvm::DataLayout& layout) {
  if (!has_expression(constant, layout)) return constant;
  if (auto* expression = llvm::dyn_cast<llvm::ConstantExpr>(constant)) {
    llvm::Instruction* instruction = b.Insert(expression->getAsInstruction());
    for (llvm::Use& operand : instruction->operands()) {
      llvm::IRBuilder<> before(instruction);
      before.SetCurrentDebugLocation(b.getCurrentDebugLocation());
      operand.set(without_expressions(before, llvm::cast<llvm::Constant>(operand.get()), layout));
    }
    return instruction;
  }
  const bool is_vector = constant->getType()->isVectorTy();
  Value* result = llvm::PoisonValue::get(constant->getType());
  for (unsigned k = 0; k < constant->getNumOperands(); ++k) {
    Value* element =
        without_expressions(b, llvm::cast<llvm::Constant>(constant->getOperand(k)), layout);
    result = is_vector ? b.CreateInsertElement(result, element, k)
                       : b.CreateInsertValue(result, element, k);
  }
  return result;
}

void expand(llvm::Instruction& i, const llvm::DataLayout& layout) {
  for (llvm::Use& use : i.operands()) {
    auto* constant = llvm::dyn_cast<llvm::Constant>(use.get());
    if (constant == nullptr || !has_expression(constant, layout)) continue;
    if (llvm::Constant* folded = llvm::ConstantFoldConstant(constant, layout)) constant = folded;
    auto* phi = llvm::dyn_cast<llvm::PHINode>(&i);
    llvm::IRBuilder<> b(phi == nullptr ? &i : phi->getIncomingBlock(use)->getTerminator());
    b.SetCurrentDebugLocation(i.getDebugLoc());
    Value* value = without_expressions(b, constant, layout);
    if (phi == nullptr)
      use.set(value);
    else  // A predecessor with several edges to this block brings the same value on each.
      phi->setIncomingValueForBlock(phi->getIncomingBlock(use), value);
  }
}

}  // namespace

void expand_constants(llvm::Module& module) {
  for (llvm::Function& function : module)
    for (llvm::BasicBlock& block : function)
      for (llvm::Instruction& i : block) expand(i, module.getDataLayout());
}

}  // namespace tegula::compiler
