#include "compiler/backend/encoder/opcodes.h"

#include "llvm/IR/Instruction.h"
#include "tegula/error.h"

namespace tegula::compiler {

using format::ICmp;
using format::Opcode;
using llvm::Instruction;

Opcode binary_opcode(unsigned llvm_opcode) {
  switch (llvm_opcode) {
    case Instruction::Add:
      return Opcode::iadd;
    case Instruction::Sub:
      return Opcode::isub;
    case Instruction::Mul:
      return Opcode::imul;
    case Instruction::UDiv:
      return Opcode::udiv;
    case Instruction::SDiv:
      return Opcode::sdiv;
    case Instruction::URem:
      return Opcode::urem;
    case Instruction::SRem:
      return Opcode::srem;
    case Instruction::And:
      return Opcode::iand;
    case Instruction::Or:
      return Opcode::ior;
    case Instruction::Xor:
      return Opcode::ixor;
    case Instruction::Shl:
      return Opcode::shl;
    case Instruction::LShr:
      return Opcode::lshr;
    case Instruction::AShr:
      return Opcode::ashr;
    case Instruction::FAdd:
      return Opcode::fadd;
    case Instruction::FSub:
      return Opcode::fsub;
    case Instruction::FMul:
      return Opcode::fmul;
    case Instruction::FDiv:
      return Opcode::fdiv;
    case Instruction::FRem:
      return Opcode::frem;
    default:
      throw InternalError("not a binary operation");
  }
}

Opcode cast_opcode(unsigned llvm_opcode) {
  switch (llvm_opcode) {
    case Instruction::Trunc:
      return Opcode::trunc;
    case Instruction::ZExt:
      return Opcode::zext;
    case Instruction::SExt:
      return Opcode::sext;
    case Instruction::FPTrunc:
      return Opcode::fptrunc;
    case Instruction::FPExt:
      return Opcode::fpext;
    case Instruction::SIToFP:
      return Opcode::sitofp;
    case Instruction::UIToFP:
      return Opcode::uitofp;
    case Instruction::FPToSI:
      return Opcode::fptosi;
    case Instruction::FPToUI:
      return Opcode::fptoui;
    case Instruction::BitCast:
      return Opcode::bitcast;
    default:
      throw InternalError("not a conversion that the image has");
  }
}

ICmp integer_predicate(llvm::CmpInst::Predicate predicate) {
  switch (predicate) {
    case llvm::CmpInst::ICMP_EQ:
      return ICmp::eq;
    case llvm::CmpInst::ICMP_NE:
      return ICmp::ne;
    case llvm::CmpInst::ICMP_ULT:
      return ICmp::ult;
    case llvm::CmpInst::ICMP_ULE:
      return ICmp::ule;
    case llvm::CmpInst::ICMP_UGT:
      return ICmp::ugt;
    case llvm::CmpInst::ICMP_UGE:
      return ICmp::uge;
    case llvm::CmpInst::ICMP_SLT:
      return ICmp::slt;
    case llvm::CmpInst::ICMP_SLE:
      return ICmp::sle;
    case llvm::CmpInst::ICMP_SGT:
      return ICmp::sgt;
    case llvm::CmpInst::ICMP_SGE:
      return ICmp::sge;
    default:
      throw InternalError("not an integer comparison");
  }
}

}  // namespace tegula::compiler
