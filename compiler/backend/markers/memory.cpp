// Predicated accesses:
//   tegula.load_if.SPACE.TYPE(pointer, i1 predicate, TYPE other) -> TYPE
//   tegula.store_if.SPACE.TYPE(pointer, TYPE value, i1 predicate)
// SPACE is global or shared, TYPE one of i8, i16, i32, v2i32, v4i32. One access, made by the lanes
// whose predicate is true.
#include "compiler/backend/image/writer.h"
#include "compiler/backend/markers/assembly.h"
#include "compiler/backend/markers/marker.h"
#include "llvm/IR/Instructions.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/ModRef.h"

namespace tegula::compiler {
namespace {

struct PredicatedAccess {
  bool is_load = true;
  bool is_shared = false;
  int words = 1;       ///< i32 elements, or 1 for a narrower type
  int word_bits = 32;  ///< 8, 16 or 32
};

std::string name_of(const PredicatedAccess& access) {
  std::string text = access.is_load ? "tegula.load_if." : "tegula.store_if.";
  text += access.is_shared ? "shared." : "global.";
  if (access.words > 1) return text + "v" + std::to_string(access.words) + "i32";
  return text + "i" + std::to_string(access.word_bits);
}

/// The PTX type of one word: memory instructions take untyped bits.
const char* ptx_type(const PredicatedAccess& access) {
  return access.word_bits == 8 ? "b8" : access.word_bits == 16 ? "b16" : "b32";
}

/// The constraint letter of the register that holds a word; PTX has no 8-bit registers.
char constraint(const PredicatedAccess& access) { return access.word_bits == 32 ? 'r' : 'h'; }

/// "{$0, $1}" for operands first, first + 1, ...; "$0" for one.
std::string operand_list(int first, int count) {
  std::string text = "$" + std::to_string(first);
  if (count == 1) return text;
  for (int k = 1; k < count; ++k) text += ", $" + std::to_string(first + k);
  return "{" + text + "}";
}

/// `@p ld...`, with results that start as `other`. Operands: results, then pointer, predicate, and
/// the others, which are tied to the results.
void replace_load(llvm::CallInst& call, const PredicatedAccess& access) {
  llvm::IRBuilder<> b(&call);
  llvm::Value *pointer = call.getArgOperand(0), *predicate = call.getArgOperand(1),
              *other = call.getArgOperand(2);
  const std::string vector = access.words == 1 ? "" : "v" + std::to_string(access.words) + ".";
  const std::string text = llvm::formatv(
      "@${0} ld.{1}.{2}{3} {4}, [${5}];", access.words + 1, access.is_shared ? "shared" : "global",
      vector, ptx_type(access), operand_list(0, access.words), access.words);

  llvm::Type* word = access.word_bits == 8 ? b.getInt16Ty() : b.getIntNTy(access.word_bits);
  std::string constraints;
  llvm::SmallVector<llvm::Type*> results;
  llvm::SmallVector<llvm::Value*> values = {pointer, predicate};
  for (int k = 0; k < access.words; ++k) {
    constraints += std::string("=") + constraint(access) + ",";
    results.push_back(word);
  }
  constraints += access.is_shared ? "r,b" : "l,b";
  for (int k = 0; k < access.words; ++k) {
    constraints += "," + std::to_string(k);
    llvm::Value* v = access.words == 1 ? other : b.CreateExtractElement(other, k);
    values.push_back(access.word_bits == 8 ? b.CreateZExt(v, word) : v);
  }

  llvm::Type* result = access.words == 1
                           ? word
                           : llvm::cast<llvm::Type>(llvm::StructType::get(b.getContext(), results));
  llvm::CallInst* loaded = emit_assembly(b, result, text, constraints, values);
  llvm::Value* value = loaded;
  if (access.words > 1) {
    value = llvm::PoisonValue::get(call.getType());
    for (int k = 0; k < access.words; ++k)
      value = b.CreateInsertElement(value, b.CreateExtractValue(loaded, k), k);
  } else if (access.word_bits == 8) {
    value = b.CreateTrunc(value, b.getInt8Ty());
  }
  call.replaceAllUsesWith(value);
}

/// `@p st...`. Operands: pointer, predicate, words.
void replace_store(llvm::CallInst& call, const PredicatedAccess& access) {
  llvm::IRBuilder<> b(&call);
  llvm::Value *pointer = call.getArgOperand(0), *stored = call.getArgOperand(1),
              *predicate = call.getArgOperand(2);
  const std::string vector = access.words == 1 ? "" : "v" + std::to_string(access.words) + ".";
  const std::string text =
      llvm::formatv("@$1 st.{0}.{1}{2} [$0], {3};", access.is_shared ? "shared" : "global", vector,
                    ptx_type(access), operand_list(2, access.words));
  std::string constraints = access.is_shared ? "r,b" : "l,b";
  llvm::SmallVector<llvm::Value*> values = {pointer, predicate};
  for (int k = 0; k < access.words; ++k) {
    constraints += std::string(",") + constraint(access);
    llvm::Value* v = access.words == 1 ? stored : b.CreateExtractElement(stored, k);
    values.push_back(access.word_bits == 8 ? b.CreateZExt(v, b.getInt16Ty()) : v);
  }
  emit_assembly(b, b.getVoidTy(), text, constraints, values);
}

class MemoryMarker : public Marker {
 public:
  explicit MemoryMarker(const PredicatedAccess& access)
      : Marker(name_of(access)), access_(access) {}

  void annotate(llvm::Function& function) const override {
    function.setDoesNotThrow();
    function.setWillReturn();
    function.setNoSync();
    function.setMemoryEffects(llvm::MemoryEffects::argMemOnly(
        access_.is_load ? llvm::ModRefInfo::Ref : llvm::ModRefInfo::Mod));
  }

  void replace(llvm::CallInst& call) const override {
    access_.is_load ? replace_load(call, access_) : replace_store(call, access_);
  }

  void encode(SimWriter& writer, const llvm::CallInst& call) const override {
    const llvm::Value *a = call.getArgOperand(0), *b = call.getArgOperand(1),
                      *c = call.getArgOperand(2);
    format::ImageInstruction& out = access_.is_load
                                        ? writer.append_value(call, format::Opcode::load, {a, b, c})
                                        : writer.append_effect(format::Opcode::store, {a, b, c});
    out.modifier = static_cast<std::uint8_t>(access_.is_shared ? format::Space::shared
                                                               : format::Space::global);
    out.immediate = access_.words * access_.word_bits / 8;
  }

 private:
  PredicatedAccess access_;
};

}  // namespace

Markers memory_markers() {
  Markers markers;
  for (bool is_load : {true, false})
    for (bool is_shared : {false, true})
      for (auto [words, bits] : {std::pair{1, 8}, {1, 16}, {1, 32}, {2, 32}, {4, 32}})
        markers.push_back(
            std::make_unique<MemoryMarker>(PredicatedAccess{is_load, is_shared, words, bits}));
  return markers;
}

}  // namespace tegula::compiler
