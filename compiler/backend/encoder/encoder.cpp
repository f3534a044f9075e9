#include "compiler/backend/encoder/encoder.h"

#include <fmt/format.h>

#include "compiler/backend/encoder/basic_block_order.h"
#include "compiler/backend/encoder/calls.h"
#include "compiler/backend/encoder/opcodes.h"
#include "compiler/backend/image/writer.h"
#include "dsl/program/abi.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/IR/GetElementPtrTypeIterator.h"
#include "llvm/IR/InstVisitor.h"
#include "llvm/IR/Instructions.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/raw_ostream.h"
#include "runtime/format/image_limits.h"
#include "runtime/format/opcode.h"
#include "tegula/error.h"

namespace tegula::compiler {
namespace {

using format::ImageInstruction;
using format::no_register;
using format::Opcode;
using llvm::Instruction;

class Encoder : public llvm::InstVisitor<Encoder> {
 public:
  Encoder(const llvm::Module& module, const llvm::Function& function,
          const program::Program& program, format::Image& image)
      : function_(function),
        layout_(module.getDataLayout()),
        image_(image),
        writer_(image, module, program),
        registers_(writer_.registers()) {}

  void run() {
    for (const llvm::Argument& argument : function_.args())
      image_.parameters.push_back(registers_.one(&argument));
    for (const llvm::BasicBlock* block : basic_block_order(function_)) {
      block_start_[block] = writer_.position();
      for (const Instruction& instruction : *block) {
        encode(const_cast<Instruction&>(instruction));
      }
    }
    for (const auto& [at, which, block] : pending_targets_)
      image_.code[at].targets[which] = block_start_.at(block);
  }

  //===--- Arithmetic -----------------------------------------------------------------------===//

  void visitBinaryOperator(llvm::BinaryOperator& i) {
    writer_.append_value(i, binary_opcode(i.getOpcode()), {i.getOperand(0), i.getOperand(1)});
  }
  void visitUnaryOperator(llvm::UnaryOperator& i) {
    writer_.append_value(i, Opcode::fneg, {i.getOperand(0)});
  }
  void visitICmpInst(llvm::ICmpInst& i) {
    writer_.append_value(i, Opcode::icmp, {i.getOperand(0), i.getOperand(1)}).modifier =
        static_cast<std::uint8_t>(integer_predicate(i.getPredicate()));
  }
  void visitFCmpInst(llvm::FCmpInst& i) {
    writer_.append_value(i, Opcode::fcmp, {i.getOperand(0), i.getOperand(1)}).modifier =
        static_cast<std::uint8_t>(i.getPredicate());
  }
  /// Of a struct, field by field.
  void visitSelectInst(llvm::SelectInst& i) {
    const std::uint32_t condition = registers_.one(i.getCondition());
    const auto yes = registers_.of(i.getTrueValue()), no = registers_.of(i.getFalseValue());
    const auto results = registers_.of(&i);
    for (std::size_t k = 0; k < results.size(); ++k) {
      ImageInstruction& out = writer_.append(Opcode::select);
      out.operands = {condition, yes[k], no[k]};
      out.result = results[k];
    }
  }
  void visitCastInst(llvm::CastInst& i) {
    const llvm::Value* from = i.getOperand(0);
    const auto source = registers_.register_type(from->getType());
    const auto target = registers_.register_type(i.getType());
    if (i.getOpcode() == Instruction::AddrSpaceCast) throw Unencodable("no opcode");
    if (source == target) return registers_.alias(&i, {registers_.one(from)});
    const bool is_pointer =
        from->getType()->isPtrOrPtrVectorTy() != i.getType()->isPtrOrPtrVectorTy();
    const bool is_wider = format::scalar_bits(target.scalar) > format::scalar_bits(source.scalar);
    writer_.append_value(i,
                         !is_pointer ? cast_opcode(i.getOpcode())
                         : is_wider  ? Opcode::zext
                                     : Opcode::trunc,
                         {from});
  }
  void visitFreezeInst(llvm::FreezeInst& i) {
    registers_.alias(&i, registers_.of(i.getOperand(0)));
  }

  //===--- Vectors and structs --------------------------------------------------------------===//

  void visitExtractElementInst(llvm::ExtractElementInst& i) {
    writer_.append_value(i, Opcode::extract, {i.getVectorOperand()}).immediate =
        constant_index(i.getIndexOperand());
  }

  void visitInsertElementInst(llvm::InsertElementInst& i) {
    const llvm::Value* vector = i.getOperand(0);
    const std::int64_t index = constant_index(i.getOperand(2));
    // A chain of inserts builds one register in place, as nothing else uses the intermediate
    // vectors.
    auto* before = llvm::dyn_cast<llvm::InsertElementInst>(vector);
    if (before != nullptr && before->hasOneUse() && before->getParent() == i.getParent())
      registers_.alias(&i, {registers_.one(before)});
    const std::uint32_t result = registers_.one(&i);
    ImageInstruction& out = writer_.append(Opcode::insert);
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
      writer_.append_value(i, Opcode::splat, {first->getOperand(1)});
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
    writer_.append_value(i, Opcode::shuffle, {i.getOperand(0), second}).immediate = table;
  }

