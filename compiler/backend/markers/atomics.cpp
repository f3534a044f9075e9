// Atomics on global memory:
//   tegula.atomic.KIND.TYPE.ORDER.SCOPE(pointer, TYPE value, i1 predicate) -> TYPE
//   tegula.atomic.compare_exchange.TYPE.ORDER.SCOPE(pointer, TYPE expected, TYPE value,
//                                                   i1 predicate) -> TYPE
// The result is the value before, 0 where the predicate is false. LLVM's own atomicrmw would lose
// its order in the NVPTX backend, and has no predicate.
#include <array>

#include "compiler/backend/image/writer.h"
#include "compiler/backend/markers/assembly.h"
#include "compiler/backend/markers/marker.h"
#include "llvm/IR/Instructions.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/ModRef.h"

namespace tegula::compiler {
namespace {

using format::Opcode;
using format::Order;
using format::Scalar;
using format::Scope;

enum class Kind {
  add,
  fadd,
  min,
  max,
  umin,
  umax,
  bit_and,
  bit_or,
  bit_xor,
  exchange,
  compare_exchange,
};

struct Atomic {
  Kind kind = Kind::add;
  /// i32 or i64; for fadd f16, bf16, f32 or f64.
  Scalar type = Scalar::i32;
  Order order = Order::relaxed;
  Scope scope = Scope::gpu;
};

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

bool takes(Kind kind, Scalar type) {
  const bool floating =
      type == Scalar::f16 || type == Scalar::bf16 || type == Scalar::f32 || type == Scalar::f64;
  return kind == Kind::fadd ? floating : type == Scalar::i32 || type == Scalar::i64;
}

std::size_t index(auto value) { return static_cast<std::size_t>(value); }

int bits(const Atomic& atomic) { return 8 * format::scalar_bytes(atomic.type); }

/// "add.u32", "add.noftz.f16", "min.s64", "and.b32", ...
std::string ptx_operation(const Atomic& atomic) {
  const auto with = [&](const char* operation, char type) {
    return llvm::formatv("{0}.{1}{2}", operation, type, bits(atomic)).str();
  };
  switch (atomic.kind) {
    case Kind::add:
      return with("add", 'u');
    case Kind::fadd:
      // In PTX, keeping subnormals of 16 bits has to be stated.
      if (atomic.type == Scalar::bf16) return "add.noftz.bf16";
      return with(atomic.type == Scalar::f16 ? "add.noftz" : "add", 'f');
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

char constraint(const Atomic& atomic) {
  switch (atomic.type) {
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
bool may_be_reduction(const Atomic& atomic) {
  return atomic.kind != Kind::exchange && atomic.kind != Kind::compare_exchange &&
         (atomic.order == Order::relaxed || atomic.order == Order::release);
}

Opcode opcode_of(Kind kind) {
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

std::string name_of(const Atomic& atomic) {
  return llvm::formatv("tegula.atomic.{0}.{1}.{2}.{3}", kind_names[index(atomic.kind)],
                       format::scalar_name(atomic.type), order_names[index(atomic.order)],
                       scope_names[index(atomic.scope)]);
}

class AtomicMarker : public Marker {
 public:
  explicit AtomicMarker(const Atomic& atomic) : Marker(name_of(atomic)), atomic_(atomic) {}

  /// A relaxed atomic touches only what its pointer points to; any other orders all of memory.
  void annotate(llvm::Function& function) const override {
    function.setDoesNotThrow();
    function.setWillReturn();
    if (atomic_.order != Order::relaxed) return;
    function.setNoSync();
    function.setMemoryEffects(llvm::MemoryEffects::argMemOnly(llvm::ModRefInfo::ModRef));
  }

  /// `red` if nobody uses the value before.
  void replace(llvm::CallInst& call) const override {
    const Atomic& atomic = atomic_;
    llvm::IRBuilder<> b(&call);
    const bool reduces = call.use_empty() && may_be_reduction(atomic);
    const bool half = bits(atomic) == 16;
    llvm::Type* word = half ? b.getInt16Ty() : call.getType();
    const auto as_word = [&](llvm::Value* v) { return half ? b.CreateBitCast(v, word) : v; };

    // Operands: the result where there is one, pointer, predicate, values, what the result starts
    // as.
    const unsigned values = call.arg_size() - 2;
    llvm::SmallVector<llvm::Value*> inputs = {call.getArgOperand(0),
                                              call.getArgOperand(values + 1)};
    for (unsigned k = 1; k <= values; ++k) inputs.push_back(as_word(call.getArgOperand(k)));
    unsigned next = reduces ? 0 : 1;
    std::string text =
        llvm::formatv("@${0} {1}.{2}.{3}.global.{4} {5}[${6}]", next + 1, reduces ? "red" : "atom",
                      order_names[index(atomic.order)], scope_names[index(atomic.scope)],
                      ptx_operation(atomic), reduces ? "" : "$0, ", next);
    std::string constraints = reduces ? "l,b" : std::string("=") + constraint(atomic) + ",l,b";
    next += 2;
    for (unsigned k = 0; k < values; ++k) {
      text += ", $" + std::to_string(next++);
      constraints += std::string(",") + constraint(atomic);
    }
    if (!reduces) {
      inputs.push_back(llvm::Constant::getNullValue(word));
      constraints += ",0";
    }
    llvm::Value* before =
        emit_assembly(b, reduces ? b.getVoidTy() : word, text + ";", constraints, inputs);
    if (reduces) return;
    call.replaceAllUsesWith(half ? b.CreateBitCast(before, call.getType()) : before);
  }

  void encode(SimWriter& writer, const llvm::CallInst& call) const override {
    const auto argument = [&](unsigned k) { return writer.registers().one(call.getArgOperand(k)); };
    const format::Operands inputs =
        atomic_.kind == Kind::compare_exchange
            ? format::Operands{argument(0), argument(2), argument(1), argument(3)}
            : format::Operands{argument(0), argument(1), argument(2)};
    const std::uint32_t result =
        call.use_empty() ? format::no_register : writer.registers().one(&call);
    format::ImageInstruction& out = writer.append(opcode_of(atomic_.kind));
    out.operands = inputs;
    out.result = result;
    out.modifier =
        format::AtomicModifier{format::Space::global, atomic_.order, atomic_.scope}.pack();
  }

 private:
  Atomic atomic_;
};

}  // namespace

Markers atomics_markers() {
  Markers markers;
  for (std::size_t kind = 0; kind < kind_names.size(); ++kind)
    for (int type = 0; type < format::scalar_count; ++type)
      for (std::size_t order = 0; order < order_names.size(); ++order)
        for (std::size_t scope = 0; scope < scope_names.size(); ++scope)
          if (takes(static_cast<Kind>(kind), static_cast<Scalar>(type)))
            markers.push_back(std::make_unique<AtomicMarker>(
                Atomic{static_cast<Kind>(kind), static_cast<Scalar>(type),
                       static_cast<Order>(order), static_cast<Scope>(scope)}));
  return markers;
}

}  // namespace tegula::compiler
