// Print and assert:
//   tegula.print.N(values..., i1 predicate)    a line, printed by lanes whose predicate is true
//   tegula.assert.N(i1 or <n x i1> conditions) a fault unless all are true
// Each call has a function of its own (N), whose attribute `tegula.text` is the text. In it `{}`
// stands for a value, `{u}` for an unsigned integer, `{{` and `}}` for braces.
#include <vector>

#include "compiler/backend/image/writer.h"
#include "compiler/backend/markers/marker.h"
#include "llvm/IR/DebugInfoMetadata.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/Instructions.h"
#include "llvm/IR/Module.h"
#include "llvm/Transforms/Utils/BasicBlockUtils.h"
#include "tegula/error.h"

namespace tegula::compiler {
namespace {

/// CUDA C++ Programming Guide, "Formatted Output": arguments besides the format.
constexpr std::size_t most_arguments = 32;
/// Of a vector; as many as the simulator shows.
constexpr unsigned most_printed = 64;

/// A constant text, as a generic pointer.
llvm::Value* text_pointer(llvm::IRBuilder<>& b, const std::string& text) {
  llvm::Module& module = *b.GetInsertBlock()->getModule();
  auto* data = llvm::ConstantDataArray::getString(b.getContext(), text);
  auto* global = new llvm::GlobalVariable(
      module, data->getType(), /*isConstant=*/true, llvm::GlobalValue::PrivateLinkage, data,
      "tegula_text", nullptr, llvm::GlobalValue::NotThreadLocal, /*AddressSpace=*/1);
  return b.CreateAddrSpaceCast(global, b.getPtrTy());
}

/// The part of a line that one call prints.
struct Piece {
  std::string format;
  std::vector<llvm::Value*> arguments;
};

class PrintLine {
 public:
  explicit PrintLine(llvm::IRBuilder<>& b) : b_(b) {}

  void literal(char c) {
    format_ += c;
    if (c == '%') format_ += c;
  }
  /// A value, or the elements of a vector in brackets.
  void value(llvm::Value* value, bool is_unsigned) {
    auto* vector = llvm::dyn_cast<llvm::FixedVectorType>(value->getType());
    if (vector == nullptr) return element(value, is_unsigned);
    format_ += '[';
    for (unsigned k = 0; k < std::min(vector->getNumElements(), most_printed); ++k) {
      if (k > 0) format_ += ", ";
      element(b_.CreateExtractElement(value, k), is_unsigned);
    }
    format_ += vector->getNumElements() > most_printed ? ", ...]" : "]";
  }
  std::vector<Piece> finish() {
    flush();
    return std::move(pieces_);
  }

 private:
  void flush() {
    if (!format_.empty()) pieces_.push_back({std::move(format_), std::move(arguments_)});
    format_.clear();
    arguments_.clear();
  }

  void element(llvm::Value* value, bool is_unsigned) {
    if (arguments_.size() == most_arguments) flush();
    llvm::Type* type = value->getType();
    if (type->isIntegerTy(1)) {
      format_ += "%s";
      value = b_.CreateSelect(value, text_pointer(b_, "true"), text_pointer(b_, "false"));
    } else if (type->isFloatingPointTy()) {
      format_ += "%g";
      value = b_.CreateFPExt(value, b_.getDoubleTy());
    } else if (type->isIntegerTy(64)) {
      format_ += is_unsigned ? "%llu" : "%lld";
    } else {
      format_ += is_unsigned ? "%u" : "%d";
      value = is_unsigned ? b_.CreateZExt(value, b_.getInt32Ty())
                          : b_.CreateSExt(value, b_.getInt32Ty());
    }
    arguments_.push_back(value);
  }

