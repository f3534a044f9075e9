#include "compiler/backend/encoder/calls.h"

#include "compiler/backend/encoder/intrinsics.h"
#include "compiler/backend/image/writer.h"
#include "compiler/backend/markers/async_markers.h"
#include "compiler/backend/markers/atomic_markers.h"
#include "compiler/backend/markers/author_markers.h"
#include "compiler/backend/markers/cluster_marker.h"
#include "compiler/backend/markers/markers.h"
#include "llvm/IR/Instructions.h"
#include "llvm/IR/IntrinsicInst.h"
#include "runtime/format/opcode.h"

namespace tegula::compiler {
namespace {

using format::ImageInstruction;
using format::Opcode;
using format::Space;

void encode(SimWriter& writer, const llvm::CallInst& i, const MemoryMarker& marker) {
  const llvm::Value *a = i.getArgOperand(0), *b = i.getArgOperand(1), *c = i.getArgOperand(2);
  ImageInstruction* out = nullptr;
  if (marker.is_load) {
    out = &writer.append_value(i, Opcode::load, {a, b, c});
  } else {
    const format::Operands inputs = {writer.registers().one(a), writer.registers().one(b),
                                     writer.registers().one(c)};
    out = &writer.append(Opcode::store);
    out->operands = inputs;
  }
  out->modifier = static_cast<std::uint8_t>(marker.is_shared ? Space::shared : Space::global);
  out->immediate = marker.words * marker.word_bits / 8;
}

Opcode atomic_opcode(AtomicMarker::Kind kind) {
  using Kind = AtomicMarker::Kind;
  switch (kind) {
    case Kind::add:
      return Opcode::atomic_add;
    case Kind::fadd:
      return Opcode::atomic_fadd;
    case Kind::min:
      return Opcode::atomic_smin;
    case Kind::max:
      return Opcode::atomic_smax;
    case Kind::umin:
      return Opcode::atomic_umin;
    case Kind::umax:
      return Opcode::atomic_umax;
    case Kind::bit_and:
      return Opcode::atomic_and;
    case Kind::bit_or:
      return Opcode::atomic_or;
    case Kind::bit_xor:
      return Opcode::atomic_xor;
    case Kind::exchange:
      return Opcode::atomic_exchange;
    case Kind::compare_exchange:
      return Opcode::atomic_cas;
  }
  return Opcode::trap;
}

void encode(SimWriter& writer, const llvm::CallInst& i, const AtomicMarker& marker) {
  SimRegisters& registers = writer.registers();
  const auto argument = [&](unsigned k) { return registers.one(i.getArgOperand(k)); };
  const format::Operands inputs =
      marker.kind == AtomicMarker::Kind::compare_exchange
          ? format::Operands{argument(0), argument(2), argument(1), argument(3)}
          : format::Operands{argument(0), argument(1), argument(2)};
  const std::uint32_t result = i.use_empty() ? format::no_register : registers.one(&i);
  ImageInstruction& out = writer.append(atomic_opcode(marker.kind));
  out.operands = inputs;
  out.result = result;
  out.modifier = format::AtomicModifier{Space::global, marker.order, marker.scope}.pack();
}

void encode(SimWriter& writer, const llvm::CallInst& i, const AsyncMarker& marker) {
  if (marker.kind == AsyncMarker::Kind::commit) {
    writer.append(Opcode::cp_async_commit);
  } else if (marker.kind == AsyncMarker::Kind::wait) {
    writer.append(Opcode::cp_async_wait).immediate = marker.pending;
  } else {
    SimRegisters& registers = writer.registers();
    const auto* whole = llvm::dyn_cast<llvm::ConstantInt>(i.getArgOperand(2));
    const bool is_whole =
        whole != nullptr && whole->getZExtValue() == static_cast<std::uint64_t>(marker.bytes);
    const format::Operands inputs = {
        registers.one(i.getArgOperand(0)), registers.one(i.getArgOperand(1)),
        is_whole ? format::no_register : registers.one(i.getArgOperand(2))};
    ImageInstruction& out = writer.append(Opcode::cp_async);
    out.operands = inputs;
    out.immediate = marker.bytes;
  }
}

void encode(SimWriter& writer, const llvm::CallInst& i, const ClusterLoadMarker& marker) {
  ImageInstruction& out =
      writer.append_value(i, Opcode::cluster_load, {i.getArgOperand(0), i.getArgOperand(1)});
  out.immediate = 4 * marker.words;
}

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

void encode_print(SimWriter& writer, const llvm::CallInst& i, const std::string& text) {
  format::Operands inputs;
  const unsigned values = i.arg_size() - 1;
  for (unsigned k = 0; k < values; ++k) inputs[k] = writer.registers().one(i.getArgOperand(k));
  inputs[format::Operands::most - 1] = writer.registers().one(i.getArgOperand(values));
  ImageInstruction& out = writer.append(Opcode::print);
  out.operands = inputs;
  out.immediate = writer.text(text);
}

void encode_assert(SimWriter& writer, const llvm::CallInst& i, const std::string& text) {
  const format::Operands inputs = {writer.registers().one(i.getArgOperand(0))};
  ImageInstruction& out = writer.append(Opcode::assert_true);
  out.operands = inputs;
  out.immediate = writer.text(text);
}

}  // namespace

void encode_call(SimWriter& writer, const llvm::CallInst& i) {
  const llvm::Function* callee = i.getCalledFunction();
  if (callee == nullptr) throw Unencodable("no opcode");
  const std::string_view name(callee->getName().data(), callee->getName().size());
  if (const MemoryMarker* marker = find_memory_marker(name)) return encode(writer, i, *marker);
  if (const auto marker = parse_atomic_marker(name)) return encode(writer, i, *marker);
  if (const auto marker = parse_async_marker(name)) return encode(writer, i, *marker);
  if (const auto marker = parse_cluster_load_marker(name)) return encode(writer, i, *marker);
  if (is_print_marker(name)) return encode_print(writer, i, marker_text(*callee));
  if (is_assert_marker(name)) return encode_assert(writer, i, marker_text(*callee));
  if (i.isLifetimeStartOrEnd() || i.isDebugOrPseudoInst() ||
      i.getIntrinsicID() == llvm::Intrinsic::assume)
    return;
  if (auto* product = llvm::dyn_cast<llvm::WithOverflowInst>(&i)) return encode(writer, *product);
  const SimIntrinsic* intrinsic = find_sim_intrinsic(name);
  if (intrinsic == nullptr) throw Unencodable("no opcode");
  std::vector<const llvm::Value*> operands;
  for (int k : intrinsic->operands) operands.push_back(i.getArgOperand(static_cast<unsigned>(k)));
  ImageInstruction* out = nullptr;
  if (i.getType()->isVoidTy()) {
    out = &writer.append(intrinsic->opcode);
    for (std::size_t k = 0; k < operands.size(); ++k)
      out->operands[k] = writer.registers().one(operands[k]);
  } else {
    out = &writer.append_value(i, intrinsic->opcode, operands);
  }
  out->modifier = intrinsic->modifier;
}

}  // namespace tegula::compiler
