// PTX as inline assembly, which is what most markers become.
#pragma once

#include <string>

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/InlineAsm.h"

namespace tegula::compiler {

/// One statement with side effects on memory. In `text` operands are $0, $1, ...: first results, if
/// any, then `values`; `constraints` says in which registers, as LLVM writes it.
inline llvm::CallInst* emit_assembly(llvm::IRBuilder<>& b, llvm::Type* result,
                                     const std::string& text, std::string constraints,
                                     llvm::ArrayRef<llvm::Value*> values) {
  llvm::SmallVector<llvm::Type*> types;
  for (llvm::Value* v : values) types.push_back(v->getType());
  constraints += constraints.empty() ? "~{memory}" : ",~{memory}";
  return b.CreateCall(llvm::InlineAsm::get(llvm::FunctionType::get(result, types, false), text,
                                           constraints, /*hasSideEffects=*/true),
                      values);
}

}  // namespace tegula::compiler