  llvm::IRBuilder<>& b_;
  std::string format_;
  std::vector<llvm::Value*> arguments_;
  std::vector<Piece> pieces_;
};

std::vector<Piece> pieces_of(llvm::IRBuilder<>& b, const std::string& text,
                             const std::vector<llvm::Value*>& values) {
  PrintLine line(b);
  std::size_t next = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const std::string_view rest = std::string_view(text).substr(at);
    const bool is_unsigned = rest.starts_with("{u}");
    if (rest.starts_with("{{") || rest.starts_with("}}")) {
      line.literal(text[at++]);
    } else if (is_unsigned || rest.starts_with("{}")) {
      if (next == values.size()) throw InternalError("a print lacks a value");
      line.value(values[next++], is_unsigned);
      at += is_unsigned ? 2 : 1;
    } else {
      line.literal(text[at]);
    }
  }
  line.literal('\n');
  return line.finish();
}

/// vprintf reads its arguments from memory, each at a multiple of its size.
void call_vprintf(llvm::IRBuilder<>& b, const Piece& piece) {
  llvm::Module& module = *b.GetInsertBlock()->getModule();
  llvm::Function& function = *b.GetInsertBlock()->getParent();
  std::vector<llvm::Type*> types;
  for (llvm::Value* argument : piece.arguments) types.push_back(argument->getType());
  llvm::Value* buffer = llvm::ConstantPointerNull::get(b.getPtrTy());
  if (!types.empty()) {
    auto* record = llvm::StructType::get(b.getContext(), types);
    llvm::IRBuilder<> entry(&*function.getEntryBlock().getFirstInsertionPt());
    buffer = entry.CreateAlloca(record);
    for (unsigned k = 0; k < types.size(); ++k)
      b.CreateStore(piece.arguments[k], b.CreateStructGEP(record, buffer, k));
  }
  auto vprintf = module.getOrInsertFunction("vprintf", b.getInt32Ty(), b.getPtrTy(), b.getPtrTy());
  b.CreateCall(vprintf, {text_pointer(b, piece.format), buffer});
}

std::string text_of(const llvm::CallInst& call) {
  return call.getCalledFunction()->getFnAttribute("tegula.text").getValueAsString().str();
}

/// PTX: calls of `vprintf`, which the driver's linker knows. A line of more values than CUDA prints
/// at once (32) takes several calls, between which other blocks may print.
class Print : public Marker {
 public:
  Print() : Marker("tegula.print") {}
  void annotate(llvm::Function& function) const override { function.setDoesNotThrow(); }

  void replace(llvm::CallInst& call) const override {
    const std::string text = text_of(call);
    llvm::Value* predicate = call.getArgOperand(call.arg_size() - 1);
    std::vector<llvm::Value*> values;
    for (unsigned k = 0; k + 1 < call.arg_size(); ++k) values.push_back(call.getArgOperand(k));
    llvm::Instruction* then = llvm::SplitBlockAndInsertIfThen(predicate, &call, false);
    llvm::IRBuilder<> b(then);
    for (const Piece& piece : pieces_of(b, text, values)) call_vprintf(b, piece);
  }

  void encode(SimWriter& writer, const llvm::CallInst& call) const override {
    format::Operands inputs;
    const unsigned values = call.arg_size() - 1;
    for (unsigned k = 0; k < values; ++k) inputs[k] = writer.registers().one(call.getArgOperand(k));
    inputs[format::Operands::most - 1] = writer.registers().one(call.getArgOperand(values));
    format::ImageInstruction& out = writer.append(format::Opcode::print);
    out.operands = inputs;
    out.immediate = writer.text(text_of(call));
  }
};

/// PTX: a call of `__assertfail`, which the driver's linker knows, if a condition is false. It
/// reports the text, the author's line and the block, and ends the launch.
class Assert : public Marker {
 public:
  Assert() : Marker("tegula.assert") {}
  void annotate(llvm::Function& function) const override { function.setDoesNotThrow(); }

  void replace(llvm::CallInst& call) const override {
    const std::string text = text_of(call);
    llvm::IRBuilder<> before(&call);
    llvm::Value* truths = call.getArgOperand(0);
    llvm::Value* good = truths;
    if (auto* vector = llvm::dyn_cast<llvm::FixedVectorType>(truths->getType())) {
      good = before.getTrue();
      for (unsigned k = 0; k < vector->getNumElements(); ++k)
        good = before.CreateAnd(good, before.CreateExtractElement(truths, k));
    }
    const llvm::DILocation* at = call.getDebugLoc().get();
    std::string file = at == nullptr ? "" : at->getFilename().str();
    if (at != nullptr && !at->getDirectory().empty() && !file.starts_with('/'))
      file = at->getDirectory().str() + "/" + file;
    const std::string kernel = call.getFunction()->getName().str();

    llvm::Instruction* then = llvm::SplitBlockAndInsertIfThen(before.CreateNot(good), &call, false);
    llvm::IRBuilder<> b(then);
    llvm::Module& module = *call.getModule();
    // void __assertfail(const char* message, const char* file, unsigned line, const char* function,
    //                   size_t character_size), as CUDA's own assert calls it.
    auto fail =
        module.getOrInsertFunction("__assertfail", b.getVoidTy(), b.getPtrTy(), b.getPtrTy(),
                                   b.getInt32Ty(), b.getPtrTy(), b.getInt64Ty());
    b.CreateCall(fail, {text_pointer(b, text), text_pointer(b, file),
                        b.getInt32(at == nullptr ? 0 : at->getLine()), text_pointer(b, kernel),
                        b.getInt64(1)});
  }

  void encode(SimWriter& writer, const llvm::CallInst& call) const override {
    format::ImageInstruction& out =
        writer.append_effect(format::Opcode::assert_true, {call.getArgOperand(0)});
    out.immediate = writer.text(text_of(call));
  }
};

}  // namespace

Markers author_markers() {
  Markers markers;
  markers.push_back(std::make_unique<Print>());
  markers.push_back(std::make_unique<Assert>());
  return markers;
}

}  // namespace tegula::compiler
