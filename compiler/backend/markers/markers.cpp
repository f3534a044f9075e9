#include "compiler/backend/markers/markers.h"

#include "compiler/backend/markers/async_markers.h"
#include "compiler/backend/markers/atomic_markers.h"
#include "compiler/backend/markers/author_markers.h"
#include "compiler/backend/markers/cluster_marker.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/InlineAsm.h"
#include "llvm/IR/Instructions.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/ModRef.h"

namespace tegula::compiler {
namespace {

/// The PTX type of one word: memory instructions take untyped bits.
const char* ptx_type(const MemoryMarker& marker) {
  return marker.word_bits == 8 ? "b8" : marker.word_bits == 16 ? "b16" : "b32";
}

/// The constraint letter of the register that holds a word; PTX has no 8-bit registers.
char constraint(const MemoryMarker& marker) { return marker.word_bits == 32 ? 'r' : 'h'; }

/// "{$0, $1}" for operands first, first + 1, ...; "$0" for one.
std::string operand_list(int first, int count) {
  std::string text = "$" + std::to_string(first);
  if (count == 1) return text;
  for (int k = 1; k < count; ++k) text += ", $" + std::to_string(first + k);
  return "{" + text + "}";
}

/// `@p ld...`, with results that start as `other`. Operands: results, then pointer, predicate, and
/// the others, which are tied to the results.
void replace_load(llvm::CallInst& call, const MemoryMarker& marker) {
  llvm::IRBuilder<> b(&call);
  llvm::Value *pointer = call.getArgOperand(0), *predicate = call.getArgOperand(1),
              *other = call.getArgOperand(2);
  const std::string vector = marker.words == 1 ? "" : "v" + std::to_string(marker.words) + ".";
  const std::string text = llvm::formatv(
      "@${0} ld.{1}.{2}{3} {4}, [${5}];", marker.words + 1, marker.is_shared ? "shared" : "global",
      vector, ptx_type(marker), operand_list(0, marker.words), marker.words);

  llvm::Type* word = marker.word_bits == 8 ? b.getInt16Ty() : b.getIntNTy(marker.word_bits);
  std::string constraints;
  llvm::SmallVector<llvm::Type*> types, results;
  llvm::SmallVector<llvm::Value*> values = {pointer, predicate};
  for (int k = 0; k < marker.words; ++k) {
    constraints += std::string("=") + constraint(marker) + ",";
    results.push_back(word);
  }
  constraints += marker.is_shared ? "r,b" : "l,b";
  for (int k = 0; k < marker.words; ++k) {
    constraints += "," + std::to_string(k);
    llvm::Value* v = marker.words == 1 ? other : b.CreateExtractElement(other, k);
    values.push_back(marker.word_bits == 8 ? b.CreateZExt(v, word) : v);
  }
  constraints += ",~{memory}";
  for (llvm::Value* v : values) types.push_back(v->getType());

  llvm::Type* result = marker.words == 1
                           ? word
                           : llvm::cast<llvm::Type>(llvm::StructType::get(b.getContext(), results));
  auto* assembly = llvm::InlineAsm::get(llvm::FunctionType::get(result, types, false), text,
                                        constraints, /*hasSideEffects=*/true);
  llvm::CallInst* loaded = b.CreateCall(assembly, values);
  llvm::Value* value = loaded;
  if (marker.words > 1) {
    value = llvm::PoisonValue::get(call.getType());
    for (int k = 0; k < marker.words; ++k)
      value = b.CreateInsertElement(value, b.CreateExtractValue(loaded, k), k);
  } else if (marker.word_bits == 8) {
    value = b.CreateTrunc(value, b.getInt8Ty());
  }
  call.replaceAllUsesWith(value);
}

/// `@p st...`. Operands: pointer, predicate, words.
void replace_store(llvm::CallInst& call, const MemoryMarker& marker) {
  llvm::IRBuilder<> b(&call);
  llvm::Value *pointer = call.getArgOperand(0), *stored = call.getArgOperand(1),
              *predicate = call.getArgOperand(2);
  const std::string vector = marker.words == 1 ? "" : "v" + std::to_string(marker.words) + ".";
  const std::string text =
      llvm::formatv("@$1 st.{0}.{1}{2} [$0], {3};", marker.is_shared ? "shared" : "global", vector,
                    ptx_type(marker), operand_list(2, marker.words));
  std::string constraints = marker.is_shared ? "r,b" : "l,b";
  llvm::SmallVector<llvm::Type*> types;
  llvm::SmallVector<llvm::Value*> values = {pointer, predicate};
  for (int k = 0; k < marker.words; ++k) {
    constraints += std::string(",") + constraint(marker);
    llvm::Value* v = marker.words == 1 ? stored : b.CreateExtractElement(stored, k);
    values.push_back(marker.word_bits == 8 ? b.CreateZExt(v, b.getInt16Ty()) : v);
  }
  constraints += ",~{memory}";
  for (llvm::Value* v : values) types.push_back(v->getType());
  auto* assembly = llvm::InlineAsm::get(llvm::FunctionType::get(b.getVoidTy(), types, false), text,
                                        constraints, /*hasSideEffects=*/true);
  b.CreateCall(assembly, values);
}

}  // namespace

std::string MemoryMarker::name() const {
  std::string text = is_load ? "tegula.load_if." : "tegula.store_if.";
  text += is_shared ? "shared." : "global.";
  if (words > 1) return text + "v" + std::to_string(words) + "i32";
  return text + "i" + std::to_string(word_bits);
}

const std::vector<MemoryMarker>& memory_markers() {
  static const std::vector<MemoryMarker> markers = [] {
    std::vector<MemoryMarker> all;
    for (bool is_load : {true, false})
      for (bool is_shared : {false, true})
        for (auto [words, bits] : {std::pair{1, 8}, {1, 16}, {1, 32}, {2, 32}, {4, 32}})
          all.push_back({is_load, is_shared, words, bits});
    return all;
  }();
  return markers;
}

const MemoryMarker* find_memory_marker(std::string_view name) {
  for (const MemoryMarker& marker : memory_markers())
    if (marker.name() == name) return &marker;
  return nullptr;
}

namespace {

void annotate(llvm::Function& function, const MemoryMarker& marker) {
  function.setDoesNotThrow();
  function.setWillReturn();
  function.setNoSync();
  function.setMemoryEffects(marker.is_load
                                ? llvm::MemoryEffects::argMemOnly(llvm::ModRefInfo::Ref)
                                : llvm::MemoryEffects::argMemOnly(llvm::ModRefInfo::Mod));
}

std::string_view name_of(const llvm::Function& function) {
  return {function.getName().data(), function.getName().size()};
}

/// Calls replace(call) for each call of a function that then goes.
template <class Replace>
void replace_calls(llvm::Function& function, Replace&& replace) {
  for (llvm::User* user : llvm::make_early_inc_range(function.users())) {
    auto& call = llvm::cast<llvm::CallInst>(*user);
    replace(call);
    call.eraseFromParent();
  }
  function.eraseFromParent();
}

}  // namespace

void annotate_markers(llvm::Module& module) {
  for (llvm::Function& function : module) {
    if (const MemoryMarker* marker = find_memory_marker(name_of(function)))
      annotate(function, *marker);
    else if (const auto atomic = parse_atomic_marker(name_of(function)))
      annotate_atomic_marker(function, *atomic);
    else if (parse_async_marker(name_of(function)))
      annotate_async_marker(function);
    else if (parse_cluster_load_marker(name_of(function)))
      annotate_cluster_load_marker(function);
    else if (is_print_marker(name_of(function)) || is_assert_marker(name_of(function)))
      annotate_author_marker(function);
  }
}

void lower_markers_to_ptx(llvm::Module& module) {
  for (llvm::Function& function : llvm::make_early_inc_range(module)) {
    if (const MemoryMarker* marker = find_memory_marker(name_of(function)))
      replace_calls(function, [&](llvm::CallInst& call) {
        marker->is_load ? replace_load(call, *marker) : replace_store(call, *marker);
      });
    else if (const auto atomic = parse_atomic_marker(name_of(function)))
      replace_calls(function, [&](llvm::CallInst& call) { replace_atomic(call, *atomic); });
    else if (const auto async = parse_async_marker(name_of(function)))
      replace_calls(function, [&](llvm::CallInst& call) { replace_async(call, *async); });
    else if (const auto load = parse_cluster_load_marker(name_of(function)))
      replace_calls(function, [&](llvm::CallInst& call) { replace_cluster_load(call, *load); });
    else if (is_print_marker(name_of(function)))
      replace_calls(function, [](llvm::CallInst& call) { replace_print(call); });
    else if (is_assert_marker(name_of(function)))
      replace_calls(function, [](llvm::CallInst& call) { replace_assert(call); });
  }
}

}  // namespace tegula::compiler