  void visitExtractValueInst(llvm::ExtractValueInst& i) {
    if (i.getNumIndices() != 1) throw Unencodable("a struct in a struct");
    registers_.alias(&i, {registers_.of(i.getAggregateOperand()).at(i.getIndices()[0])});
  }
  void visitInsertValueInst(llvm::InsertValueInst& i) {
    if (i.getNumIndices() != 1) throw Unencodable("a struct in a struct");
    std::vector<std::uint32_t> fields = registers_.of(i.getAggregateOperand());
    fields.at(i.getIndices()[0]) = registers_.one(i.getInsertedValueOperand());
    registers_.alias(&i, std::move(fields));
  }

  //===--- Memory ---------------------------------------------------------------------------===//

  void visitGetElementPtrInst(llvm::GetElementPtrInst& i) {
    std::uint32_t at = registers_.one(i.getPointerOperand());
    std::int64_t fixed = 0;
    for (auto step = llvm::gep_type_begin(i); step != llvm::gep_type_end(i); ++step) {
      if (step.isStruct()) throw Unencodable("a place in a struct");
      const auto scale =
          static_cast<std::int64_t>(step.getSequentialElementStride(layout_).getFixedValue());
      if (auto* known = llvm::dyn_cast<llvm::ConstantInt>(step.getOperand())) {
        fixed += known->getSExtValue() * scale;
        continue;
      }
      at = writer_.append_address(at, as_index(step.getOperand()), scale);
    }
    if (fixed != 0)
      at = writer_.append_address(at, registers_.constant({format::Scalar::i32, 1}, {1}), fixed);
    registers_.alias(&i, {at});
  }

  void visitLoadInst(llvm::LoadInst& i) {
    if (i.isAtomic()) throw Unencodable("no opcode");
    ImageInstruction& out = writer_.append_value(i, Opcode::load, {i.getPointerOperand()});
    out.modifier = space_modifier(i.getPointerAddressSpace());
    out.immediate = static_cast<std::int64_t>(i.getAlign().value());
  }
  void visitStoreInst(llvm::StoreInst& i) {
    if (i.isAtomic()) throw Unencodable("no opcode");
    ImageInstruction& out = writer_.append(Opcode::store);
    out.operands = {registers_.one(i.getPointerOperand()), registers_.one(i.getValueOperand()),
                    no_register};
    out.modifier = space_modifier(i.getPointerAddressSpace());
    out.immediate = static_cast<std::int64_t>(i.getAlign().value());
  }

  void visitCallInst(llvm::CallInst& i) { encode_call(writer_, i); }

  //===--- Control --------------------------------------------------------------------------===//

  void visitPHINode(llvm::PHINode& i) { registers_.of(&i); }

  void visitBranchInst(llvm::BranchInst& i) {
    const llvm::BasicBlock* from = i.getParent();
    if (i.isUnconditional()) return jump(from, i.getSuccessor(0));
    const std::size_t branch = image_.code.size();
    writer_.append(Opcode::cond_br).operands[0] = registers_.one(i.getCondition());
    for (unsigned which = 0; which < 2; ++which) {
      const llvm::BasicBlock* to = i.getSuccessor(which);
      if (to->phis().empty()) {
        pending_targets_.emplace_back(branch, which, to);
      } else {
        image_.code[branch].targets[which] = writer_.position();
        jump(from, to);
      }
    }
  }
  /// A comparison and a branch for each case.
  void visitSwitchInst(llvm::SwitchInst& i) {
    const llvm::BasicBlock* from = i.getParent();
    const std::uint32_t value = registers_.one(i.getCondition());
    for (const auto& choice : i.cases()) {
      const std::uint32_t same = registers_.fresh({format::Scalar::i1, 1});
      const std::uint32_t number = registers_.one(choice.getCaseValue());
      ImageInstruction& compare = writer_.append(Opcode::icmp);
      compare.operands = {value, number};
      compare.result = same;
      compare.modifier = static_cast<std::uint8_t>(format::ICmp::eq);
      const std::size_t branch = image_.code.size();
      writer_.append(Opcode::cond_br).operands[0] = same;
      image_.code[branch].targets[0] = writer_.position();
      jump(from, choice.getCaseSuccessor());
      image_.code[branch].targets[1] = writer_.position();
    }
    jump(from, i.getDefaultDest());
  }
  void visitReturnInst(llvm::ReturnInst&) { writer_.append(Opcode::ret); }
  void visitUnreachableInst(llvm::UnreachableInst&) { writer_.append(Opcode::trap); }

