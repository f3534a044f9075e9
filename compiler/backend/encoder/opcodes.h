// The image's opcodes for LLVM's instructions.
#pragma once

#include "llvm/IR/InstrTypes.h"
#include "runtime/format/image.h"

namespace tegula::compiler {

/// The opcode of a binary operation. Throws InternalError for any other instruction.
format::Opcode binary_opcode(unsigned llvm_opcode);
/// The opcode of a conversion that changes bits or their type. Throws InternalError for any other.
format::Opcode cast_opcode(unsigned llvm_opcode);
format::ICmp integer_predicate(llvm::CmpInst::Predicate predicate);

}  // namespace tegula::compiler
