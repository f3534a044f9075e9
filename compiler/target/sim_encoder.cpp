#include "compiler/target/sim_encoder.h"

#include <fmt/format.h>

#include <unordered_map>

#include "compiler/target/markers.h"
#include "compiler/target/sim_intrinsics.h"
#include "compiler/target/sim_registers.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Analysis/LoopInfo.h"
#include "llvm/IR/CFG.h"
#include "llvm/IR/DebugInfoMetadata.h"
#include "llvm/IR/Dominators.h"
#include "llvm/IR/GetElementPtrTypeIterator.h"
#include "llvm/IR/InstVisitor.h"
#include "llvm/IR/Instructions.h"
#include "llvm/IR/IntrinsicInst.h"
#include "llvm/IR/Module.h"
#include "llvm/IR/Operator.h"
#include "llvm/Support/raw_ostream.h"
#include "tegula/error.h"

namespace tegula::compiler {
namespace {

using format::ICmp;
using format::ImageInstruction;
using format::no_register;
using format::Opcode;
using format::Space;
using llvm::Instruction;

constexpr std::uint32_t no_origin = 0xffffffff;

/// "file:line:column" -> the first instruction of the Program from there.
class Origins {
 public:
  explicit Origins(const program::Program& program) {
    const auto locations = program::instruction_locations(program);
    for (std::size_t number = 0; number < locations.size(); ++number)
      if (const auto& at = locations[number]; at.file < program.files.size())
        numbers_.try_emplace(fmt::format("{}:{}:{}", program.files[at.file], at.line, at.column),
                             static_cast<std::uint32_t>(number));
  }
  std::uint32_t of(const Instruction& instruction) const {
    const llvm::DILocation* at = instruction.getDebugLoc().get();
    if (at == nullptr) return no_origin;
    std::string file = at->getFilename().str();
    if (const auto folder = at->getDirectory(); !folder.empty() && !file.starts_with('/'))
      file = folder.str() + "/" + file;
    const auto it = numbers_.find(fmt::format("{}:{}:{}", file, at->getLine(), at->getColumn()));
    return it == numbers_.end() ? no_origin : it->second;
  }

 private:
  std::unordered_map<std::string, std::uint32_t> numbers_;
};

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

class Encoder : public llvm::InstVisitor<Encoder> {
 public:
  Encoder(const llvm::Module& module, const llvm::Function& function,
          const program::Program& program, format::Image& image)
      : function_(function),
        layout_(module.getDataLayout()),
        origins_(program),
        image_(image),
        registers_(image, module) {}

  void run() {
    for (const llvm::Argument& argument : function_.args())
      image_.parameters.push_back(registers_.one(&argument));
    for (const llvm::BasicBlock* block : block_order()) {
      block_start_[block] = position();
      for (const Instruction& instruction : *block) {
        origin_ = origins_.of(instruction);
        visit(const_cast<Instruction&>(instruction));
      }
    }
    for (const auto& [at, which, block] : pending_targets_)
      image_.code[at].targets[which] = block_start_.at(block);
  }

  //===--- Arithmetic -----------------------------------------------------------------------===//

  void visitBinaryOperator(llvm::BinaryOperator& i) {
    emit_value(i, binary_opcode(i.getOpcode()), {i.getOperand(0), i.getOperand(1)});
  }
  void visitUnaryOperator(llvm::UnaryOperator& i) {
    emit_value(i, Opcode::fneg, {i.getOperand(0)});
  }
  void visitICmpInst(llvm::ICmpInst& i) {
    emit_value(i, Opcode::icmp, {i.getOperand(0), i.getOperand(1)}).modifier =
        static_cast<std::uint8_t>(integer_predicate(i.getPredicate()));
  }
  void visitFCmpInst(llvm::FCmpInst& i) {
    emit_value(i, Opcode::fcmp, {i.getOperand(0), i.getOperand(1)}).modifier =
        static_cast<std::uint8_t>(i.getPredicate());
  }
  void visitSelectInst(llvm::SelectInst& i) {
    emit_value(i, Opcode::select, {i.getOperand(0), i.getOperand(1), i.getOperand(2)});
  }
  void visitCastInst(llvm::CastInst& i) {
    const llvm::Value* from = i.getOperand(0);
    const auto source = registers_.register_type(from->getType());
    const auto target = registers_.register_type(i.getType());
    if (source == target) return registers_.alias(&i, {registers_.one(from)});
    switch (i.getOpcode()) {
      case Instruction::PtrToInt:
      case Instruction::IntToPtr:
      case Instruction::AddrSpaceCast:
        return unsupported(i);
      default:
        emit_value(i, cast_opcode(i.getOpcode()), {from});
    }
  }
  void visitFreezeInst(llvm::FreezeInst& i) {
    registers_.alias(&i, registers_.of(i.getOperand(0)));
  }

