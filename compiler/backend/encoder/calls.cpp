#include "compiler/backend/encoder/calls.h"

#include "compiler/backend/encoder/intrinsics.h"
#include "compiler/backend/image/writer.h"
#include "compiler/backend/markers/registry.h"
#include "llvm/IR/Instructions.h"
#include "llvm/IR/IntrinsicInst.h"
#include "runtime/format/opcode.h"

namespace tegula::compiler {
namespace {

using format::ImageInstruction;
using format::Opcode;

/// A product, and whether its high half is more than the extension of the low one.
void encode(SimWriter& writer, const llvm::WithOverflowInst& i) {
  if (i.getBinaryOp() != llvm::Instruction::Mul) throw Unencodable("no opcode");
  SimRegisters& registers = writer.registers();
  const format::Operands factors = {registers.one(i.getLHS()), registers.one(i.getRHS())};
  const format::Register type = registers.type(factors[0]);
  const auto append = [&](Opcode opcode, const format::Operands& operands, std::uint32_t result) {
    ImageInstruction& out = writer.append(opcode);
    out.operands = operands;
    return out.result = result;
  };
  const std::vector<std::uint32_t> results = registers.of(&i);
  const std::uint32_t low = append(Opcode::imul, factors, results.at(0));
  const std::uint32_t high =
      append(i.isSigned() ? Opcode::smulh : Opcode::umulh, factors, registers.fresh(type));
  const auto bits = static_cast<std::uint64_t>(format::scalar_bits(type.scalar));
  std::uint32_t extension = registers.constant(type, {0});
  if (i.isSigned())
    extension =
        append(Opcode::ashr, {low, registers.constant(type, {bits - 1})}, registers.fresh(type));
  append(Opcode::icmp, {high, extension}, results.at(1));
  writer.image().code.back().modifier = static_cast<std::uint8_t>(format::ICmp::ne);
}

}  // namespace

void encode_call(SimWriter& writer, const llvm::CallInst& i) {
  const llvm::Function* callee = i.getCalledFunction();
  if (callee == nullptr) throw Unencodable("no opcode");
  if (const Marker* marker = find_marker(*callee)) return marker->encode(writer, i);
  if (i.isLifetimeStartOrEnd() || i.isDebugOrPseudoInst() ||
      i.getIntrinsicID() == llvm::Intrinsic::assume)
    return;
  if (auto* product = llvm::dyn_cast<llvm::WithOverflowInst>(&i)) return encode(writer, *product);
  const SimIntrinsic* intrinsic = find_sim_intrinsic(callee->getName());
  if (intrinsic == nullptr) throw Unencodable("no opcode");
  std::vector<const llvm::Value*> operands;
  for (int k : intrinsic->operands) operands.push_back(i.getArgOperand(static_cast<unsigned>(k)));
  ImageInstruction& out = i.getType()->isVoidTy()
                              ? writer.append_effect(intrinsic->opcode, operands)
                              : writer.append_value(i, intrinsic->opcode, operands);
  out.modifier = intrinsic->modifier;
}

}  // namespace tegula::compiler
