#include "compiler/backend/markers/atomic_markers.h"

#include <array>
#include <vector>

#include "llvm/ADT/SmallVector.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/InlineAsm.h"
#include "llvm/IR/Instructions.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/ModRef.h"

namespace tegula::compiler {
namespace {

using format::Order;
using format::Scalar;
using format::Scope;
using Kind = AtomicMarker::Kind;

constexpr std::string_view prefix = "tegula.atomic.";
constexpr std::array<std::string_view, 11> kind_names = {"add",
                                                         "fadd",
                                                         "min",
                                                         "max",
                                                         "umin",
                                                         "umax",
                                                         "bit_and",
                                                         "bit_or",
                                                         "bit_xor",
                                                         "exchange",
                                                         "compare_exchange"};
constexpr std::array<std::string_view, 4> order_names = {"relaxed", "acquire", "release",
                                                         "acq_rel"};
constexpr std::array<std::string_view, 4> scope_names = {"cta", "cluster", "gpu", "sys"};

template <class Enum, std::size_t count>
std::optional<Enum> find(const std::array<std::string_view, count>& names, std::string_view name) {
  for (std::size_t k = 0; k < count; ++k)
    if (names[k] == name) return static_cast<Enum>(k);
  return std::nullopt;
}

std::optional<Scalar> find_scalar(std::string_view name) {
  for (int k = 0; k < format::scalar_count; ++k)
    if (format::scalar_name(static_cast<Scalar>(k)) == name) return static_cast<Scalar>(k);
  return std::nullopt;
}

bool suits(Kind kind, Scalar type) {
  const bool floating =
      type == Scalar::f16 || type == Scalar::bf16 || type == Scalar::f32 || type == Scalar::f64;
  return kind == Kind::fadd ? floating : type == Scalar::i32 || type == Scalar::i64;
}

std::size_t index(auto value) { return static_cast<std::size_t>(value); }

int bits(const AtomicMarker& marker) { return 8 * format::scalar_bytes(marker.type); }

/// "add.u32", "add.noftz.f16", "min.s64", "and.b32", ...
std::string ptx_operation(const AtomicMarker& marker) {
  const auto with = [&](const char* operation, char type) {
    return llvm::formatv("{0}.{1}{2}", operation, type, bits(marker)).str();
  };
  switch (marker.kind) {
    case Kind::add:
      return with("add", 'u');
    case Kind::fadd:
      // PTX wants to hear that subnormals of 16 bits are kept.
      if (marker.type == Scalar::bf16) return "add.noftz.bf16";
      return with(marker.type == Scalar::f16 ? "add.noftz" : "add", 'f');
    case Kind::min:
      return with("min", 's');
    case Kind::max:
      return with("max", 's');
    case Kind::umin:
      return with("min", 'u');
    case Kind::umax:
      return with("max", 'u');
    case Kind::bit_and:
      return with("and", 'b');
    case Kind::bit_or:
      return with("or", 'b');
    case Kind::bit_xor:
      return with("xor", 'b');
    case Kind::exchange:
      return with("exch", 'b');
    case Kind::compare_exchange:
      return with("cas", 'b');
  }
  return {};
}

char constraint(const AtomicMarker& marker) {
  switch (marker.type) {
    case Scalar::f32:
      return 'f';
    case Scalar::f64:
      return 'd';
    case Scalar::i64:
      return 'l';
    case Scalar::i32:
      return 'r';
    default:
      return 'h';
  }
}

/// `red` has no acquire, no exchange and no compare-and-swap.
bool may_be_reduction(const AtomicMarker& marker) {
  return marker.kind != Kind::exchange && marker.kind != Kind::compare_exchange &&
         (marker.order == Order::relaxed || marker.order == Order::release);
}

}  // namespace

std::string AtomicMarker::name() const {
  return llvm::formatv("{0}{1}.{2}.{3}.{4}", prefix, kind_names[index(kind)],
                       format::scalar_name(type), order_names[index(order)],
                       scope_names[index(scope)]);
}

std::optional<AtomicMarker> parse_atomic_marker(std::string_view name) {
  if (!name.starts_with(prefix)) return std::nullopt;
  llvm::SmallVector<llvm::StringRef> parts;
  llvm::StringRef(name.data(), name.size()).drop_front(prefix.size()).split(parts, '.');
  if (parts.size() != 4) return std::nullopt;
  const auto kind = find<Kind>(kind_names, parts[0]);
  const auto type = find_scalar(parts[1]);
  const auto order = find<Order>(order_names, parts[2]);
  const auto scope = find<Scope>(scope_names, parts[3]);
  if (!kind || !type || !order || !scope || !suits(*kind, *type)) return std::nullopt;
  return AtomicMarker{*kind, *type, *order, *scope};
}

void annotate_atomic_marker(llvm::Function& function, const AtomicMarker& marker) {
  function.setDoesNotThrow();
  function.setWillReturn();
  if (marker.order != Order::relaxed) return;
  function.setNoSync();
  function.setMemoryEffects(llvm::MemoryEffects::argMemOnly(llvm::ModRefInfo::ModRef));
}

void replace_atomic(llvm::CallInst& call, const AtomicMarker& marker) {
  llvm::IRBuilder<> b(&call);
  const bool reduces = call.use_empty() && may_be_reduction(marker);
  const bool half = bits(marker) == 16;
  llvm::Type* word = half ? b.getInt16Ty() : call.getType();
  const auto as_word = [&](llvm::Value* v) { return half ? b.CreateBitCast(v, word) : v; };

  // Operands: the result where there is one, pointer, predicate, values, what the result starts as.
  const unsigned values = call.arg_size() - 2;
  llvm::SmallVector<llvm::Value*> inputs = {call.getArgOperand(0), call.getArgOperand(values + 1)};
  for (unsigned k = 1; k <= values; ++k) inputs.push_back(as_word(call.getArgOperand(k)));
  unsigned next = reduces ? 0 : 1;
  std::string text =
      llvm::formatv("@${0} {1}.{2}.{3}.global.{4} {5}[${6}]", next + 1, reduces ? "red" : "atom",
                    order_names[index(marker.order)], scope_names[index(marker.scope)],
                    ptx_operation(marker), reduces ? "" : "$0, ", next);
  std::string constraints = reduces ? "l,b" : std::string("=") + constraint(marker) + ",l,b";
  next += 2;
  for (unsigned k = 0; k < values; ++k) {
    text += ", $" + std::to_string(next++);
    constraints += std::string(",") + constraint(marker);
  }
  if (!reduces) {
    inputs.push_back(llvm::Constant::getNullValue(word));
    constraints += ",0";
  }
  constraints += ",~{memory}";
  llvm::SmallVector<llvm::Type*> types;
  for (llvm::Value* v : inputs) types.push_back(v->getType());
  auto* assembly =
      llvm::InlineAsm::get(llvm::FunctionType::get(reduces ? b.getVoidTy() : word, types, false),
                           text + ";", constraints, /*hasSideEffects=*/true);
  llvm::Value* before = b.CreateCall(assembly, inputs);
  if (reduces) return;
  call.replaceAllUsesWith(half ? b.CreateBitCast(before, call.getType()) : before);
}

}  // namespace tegula::compiler