  //===--- Vectors and structs --------------------------------------------------------------===//

  void visitExtractElementInst(llvm::ExtractElementInst& i) {
    emit_value(i, Opcode::extract, {i.getVectorOperand()}).immediate =
        constant_index(i, i.getIndexOperand());
  }

  void visitInsertElementInst(llvm::InsertElementInst& i) {
    const llvm::Value* vector = i.getOperand(0);
    const std::int64_t index = constant_index(i, i.getOperand(2));
    // A chain of inserts builds one register in place: nobody else sees the steps between.
    auto* before = llvm::dyn_cast<llvm::InsertElementInst>(vector);
    if (before != nullptr && before->hasOneUse() && before->getParent() == i.getParent())
      registers_.alias(&i, {registers_.one(before)});
    const std::uint32_t result = registers_.one(&i);
    ImageInstruction& out = append(Opcode::insert);
    out.result = result;
    out.operands = {llvm::isa<llvm::UndefValue>(vector) ? result : registers_.one(vector),
                    registers_.one(i.getOperand(1)), no_register};
    out.immediate = index;
  }

  void visitShuffleVectorInst(llvm::ShuffleVectorInst& i) {
    const llvm::ArrayRef<int> mask = i.getShuffleMask();
    auto* first = llvm::dyn_cast<llvm::InsertElementInst>(i.getOperand(0));
    const bool is_splat = first != nullptr && llvm::all_of(mask, [](int m) { return m <= 0; }) &&
                          llvm::isa<llvm::ConstantInt>(first->getOperand(2)) &&
                          llvm::cast<llvm::ConstantInt>(first->getOperand(2))->isZero();
    if (is_splat) {
      emit_value(i, Opcode::splat, {first->getOperand(1)});
      return;
    }
    const auto type = registers_.register_type(i.getOperand(0)->getType());
    if (type == registers_.register_type(i.getType()) &&
        llvm::all_of(llvm::enumerate(mask), [](const auto& m) {
          return m.value() < 0 || m.value() == static_cast<int>(m.index());
        }))
      return registers_.alias(&i, {registers_.one(i.getOperand(0))});
    image_.tables.emplace_back(mask.begin(), mask.end());
    const auto table = static_cast<std::int64_t>(image_.tables.size() - 1);
    const llvm::Value* second =
        llvm::isa<llvm::UndefValue>(i.getOperand(1)) ? i.getOperand(0) : i.getOperand(1);
    emit_value(i, Opcode::shuffle, {i.getOperand(0), second}).immediate = table;
  }

  void visitExtractValueInst(llvm::ExtractValueInst& i) {
    registers_.alias(&i, {registers_.of(i.getAggregateOperand()).at(i.getIndices()[0])});
  }
  void visitInsertValueInst(llvm::InsertValueInst& i) {
    std::vector<std::uint32_t> fields = registers_.of(i.getAggregateOperand());
    fields.at(i.getIndices()[0]) = registers_.one(i.getInsertedValueOperand());
    registers_.alias(&i, std::move(fields));
  }

  //===--- Memory ---------------------------------------------------------------------------===//

  void visitGetElementPtrInst(llvm::GetElementPtrInst& i) {
    std::uint32_t at = registers_.one(i.getPointerOperand());
    const format::Register type = registers_.type(at);
    std::int64_t fixed = 0;
    for (auto step = llvm::gep_type_begin(i); step != llvm::gep_type_end(i); ++step) {
      if (step.isStruct()) return unsupported(i);
      const auto scale =
          static_cast<std::int64_t>(step.getSequentialElementStride(layout_).getFixedValue());
      if (auto* known = llvm::dyn_cast<llvm::ConstantInt>(step.getOperand())) {
        fixed += known->getSExtValue() * scale;
        continue;
      }
      at = emit_address(at, registers_.one(step.getOperand()), scale, registers_.fresh(type));
    }
    if (fixed != 0)
      at = emit_address(at, registers_.constant({format::Scalar::i32, 1}, {1}), fixed,
                        registers_.fresh(type));
    registers_.alias(&i, {at});
  }