  void visitInstruction(Instruction&) { throw Unencodable("no opcode"); }

 private:
  /// Checks what was appended for an instruction at once, while its origin is known.
  void encode(Instruction& i) {
    writer_.from(i);
    std::size_t number = image_.code.size();
    try {
      visit(i);
      for (; number < image_.code.size(); ++number) format::validate_instruction(image_, number);
    } catch (const Unencodable& problem) {
      refuse(i, problem.what());
    } catch (const Error& problem) {
      if (problem.code() != ErrorCode::corrupt_data) throw;
      refuse(i, problem.details().problem);
    }
  }

  [[noreturn]] void refuse(const Instruction& i, const std::string& problem) const {
    std::string text;
    llvm::raw_string_ostream stream(text);
    i.print(stream);
    const std::string where = describe_location(i);
    throw Error(ErrorCode::unsupported,
                {.where = where.empty() ? image_.kernel : where,
                 .argument = where.empty() ? "" : image_.kernel,
                 .problem = "the simulator has no way to run an instruction that the compiler made "
                            "of this line: " +
                            problem,
                 .got = llvm::StringRef(text).split(", !dbg").first.trim().str(),
                 .hint = "please report it; GPUs are not concerned"});
  }

  /// An index of the width that the address opcode takes.
  std::uint32_t as_index(const llvm::Value* index) {
    const std::uint32_t given = registers_.one(index);
    const format::Register type = registers_.type(given);
    if (type.scalar == format::Scalar::i32 || type.scalar == format::Scalar::i64) return given;
    const std::uint32_t wide = registers_.fresh({format::Scalar::i32, type.elements});
    ImageInstruction& out = writer_.append(Opcode::sext);
    out.operands[0] = given;
    return out.result = wide;
  }

  /// Moves the values that the target's phis take from this block, as if all at once, then
  /// branches. A value that one phi takes from another phi of the same block goes through a spare
  /// register.
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
      writer_.append_move(copy.source, spare);
      copy.source = spare;
    }
    for (const Copy& copy : copies) writer_.append_move(copy.source, copy.target);
    pending_targets_.emplace_back(image_.code.size(), 0, to);
    writer_.append(Opcode::br);
  }

  static std::int64_t constant_index(const llvm::Value* index) {
    if (auto* known = llvm::dyn_cast<llvm::ConstantInt>(index))
      return static_cast<std::int64_t>(known->getZExtValue());
    throw Unencodable("the element's number is not known");
  }

  const llvm::Function& function_;
  const llvm::DataLayout& layout_;
  format::Image& image_;
  SimWriter writer_;
  SimRegisters& registers_;
  llvm::DenseMap<const llvm::BasicBlock*, std::uint32_t> block_start_;
  std::vector<std::tuple<std::size_t, unsigned, const llvm::BasicBlock*>> pending_targets_;
};

/// Values keep their registers to the end of the kernel, so many large tiles may exceed the limit.
void check_registers(const format::Image& image) {
  const std::uint64_t bytes = format::register_bytes(image);
  if (bytes <= format::max_register_bytes) return;
  throw Error(ErrorCode::out_of_resources,
              {.where = image.kernel,
               .problem = "the kernel's tiles take more registers than the simulator has",
               .got = fmt::format("{} bytes for {} warps", bytes, image.warps),
               .wanted = fmt::format("at most {} bytes a block", format::max_register_bytes),
               .hint = "make the tiles smaller: a GPU would keep them in local memory"});
}

void check_size(const format::Image& image) {
  const auto too_large = [&](const char* what, std::uint64_t got, std::uint64_t most) {
    if (got <= most) return;
    throw Error(ErrorCode::out_of_resources,
                {.where = image.kernel,
                 .problem = "the kernel is too large for the simulator",
                 .got = fmt::format("{} {}", got, what),
                 .wanted = fmt::format("at most {}", most),
                 .hint = fmt::format("use smaller tiles, or more warps than {}", image.warps)});
  };
  for (const format::Register& r : image.registers)
    too_large("elements of a tile in a thread", r.elements, format::max_elements);
  too_large("instructions", image.code.size(), format::max_instructions);
  check_registers(image);
}

}  // namespace

format::Image encode_image(const llvm::Module& module, const program::Program& program,
                           std::string_view arch, std::uint32_t warps) {
  format::Image image;
  image.kernel = program.name;
  image.arch = arch;
  image.warps = warps;
  image.cluster = program::cluster_shape(program);
  const llvm::Function* function = module.getFunction(program.name);
  if (function == nullptr) throw InternalError("the kernel is missing from its module");
  Encoder(module, *function, program, image).run();
  check_size(image);
  return image;
}

}  // namespace tegula::compiler