  void visitLoadInst(llvm::LoadInst& i) {
    ImageInstruction& out = emit_value(i, Opcode::load, {i.getPointerOperand()});
    out.modifier = space(i, i.getPointerAddressSpace());
    out.immediate = static_cast<std::int64_t>(i.getAlign().value());
  }
  void visitStoreInst(llvm::StoreInst& i) {
    ImageInstruction& out = append(Opcode::store);
    out.operands = {registers_.one(i.getPointerOperand()), registers_.one(i.getValueOperand()),
                    no_register};
    out.modifier = space(i, i.getPointerAddressSpace());
    out.immediate = static_cast<std::int64_t>(i.getAlign().value());
  }

  //===--- Calls ----------------------------------------------------------------------------===//

  void visitCallInst(llvm::CallInst& i) {
    const llvm::Function* callee = i.getCalledFunction();
    if (callee == nullptr) return unsupported(i);
    const llvm::StringRef name = callee->getName();
    if (const MemoryMarker* marker = find_memory_marker({name.data(), name.size()}))
      return encode_marker(i, *marker);
    if (i.isLifetimeStartOrEnd() || i.isDebugOrPseudoInst() ||
        i.getIntrinsicID() == llvm::Intrinsic::assume)
      return;
    const SimIntrinsic* intrinsic = find_sim_intrinsic({name.data(), name.size()});
    if (intrinsic == nullptr) return unsupported(i);
    std::vector<const llvm::Value*> operands;
    for (int k : intrinsic->operands) operands.push_back(i.getArgOperand(static_cast<unsigned>(k)));
    ImageInstruction* out = nullptr;
    if (i.getType()->isVoidTy()) {
      out = &append(intrinsic->opcode);
      for (std::size_t k = 0; k < operands.size(); ++k)
        out->operands[k] = registers_.one(operands[k]);
    } else {
      out = &emit_value(i, intrinsic->opcode, operands);
    }
    out->modifier = intrinsic->modifier;
  }

  //===--- Control --------------------------------------------------------------------------===//

  void visitPHINode(llvm::PHINode& i) { registers_.of(&i); }

  void visitBranchInst(llvm::BranchInst& i) {
    const llvm::BasicBlock* from = i.getParent();
    if (i.isUnconditional()) return jump(from, i.getSuccessor(0));
    const std::size_t branch = image_.code.size();
    append(Opcode::cond_br).operands[0] = registers_.one(i.getCondition());
    for (unsigned which = 0; which < 2; ++which) {
      const llvm::BasicBlock* to = i.getSuccessor(which);
      if (to->phis().empty()) {
        pending_targets_.emplace_back(branch, which, to);
      } else {
        image_.code[branch].targets[which] = position();
        jump(from, to);
      }
    }
  }
  void visitReturnInst(llvm::ReturnInst&) { append(Opcode::ret); }
  void visitUnreachableInst(llvm::UnreachableInst&) { append(Opcode::trap); }

  void visitInstruction(Instruction& i) { unsupported(i); }

 private:
  std::uint32_t position() const { return static_cast<std::uint32_t>(image_.code.size()); }

  ImageInstruction& append(Opcode opcode) {
    ImageInstruction& out = image_.code.emplace_back();
    out.opcode = opcode;
    out.origin = origin_;
    return out;
  }

  ImageInstruction& emit_value(const Instruction& i, Opcode opcode,
                               const std::vector<const llvm::Value*>& operands) {
    std::array<std::uint32_t, 3> inputs = {no_register, no_register, no_register};
    for (std::size_t k = 0; k < operands.size(); ++k) inputs.at(k) = registers_.one(operands[k]);
    const std::uint32_t result = registers_.one(&i);
    ImageInstruction& out = append(opcode);
    out.result = result;
    out.operands = inputs;
    return out;
  }

  std::uint32_t emit_address(std::uint32_t base, std::uint32_t index, std::int64_t scale,
                             std::uint32_t result) {
    ImageInstruction& out = append(Opcode::address);
    out.operands = {base, index, no_register};
    out.result = result;
    out.immediate = scale;
    return result;
  }

  void encode_marker(const llvm::CallInst& i, const MemoryMarker& marker) {
    const auto modifier =
        static_cast<std::uint8_t>(marker.is_shared ? Space::shared : Space::global);
    const std::int64_t bytes = marker.words * marker.word_bits / 8;
    const llvm::Value *a = i.getArgOperand(0), *b = i.getArgOperand(1), *c = i.getArgOperand(2);
    if (marker.is_load) {
      ImageInstruction& out = emit_value(i, Opcode::load, {a, b, c});
      out.modifier = modifier;
      out.immediate = bytes;
      return;
    }
    const std::array<std::uint32_t, 3> inputs = {registers_.one(a), registers_.one(b),
                                                 registers_.one(c)};
    ImageInstruction& out = append(Opcode::store);
    out.operands = inputs;
    out.modifier = modifier;
    out.immediate = bytes;
  }

  /// Moves what the target's phis take from here, all at once, then branches. Values that one phi
  /// takes from another of the same block go through a spare register.
  void jump(const llvm::BasicBlock* from, const llvm::BasicBlock* to) {
    struct Copy {
      std::uint32_t source, target;
    };
    std::vector<Copy> copies;
    for (const llvm::PHINode& phi : to->phis()) {
      const auto targets = registers_.of(&phi);
      const auto sources = registers_.of(phi.getIncomingValueForBlock(from));
      for (std::size_t k = 0; k < targets.size(); ++k)
        if (sources[k] != targets[k]) copies.push_back({sources[k], targets[k]});
    }
    for (Copy& copy : copies) {
      const bool overwritten = llvm::any_of(copies, [&](const Copy& other) {
        return &other != &copy && other.target == copy.source;
      });
      if (!overwritten) continue;
      const std::uint32_t spare = registers_.fresh(registers_.type(copy.source));
      emit_move(copy.source, spare);
      copy.source = spare;
    }
    for (const Copy& copy : copies) emit_move(copy.source, copy.target);
    pending_targets_.emplace_back(image_.code.size(), 0, to);
    append(Opcode::br);
  }

  void emit_move(std::uint32_t source, std::uint32_t target) {
    ImageInstruction& out = append(Opcode::move);
    out.operands[0] = source;
    out.result = target;
  }

  std::int64_t constant_index(const Instruction& i, const llvm::Value* index) {
    if (auto* known = llvm::dyn_cast<llvm::ConstantInt>(index))
      return static_cast<std::int64_t>(known->getZExtValue());
    unsupported(i);
  }

  std::uint8_t space(const Instruction& i, unsigned address_space) {
    if (address_space == 1) return static_cast<std::uint8_t>(Space::global);
    if (address_space == 3) return static_cast<std::uint8_t>(Space::shared);
    unsupported(i);
  }

  /// Reverse post-order with every loop in one piece, so that the lowest waiting instruction is
  /// where lanes that went separate ways meet again.
  std::vector<const llvm::BasicBlock*> block_order() {
    auto& function = const_cast<llvm::Function&>(function_);
    llvm::DominatorTree dominators(function);
    llvm::LoopInfo loops(dominators);
    std::vector<const llvm::BasicBlock*> order;
    llvm::DenseMap<const llvm::BasicBlock*, bool> seen;
    const auto visit_block = [&](const auto& self, const llvm::BasicBlock* block) -> void {
      seen[block] = true;
      llvm::SmallVector<const llvm::BasicBlock*> next(llvm::successors(block));
      const llvm::Loop* loop = loops.getLoopFor(block);
      // Post-order is reversed below: blocks that leave the loop are visited first to come last.
      llvm::stable_sort(next, [&](const auto* a, const auto* b) {
        return (loop != nullptr && !loop->contains(a)) > (loop != nullptr && !loop->contains(b));
      });
      for (const llvm::BasicBlock* successor : next)
        if (!seen.contains(successor)) self(self, successor);
      order.push_back(block);
    };
    visit_block(visit_block, &function_.getEntryBlock());
    std::reverse(order.begin(), order.end());
    return order;
  }

  [[noreturn]] void unsupported(const Instruction& i) {
    std::string text;
    llvm::raw_string_ostream stream(text);
    i.print(stream);
    throw Error(ErrorCode::unsupported, {.where = "simulator",
                                         .problem = "the image has no opcode for an instruction",
                                         .got = llvm::StringRef(text).trim().str()});
  }

  const llvm::Function& function_;
  const llvm::DataLayout& layout_;
  Origins origins_;
  format::Image& image_;
  SimRegisters registers_;
  std::uint32_t origin_ = no_origin;
  llvm::DenseMap<const llvm::BasicBlock*, std::uint32_t> block_start_;
  std::vector<std::tuple<std::size_t, unsigned, const llvm::BasicBlock*>> pending_targets_;
};

}  // namespace

format::Image encode_image(const llvm::Module& module, const program::Program& program,
                           std::string_view arch, std::uint32_t warps) {
  format::Image image;
  image.kernel = program.name;
  image.arch = arch;
  image.warps = warps;
  const llvm::Function* function = module.getFunction(program.name);
  if (function == nullptr) throw InternalError("the kernel is missing from its module");
  Encoder(module, *function, program, image).run();
  return image;
}

}  // namespace tegula::compiler
