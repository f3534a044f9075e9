// Every instruction, intrinsic and constant that LLVM's passes can make of a kernel, on scalars and
// vectors of every width: written out as LLVM, encoded, run on the simulator, and compared with
// what LLVM's constant folder gives for the same operands.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdlib>
#include <map>
#include <random>
#include <set>

#include "compiler/backend/encoder/encoder.h"
#include "compiler/backend/llvm/llvm_module.h"
#include "compiler/backend/ptx/ptx.h"
#include "llvm/Analysis/ConstantFolding.h"
#include "llvm/Analysis/TargetLibraryInfo.h"
#include "llvm/AsmParser/Parser.h"
#include "llvm/IR/Constants.h"
#include "llvm/IR/Instructions.h"
#include "llvm/IR/IntrinsicInst.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/Module.h"
#include "llvm/IR/Verifier.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/Target/TargetMachine.h"
#include "runtime/format/architecture.h"
#include "tegula/error.h"
#include "tests/runtime/sim/run_image.h"

namespace tegula::compiler {
namespace {

constexpr unsigned lanes = 32;

/// A scalar type, or a vector of it where `count` is not 0.
struct Type {
  std::string scalar;
  unsigned count = 0;

  std::string text() const { return count == 0 ? scalar : fmt::format("<{} x {}>", count, scalar); }
  /// As intrinsics are overloaded on it: "v4i32", "f32".
  std::string mangled() const {
    static const std::map<std::string, std::string> floats = {
        {"half", "f16"}, {"bfloat", "bf16"}, {"float", "f32"}, {"double", "f64"}};
    const auto it = floats.find(scalar);
    const std::string name = it == floats.end() ? scalar : it->second;
    return count == 0 ? name : fmt::format("v{}{}", count, name);
  }
  unsigned elements() const { return std::max(count, 1u); }
  bool is_float() const { return scalar[0] != 'i'; }
  unsigned bits() const {
    if (scalar == "half" || scalar == "bfloat") return 16;
    if (scalar == "float") return 32;
    if (scalar == "double") return 64;
    return static_cast<unsigned>(std::stoul(scalar.substr(1)));
  }
  Type with(std::string other) const { return {std::move(other), count}; }
  /// A constant, the same for each element.
  std::string splat(std::int64_t value) const {
    const std::string one = bits() == 1 ? (value & 1 ? "true" : "false") : std::to_string(value);
    return count == 0 ? one : fmt::format("splat ({} {})", scalar, one);
  }
};

/// Lines of LLVM that compute %r, of `result`, from %a, %b and %c.
struct Case {
  std::string body;
  std::vector<Type> operands;
  Type result;
  std::string declarations = {};
  std::string reference = {};  ///< the same, said in a way that LLVM folds; empty: as `body`
};

/// Values at which something happens, and others.
std::uint64_t interesting(const Type& type, std::mt19937_64& random) {
  const unsigned bits = type.bits();
  const std::uint64_t mask = bits == 64 ? ~0ull : (1ull << bits) - 1;
  if (type.is_float()) {
    const unsigned fraction = type.scalar == "half"     ? 10
                              : type.scalar == "bfloat" ? 7
                              : bits == 32              ? 23
                                                        : 52;
    const std::uint64_t sign = 1ull << (bits - 1),
                        infinity = (sign - 1) & ~((1ull << fraction) - 1);
    const std::uint64_t one = (infinity >> 1) & infinity;
    const std::uint64_t list[] = {0,
                                  1,
                                  one,
                                  one | (1ull << (fraction - 1)),
                                  infinity,
                                  infinity | (1ull << (fraction - 1)),
                                  infinity - 1,
                                  one + (5ull << fraction) + 123 % (1ull << fraction),
                                  one + (31ull << fraction),
                                  one + (62ull << fraction),
                                  one - (1ull << fraction)};
    std::uint64_t value = random() % 4 == 0 ? random() & mask : list[random() % std::size(list)];
    if (value >= infinity && type.scalar == "half" && value < sign) value = infinity;
    // Signalling or not decides nothing that is promised.
    if ((value & (sign - 1)) > infinity) value |= 1ull << (fraction - 1);
    return (value ^ (random() % 2 ? sign : 0)) & mask;
  }
  const std::uint64_t list[] = {0,   1,      2,       ~0ull, ~1ull, mask >> 1, (mask >> 1) + 1,
                                100, 0x8001, mask / 3};
  return (random() % 3 == 0 ? random() >> random() % 64 : list[random() % std::size(list)]) & mask;
}

class Encoder : public ::testing::Test {
 protected:
  Encoder() : machine_(make_target_machine(*format::find_architecture("sm_90a"))) {}

  std::unique_ptr<llvm::Module> parse(const std::string& text) {
    llvm::SMDiagnostic problem;
    auto module = llvm::parseAssemblyString(text, problem, context_);
    if (module == nullptr) {
      ADD_FAILURE() << problem.getMessage().str() << " in line " << problem.getLineNo() << "\n"
                    << text;
      return nullptr;
    }
    module->setTargetTriple(machine_->getTargetTriple());
    module->setDataLayout(machine_->createDataLayout());
    return module;
  }

  static std::string function_text(const Case& c) {
    std::string parameters;
    for (std::size_t k = 0; k < c.operands.size(); ++k)
      parameters += fmt::format("{}{} %{}", k == 0 ? "" : ", ", c.operands[k].text(), names[k]);
    return fmt::format("{}\ndefine {} @f({}) {{\nbody:\n{}\n  ret {} %r\n}}\n", c.declarations,
                       c.result.text(), parameters, c.reference.empty() ? c.body : c.reference,
                       c.result.text());
  }

  /// A kernel in which each lane reads its operands, an i64 for each element, and writes %r.
  static std::string kernel_text(const Case& c) {
    std::string text = c.declarations +
                       "\ndeclare i32 @llvm.nvvm.read.ptx.sreg.tid.x()\n"
                       "define ptx_kernel void @k(ptr addrspace(1) %in, ptr addrspace(1) %out) {\n"
                       "  %lane = call i32 @llvm.nvvm.read.ptx.sreg.tid.x()\n"
                       "  %wide_lane = zext i32 %lane to i64\n";
    unsigned inputs = 0;
    for (const Type& type : c.operands) inputs += type.elements();
    unsigned slot = 0;
    for (std::size_t k = 0; k < c.operands.size(); ++k) {
      const Type& type = c.operands[k];
      std::string vector = "poison";
      for (unsigned e = 0; e < type.elements(); ++e, ++slot) {
        const std::string at = fmt::format("{}{}", names[k], e);
        text += fmt::format(
            "  %p_{0} = mul i64 %wide_lane, {1}\n  %q_{0} = add i64 %p_{0}, {2}\n"
            "  %g_{0} = getelementptr i64, ptr addrspace(1) %in, i64 %q_{0}\n"
            "  %l_{0} = load i64, ptr addrspace(1) %g_{0}\n",
            at, inputs, slot);
        std::string bits = fmt::format("%l_{}", at);
        if (type.bits() < 64) {
          text += fmt::format("  %t_{} = trunc i64 {} to i{}\n", at, bits, type.bits());
          bits = fmt::format("%t_{}", at);
        }
        const bool last = type.count == 0;
        text += fmt::format("  %{} = bitcast i{} {} to {}\n", last ? names[k] : "e_" + at,
                            type.bits(), bits, type.scalar);
        if (last) continue;
        const std::string next = e + 1 == type.count ? names[k] : fmt::format("v_{}", at);
        text += fmt::format("  %{} = insertelement {} {}, {} %e_{}, i32 {}\n", next, type.text(),
                            vector, type.scalar, at, e);
        vector = "%" + next;
      }
    }
    text += "  br label %body\nbody:\n" + c.body + "\n  br label %end\nend:\n";
    for (unsigned e = 0; e < c.result.elements(); ++e) {
      std::string value = "%r";
      if (c.result.count != 0) {
        text += fmt::format("  %r_{0} = extractelement {1} %r, i32 {0}\n", e, c.result.text());
        value = fmt::format("%r_{}", e);
      }
      text += fmt::format("  %b_{} = bitcast {} {} to i{}\n", e, c.result.scalar, value,
                          c.result.bits());
      value = fmt::format("%b_{}", e);
      if (c.result.bits() < 64) {
        text += fmt::format("  %z_{} = zext i{} {} to i64\n", e, c.result.bits(), value);
        value = fmt::format("%z_{}", e);
      }
      text += fmt::format(
          "  %op_{0} = mul i64 %wide_lane, {1}\n  %oq_{0} = add i64 %op_{0}, {0}\n"
          "  %og_{0} = getelementptr i64, ptr addrspace(1) %out, i64 %oq_{0}\n"
          "  store i64 {2}, ptr addrspace(1) %og_{0}\n",
          e, c.result.elements(), value);
    }
    return text + "  ret void\n}\n";
  }

  static llvm::Constant* constant(llvm::Type* type, const std::uint64_t*& bits) {
    if (auto* vector = llvm::dyn_cast<llvm::FixedVectorType>(type)) {
      llvm::SmallVector<llvm::Constant*> elements;
      for (unsigned k = 0; k < vector->getNumElements(); ++k)
        elements.push_back(constant(vector->getElementType(), bits));
      return llvm::ConstantVector::get(elements);
    }
    const llvm::APInt value(type->getScalarSizeInBits(), *bits++, false, true);
    if (type->isIntegerTy()) return llvm::ConstantInt::get(type, value);
    return llvm::ConstantFP::get(type, llvm::APFloat(type->getFltSemantics(), value));
  }

  /// What the function gives for constants, by folding one instruction after the other; null if one
  /// does not fold.
  static llvm::Constant* evaluate(llvm::Function& function, const std::uint64_t* bits) {
    const llvm::DataLayout& layout = function.getDataLayout();
    llvm::TargetLibraryInfoImpl library_impl(function.getParent()->getTargetTriple());
    const llvm::TargetLibraryInfo library(library_impl);
    std::map<const llvm::Value*, llvm::Constant*> values;
    for (llvm::Argument& argument : function.args())
      values[&argument] = constant(argument.getType(), bits);
    const auto value_of = [&](llvm::Value* value) {
      auto* known = llvm::dyn_cast<llvm::Constant>(value);
      if (known == nullptr) return values.at(value);
      if (auto* folded = llvm::ConstantFoldConstant(known, layout)) known = folded;
      return known;
    };
    const llvm::BasicBlock *before = nullptr, *block = &function.getEntryBlock();
    while (true) {
      std::map<const llvm::Value*, llvm::Constant*> merged;
      for (const llvm::PHINode& phi : block->phis())
        merged[&phi] = value_of(phi.getIncomingValueForBlock(before));
      for (const auto& [phi, value] : merged) values[phi] = value;
      for (const llvm::Instruction& i : *block) {
        if (llvm::isa<llvm::PHINode>(i)) continue;
        if (auto* end = llvm::dyn_cast<llvm::ReturnInst>(&i))
          return value_of(end->getReturnValue());
        if (auto* branch = llvm::dyn_cast<llvm::BranchInst>(&i)) {
          before = block;
          const bool first =
              branch->isUnconditional() || value_of(branch->getCondition())->isOneValue();
          block = branch->getSuccessor(first ? 0 : 1);
          break;
        }
        if (auto* choice = llvm::dyn_cast<llvm::SwitchInst>(&i)) {
          before = block;
          auto* number = llvm::cast<llvm::ConstantInt>(value_of(choice->getCondition()));
          block = choice->findCaseValue(number)->getCaseSuccessor();
          break;
        }
        llvm::SmallVector<llvm::Constant*> operands;
        for (const llvm::Use& operand : i.operands()) operands.push_back(value_of(operand.get()));
        llvm::Constant* result =
            llvm::isa<llvm::FreezeInst>(i)
                ? operands[0]
                : llvm::ConstantFoldInstOperands(const_cast<llvm::Instruction*>(&i), operands,
                                                 layout, &library);
        if (result == nullptr) return nullptr;
        values[&i] = result;
      }
    }
  }

  /// Adds what one element must be, or nothing where it may be anything.
  static void append_wanted(llvm::Constant* value,
                            std::vector<std::optional<std::uint64_t>>& wanted) {
    const llvm::Type* type = value->getType();
    if (type->isVectorTy()) {
      for (unsigned k = 0; k < llvm::cast<llvm::FixedVectorType>(type)->getNumElements(); ++k)
        append_wanted(value->getAggregateElement(k), wanted);
    } else if (auto* integer = llvm::dyn_cast<llvm::ConstantInt>(value)) {
      wanted.emplace_back(integer->getZExtValue());
    } else if (auto* real = llvm::dyn_cast<llvm::ConstantFP>(value)) {
      wanted.emplace_back(real->getValueAPF().bitcastToAPInt().getZExtValue());
    } else {
      ASSERT_TRUE(llvm::isa<llvm::UndefValue>(value));
      wanted.emplace_back(std::nullopt);
    }
  }

  static bool is_nan(const Type& type, std::uint64_t bits) {
    if (!type.is_float()) return false;
    const llvm::APInt value(type.bits(), bits);
    const auto& semantics = type.scalar == "half"     ? llvm::APFloat::IEEEhalf()
                            : type.scalar == "bfloat" ? llvm::APFloat::BFloat()
                            : type.scalar == "float"  ? llvm::APFloat::IEEEsingle()
                                                      : llvm::APFloat::IEEEdouble();
    return llvm::APFloat(semantics, value).isNaN();
  }

  std::vector<std::uint64_t> run(llvm::Module& module, const std::vector<std::uint64_t>& in,
                                 std::size_t results) {
    program::Program program;
    program.name = "k";
    const format::Image image = encode_image(module, program, "sm_90a", 1);
    std::vector<std::uint64_t> out(results, 0xabababababababab);
    testing::run_image(*device_, image, {testing::in("in", in), testing::out("out", out)});
    return out;
  }

  /// As the passes leave it, and as they leave it after LLVM's own.
  void check(const Case& c) {
    SCOPED_TRACE(c.body);
    auto reference = parse(function_text(c));
    if (reference == nullptr) return;
    unsigned inputs = 0;
    for (const Type& type : c.operands) inputs += type.elements();
    std::mt19937_64 random(1);
    std::vector<std::uint64_t> in;
    std::vector<std::optional<std::uint64_t>> wanted;
    for (unsigned lane = 0; lane < lanes; ++lane) {
      for (const Type& type : c.operands)
        for (unsigned e = 0; e < type.elements(); ++e) in.push_back(interesting(type, random));
      llvm::Constant* value =
          evaluate(*reference->getFunction("f"), in.data() + in.size() - inputs);
      ASSERT_NE(value, nullptr) << "LLVM does not fold it";
      append_wanted(value, wanted);
    }
    ASSERT_GT(
        std::count_if(wanted.begin(), wanted.end(), [](const auto& w) { return w.has_value(); }),
        static_cast<std::ptrdiff_t>(wanted.size() / 4))
        << "hardly anything is defined";
    for (const bool optimised : {false, true}) {
      SCOPED_TRACE(optimised ? "optimised" : "as written");
      auto module = parse(kernel_text(c));
      if (module == nullptr) return;
      if (optimised) {
        optimise(*module, *machine_);
      } else {
        expand(*module);
      }
      ASSERT_FALSE(llvm::verifyModule(*module, &llvm::errs()));
      std::vector<std::uint64_t> got;
      ASSERT_NO_THROW(got = run(*module, in, wanted.size())) << printed(*module);
      for (std::size_t k = 0; k < wanted.size(); ++k) {
        if (!wanted[k] || (is_nan(c.result, *wanted[k]) && is_nan(c.result, got[k]))) continue;
        const std::size_t lane = k / c.result.elements();
        std::string given;
        for (unsigned e = 0; e < inputs; ++e) given += fmt::format(" {:#x}", in[lane * inputs + e]);
        ASSERT_EQ(fmt::format("{:#x}", got[k]), fmt::format("{:#x}", *wanted[k]))
            << "element " << k % c.result.elements() << " of" << given << "\n"
            << printed(*module);
      }
      if (optimised) {
        EXPECT_NE(emit_ptx(*module, *machine_).find(".entry k"), std::string::npos);
      }
      ++checked_;
    }
  }

  static std::string printed(const llvm::Module& module) {
    std::string text;
    llvm::raw_string_ostream stream(text);
    module.print(stream, nullptr);
    return text;
  }

  static constexpr const char* names[] = {"a", "b", "c"};
  llvm::LLVMContext context_;
  std::unique_ptr<llvm::TargetMachine> machine_;
  std::shared_ptr<SimDevice> device_ = make_sim_device("sm_90a");
  int checked_ = 0;
};

constexpr const char* integers[] = {"i1",  "i2",  "i3",  "i7",  "i8",  "i13", "i16",
                                    "i24", "i31", "i32", "i33", "i48", "i63", "i64"};
constexpr unsigned counts[] = {0, 1, 2, 4, 8};
constexpr const char* floats[] = {"half", "bfloat", "float", "double"};

/// Of every width as a scalar and as a vector of some length.
std::vector<Type> integer_types() {
  std::vector<Type> types;
  unsigned turn = 0;
  for (const char* scalar : integers) {
    types.push_back({scalar});
    types.push_back({scalar, counts[1 + turn++ % 4]});
  }
  return types;
}
std::vector<Type> float_types() {
  std::vector<Type> types;
  for (const char* scalar : floats) types.push_back({scalar}), types.push_back({scalar, 4});
  return types;
}

/// A call of an intrinsic on operands of one type, and constants behind them.
Case call(const std::string& name, const Type& type, unsigned operands,
          const std::string& further = {}, const std::string& further_types = {}) {
  std::string arguments, parameters;
  for (unsigned k = 0; k < operands; ++k) {
    arguments += fmt::format("{}{} %{}", k == 0 ? "" : ", ", type.text(), "abc"[k]);
    parameters += (k == 0 ? "" : ", ") + type.text();
  }
  const std::string full = fmt::format("@llvm.{}.{}", name, type.mangled());
  return {fmt::format("  %r = call {} {}({}{})", type.text(), full, arguments, further),
          std::vector<Type>(operands, type), type,
          fmt::format("declare {} {}({}{})", type.text(), full, parameters, further_types)};
}

TEST_F(Encoder, IntegerInstructions) {
  for (const Type& type : integer_types()) {
    const std::string t = type.text();
    for (const char* name :
         {"add", "sub", "mul", "and", "or", "xor", "udiv", "urem", "sdiv", "srem"})
      check({fmt::format("  %r = {} {} %a, %b", name, t), {type, type}, type});
    for (const char* name : {"shl", "lshr", "ashr"})
      check({type.bits() == 1
                 ? fmt::format("  %n = and {0} %b, zeroinitializer\n  %r = {1} {0} %a, %n", t, name)
                 : fmt::format("  %n = urem {0} %b, {2}\n  %r = {1} {0} %a, %n", t, name,
                               type.splat(type.bits())),
             {type, type},
             type});
    check({fmt::format("  %r = freeze {} %a", t), {type}, type});
  }
}

TEST_F(Encoder, Comparisons) {
  for (const Type& type : integer_types())
    for (const char* name : {"eq", "ne", "ult", "ule", "ugt", "uge", "slt", "sle", "sgt", "sge"})
      check({fmt::format("  %r = icmp {} {} %a, %b", name, type.text()),
             {type, type},
             type.with("i1")});
  for (const Type& type : float_types())
    for (const char* name : {"false", "oeq", "ogt", "oge", "olt", "ole", "one", "ord", "ueq", "ugt",
                             "uge", "ult", "ule", "une", "uno", "true"})
      check({fmt::format("  %r = fcmp {} {} %a, %b", name, type.text()),
             {type, type},
             type.with("i1")});
}

TEST_F(Encoder, ConversionsOfIntegers) {
  for (const unsigned count : {0u, 4u})
    for (const char* narrow : integers)
      for (const char* wide : integers) {
        const Type from{narrow, count}, to{wide, count};
        if (from.bits() >= to.bits()) continue;
        check({fmt::format("  %r = zext {} %a to {}", from.text(), to.text()), {from}, to});
        check({fmt::format("  %r = sext {} %a to {}", from.text(), to.text()), {from}, to});
        check({fmt::format("  %r = trunc {} %a to {}", to.text(), from.text()), {to}, from});
      }
}

TEST_F(Encoder, ConversionsOfFloats) {
  for (const Type& real : float_types()) {
    for (const char* scalar : integers) {
      const Type integer = real.with(scalar);
      for (const char* name : {"sitofp", "uitofp"})
        check({fmt::format("  %r = {} {} %a to {}", name, integer.text(), real.text()),
               {integer},
               real});
      for (const char* name : {"fptosi", "fptoui"}) {
        const std::string full =
            fmt::format("@llvm.{}.sat.{}.{}", name, integer.mangled(), real.mangled());
        check({fmt::format("  %r = call {} {}({} %a)", integer.text(), full, real.text()),
               {real},
               integer,
               fmt::format("declare {} {}({})", integer.text(), full, real.text())});
        // Defined where it is in range.
        if (integer.bits() > 8)
          check({fmt::format("  %i = zext {1} %b to {0}\n  %f = uitofp {0} %i to {2}\n"
                             "  %r = {3} {2} %f to {0}",
                             integer.text(), real.with("i7").text(), real.text(), name),
                 {real, real.with("i7")},
                 integer});
      }
    }
    for (const char* scalar : floats) {
      const Type other = real.with(scalar);
      if (other.bits() == real.bits()) continue;
      const char* name = other.bits() < real.bits() ? "fptrunc" : "fpext";
      check({fmt::format("  %r = {} {} %a to {}", name, real.text(), other.text()), {real}, other});
    }
  }
}

TEST_F(Encoder, Bitcasts) {
  const std::pair<Type, Type> pairs[] = {
      {{"i32"}, {"float"}},        {{"i64"}, {"double"}},    {{"i16", 4}, {"half", 4}},
      {{"i16", 4}, {"bfloat", 4}}, {{"i64"}, {"float", 2}},  {{"i32", 2}, {"i8", 8}},
      {{"i1", 8}, {"i8"}},         {{"i1", 8}, {"i4", 2}},   {{"i1", 4}, {"i4"}},
      {{"i1", 2}, {"i2"}},         {{"i1", 3}, {"i3"}},      {{"i1", 16}, {"i8", 2}},
      {{"i1", 16}, {"half"}},      {{"i1", 32}, {"float"}},  {{"i1", 32}, {"i32", 1}},
      {{"i1", 64}, {"i64"}},       {{"i1", 64}, {"double"}}, {{"i1", 24}, {"i8", 3}},
      {{"i1", 24}, {"i24"}},       {{"i8", 3}, {"i24"}},     {{"i16", 3}, {"i48"}},
      {{"i24", 2}, {"i48"}},       {{"i4", 8}, {"i32"}},     {{"i1", 1}, {"i1"}},
      {{"i3", 1}, {"i3"}},         {{"i32", 1}, {"i32"}},
  };
  for (const auto& [one, other] : pairs)
    for (const auto& [from, to] : {std::pair(one, other), std::pair(other, one)}) {
      check({fmt::format("  %r = bitcast {} %a to {}", from.text(), to.text()), {from}, to});
      if (to.count == 0) continue;
      check({fmt::format("  %v = bitcast {} %a to {}\n  %r = extractelement {} %v, i32 {}",
                         from.text(), to.text(), to.text(), to.count / 2),
             {from},
             {to.scalar}});
    }
}

TEST_F(Encoder, IntegerIntrinsics) {
  for (const Type& type : integer_types()) {
    for (const char* name :
         {"umin", "umax", "smin", "smax", "uadd.sat", "usub.sat", "sadd.sat", "ssub.sat"})
      check(call(name, type, 2));
    for (const char* name : {"ctpop", "bitreverse"}) check(call(name, type, 1));
    if (type.bits() % 16 == 0) check(call("bswap", type, 1));
    for (const char* name : {"abs", "ctlz", "cttz"})
      for (const char* poison : {"false", "true"})
        if (type.bits() > 1 || poison[0] == 'f')
          check(call(name, type, 1, fmt::format(", i1 {}", poison), ", i1"));
    for (const char* name : {"fshl", "fshr"}) check(call(name, type, 3));
    for (const char* name : {"ushl.sat", "sshl.sat"}) {
      Case c = call(name, type, 2);
      const auto at = c.body.rfind("%b");
      c.body.replace(at, 2, "%n");
      c.body =
          type.bits() == 1
              ? fmt::format("  %n = and {} %b, zeroinitializer\n", type.text()) + c.body
              : fmt::format("  %n = urem {} %b, {}\n", type.text(), type.splat(type.bits() - 1)) +
                    c.body;
      // In twice the width, cut off at the limits.
      const bool is_signed = name[0] == 's';
      const Type twice = type.with(fmt::format("i{}", 2 * type.bits()));
      const std::int64_t top = is_signed ? (std::int64_t{1} << (type.bits() - 1)) - 1 : -1;
      c.reference = fmt::format(
          "{0}  %x = {1}ext {2} %a to {3}\n  %y = zext {2} %n to {3}\n  %z = shl {3} %x, %y\n"
          "  %t = {1}ext {2} {4} to {3}\n  %l = {1}ext {2} {5} to {3}\n"
          "  %c1 = icmp {6}gt {3} %z, %t\n  %d = select {7} %c1, {3} %t, {3} %z\n"
          "  %c2 = icmp {6}lt {3} %d, %l\n  %e = select {7} %c2, {3} %l, {3} %d\n"
          "  %r = trunc {3} %e to {2}",
          c.body.substr(0, c.body.find('\n') + 1), is_signed ? "s" : "z", type.text(), twice.text(),
          type.splat(top), type.splat(is_signed ? -top - 1 : 0), is_signed ? "s" : "u",
          type.with("i1").text());
      check(c);
    }
    if (type.bits() <= 32 || type.bits() == 64)
      for (const char* name : {"uadd", "usub", "umul", "sadd", "ssub", "smul"}) {
        const std::string pair = fmt::format("{{{}, {}}}", type.text(), type.with("i1").text());
        const std::string full = fmt::format("@llvm.{}.with.overflow.{}", name, type.mangled());
        const std::string declaration =
            fmt::format("declare {} {}({}, {})", pair, full, type.text(), type.text());
        const std::string body =
            fmt::format("  %p = call {0} {1}({2} %a, {2} %b)\n  %r = extractvalue {0} %p, ", pair,
                        full, type.text());
        const std::string operation(name + 1);
        check({body + "0",
               {type, type},
               type,
               declaration,
               fmt::format("  %r = {} {} %a, %b", operation, type.text())});
        check({body + "1",
               {type, type},
               type.with("i1"),
               declaration,
               fmt::format("  %s = {1} {2} %a, %b\n  %x = {0}ext {2} %a to {3}\n"
                           "  %y = {0}ext {2} %b to {3}\n  %z = {1} {3} %x, %y\n"
                           "  %t = {0}ext {2} %s to {3}\n  %r = icmp ne {3} %t, %z",
                           name[0] == 'u' ? "z" : "s", operation, type.text(),
                           type.with("i130").text())});
      }
    for (const char* name : {"scmp", "ucmp"})
      for (const char* to : {"i2", "i8", "i32"}) {
        const Type result = type.with(to);
        const std::string full =
            fmt::format("@llvm.{}.{}.{}", name, result.mangled(), type.mangled());
        check({fmt::format("  %r = call {0} {1}({2} %a, {2} %b)", result.text(), full, type.text()),
               {type, type},
               result,
               fmt::format("declare {0} {1}({2}, {2})", result.text(), full, type.text())});
      }
  }
}

TEST_F(Encoder, FloatInstructionsAndIntrinsics) {
  for (const Type& type : float_types()) {
    const std::string t = type.text();
    for (const char* name : {"fadd", "fsub", "fmul", "fdiv", "frem"})
      check({fmt::format("  %r = {} {} %a, %b", name, t), {type, type}, type});
    check({fmt::format("  %r = fneg {} %a", t), {type}, type});
    for (const char* name :
         {"minnum", "maxnum", "minimum", "maximum", "minimumnum", "maximumnum", "copysign"})
      check(call(name, type, 2));
    check(call("fma", type, 3));
    Case magnitude = call("fabs", type, 1);
    const std::string bits = type.with(fmt::format("i{}", type.bits())).text();
    magnitude.reference = fmt::format(
        "  %i = bitcast {0} %a to {1}\n  %s = shl {1} %i, {2}\n  %m = lshr {1} %s, {2}\n"
        "  %r = bitcast {1} %m to {0}",
        t, bits, type.with(fmt::format("i{}", type.bits())).splat(1));
    check(magnitude);
    if (type.scalar != "bfloat")
      for (const char* name : {"floor", "ceil", "trunc", "rint", "nearbyint", "roundeven"})
        check(call(name, type, 1));
    if (type.scalar == "float" || type.scalar == "double") {
      Case root = call("sqrt", type, 1);  // LLVM folds none of negative numbers
      root.body.replace(root.body.rfind("%a"), 2, "%x");
      root.body =
          fmt::format("  %x = uitofp {} %a to {}\n", type.with("i48").text(), t) + root.body;
      root.operands = {type.with("i48")};
      check(root);
    }
    for (const int mask : {1, 2, 3, 4, 8, 16, 32, 64, 96, 128, 256, 512, 516, 504, 264, 1023, 0}) {
      const std::string full = "@llvm.is.fpclass." + type.mangled(), to = type.with("i1").text();
      check({fmt::format("  %r = call {} {}({} %a, i32 {})", to, full, t, mask),
             {type},
             type.with("i1"),
             fmt::format("declare {} {}({}, i32)", to, full, t)});
    }
  }
}

TEST_F(Encoder, Selects) {
  std::vector<Type> types = integer_types();
  for (const Type& type : float_types()) types.push_back(type);
  for (const Type& type : types) {
    check({fmt::format("  %r = select i1 %c, {0} %a, {0} %b", type.text()),
           {type, type, {"i1"}},
           type});
    check({fmt::format("  %r = select {1} %c, {0} %a, {0} %b", type.text(), type.with("i1").text()),
           {type, type, type.with("i1")},
           type});
    if (!std::has_single_bit(type.bits()) || type.bits() == 2) continue;
    check({fmt::format("  %p = insertvalue {{{0}, i1}} poison, {0} %a, 0\n"
                       "  %q = insertvalue {{{0}, i1}} poison, {0} %b, 0\n"
                       "  %p1 = insertvalue {{{0}, i1}} %p, i1 %c, 1\n"
                       "  %q1 = insertvalue {{{0}, i1}} %q, i1 true, 1\n"
                       "  %s = select i1 %c, {{{0}, i1}} %p1, {{{0}, i1}} %q1\n"
                       "  %r = extractvalue {{{0}, i1}} %s, 0",
                       type.text()),
           {type, type, {"i1"}},
           type});
  }
}

TEST_F(Encoder, ElementsOfVectors) {
  for (const char* scalar :
       {"i1", "i3", "i8", "i16", "i32", "i64", "half", "bfloat", "float", "double"})
    for (const unsigned count : {2u, 3u, 4u, 8u}) {
      const Type type{scalar, count}, one{scalar}, index{"i32"};
      const std::string t = type.text();
      check(
          {fmt::format(
               "  %r = shufflevector {0} %a, {0} %b, <4 x i32> <i32 {1}, i32 0, i32 poison, i32 1>",
               t, 2 * count - 1),
           {type, type},
           {scalar, 4}});
      check({fmt::format("  %r = shufflevector {0} %a, {0} poison, <1 x i32> <i32 1>", t),
             {type},
             {scalar, 1}});
      check({fmt::format("  %e = extractelement {0} %a, i32 1\n"
                         "  %r = insertelement {0} %b, {1} %e, i32 0",
                         t, scalar),
             {type, type},
             type});
      check({fmt::format("  %n = urem i32 %b, {1}\n  %r = extractelement {0} %a, i32 %n", t, count),
             {type, index},
             one});
      check({fmt::format("  %n = urem i32 %c, {1}\n  %r = insertelement {0} %a, {2} %b, i32 %n", t,
                         count, scalar),
             {type, one, index},
             type});
    }
}

TEST_F(Encoder, Reductions) {
  for (const char* scalar : {"i1", "i3", "i8", "i16", "i32", "i64"})
    for (const unsigned count : {1u, 2u, 3u, 4u, 8u, 13u}) {
      const Type type{scalar, count};
      for (const char* name : {"add", "mul", "and", "or", "xor", "smin", "smax", "umin", "umax"}) {
        const std::string full = fmt::format("@llvm.vector.reduce.{}.{}", name, type.mangled());
        check({fmt::format("  %r = call {} {}({} %a)", scalar, full, type.text()),
               {type},
               {scalar},
               fmt::format("declare {} {}({})", scalar, full, type.text())});
      }
    }
}

/// A vector looked at as one integer, of up to 1024 bits.
TEST_F(Encoder, ComparisonsOfWholeVectors) {
  for (const Type& type :
       {Type{"i1", 4}, Type{"i1", 8}, Type{"i1", 32}, Type{"i1", 64}, Type{"i1", 128},
        Type{"i1", 1024}, Type{"i8", 16}, Type{"i32", 8}, Type{"i64", 4}, Type{"i3", 4}}) {
    const unsigned bits = type.bits() * type.count;
    const std::string t = type.text();
    for (const char* name : {"eq", "ne"}) {
      // Rarely all alike by chance: so of one element, too.
      check(
          {fmt::format("  %v = bitcast {0} %a to i{1}\n  %r = icmp {2} i{1} %v, 0", t, bits, name),
           {type},
           {"i1"}});
      check({fmt::format("  %s = insertelement {0} poison, {3} %b, i32 0\n"
                         "  %w = shufflevector {0} %s, {0} poison, <{4} x i32> zeroinitializer\n"
                         "  %v = bitcast {0} %w to i{1}\n  %r = icmp {2} i{1} %v, {5}",
                         t, bits, name, type.scalar, type.count, -1),
             {type, {type.scalar}},
             {"i1"}});
      check({fmt::format("  %v = bitcast {0} %a to i{1}\n  %w = bitcast {0} %b to i{1}\n"
                         "  %r = icmp {2} i{1} %v, %w",
                         t, bits, name),
             {type, type},
             {"i1"}});
    }
  }
}

TEST_F(Encoder, Control) {
  for (const char* scalar : {"i2", "i3", "i8", "i16", "i32", "i64"})
    check({fmt::format(R"(  switch {0} %a, label %other [
    {0} 0, label %zero
    {0} 1, label %one
    {0} -2, label %zero
    {0} -1, label %join
  ]
zero:
  br label %join
one:
  br label %join
other:
  %o = mul i32 %b, 3
  br label %join
join:
  %r = phi i32 [ 7, %zero ], [ %b, %one ], [ %o, %other ], [ 11, {1} ])",
                       scalar, "%body"),
           {{scalar}, {"i32"}},
           {"i32"}});
  // A loop whose counter, sum and pair come round; the phis take each other's values.
  for (const char* scalar : {"i3", "i7", "i8", "i32", "i64"})
    check({fmt::format(R"(  br label %loop
loop:
  %n = phi i32 [ 0, %body ], [ %next, %loop ]
  %x = phi {0} [ %a, %body ], [ %y, %loop ]
  %y = phi {0} [ %b, %body ], [ %z, %loop ]
  %p = phi {{i32, i1}} [ zeroinitializer, %body ], [ %p1, %loop ]
  %z = add {0} %x, %y
  %next = add i32 %n, 1
  %p0 = insertvalue {{i32, i1}} %p, i32 %next, 0
  %p1 = insertvalue {{i32, i1}} %p0, i1 true, 1
  %more = icmp ult i32 %next, 5
  br i1 %more, label %loop, label %done
done:
  %r = sub {0} %x, %z)",
                       scalar),
           {{scalar}, {scalar}},
           {scalar}});
}

TEST_F(Encoder, Constants) {
  const Type i32{"i32"}, pair{"i32", 2}, four{"i16", 4};
  for (const char* body : {
           "  %r = xor <2 x i32> %a, bitcast (<1 x i64> splat (i64 2) to <2 x i32>)",
           "  %r = xor <2 x i32> %a, bitcast (double 1.5 to <2 x i32>)",
           "  %r = xor <2 x i32> %a, bitcast (<4 x i16> <i16 1, i16 -2, i16 3, i16 4> to <2 x "
           "i32>)",
           "  %r = xor <2 x i32> %a, <i32 bitcast (<2 x i16> <i16 1, i16 2> to i32), i32 5>",
           "  %r = xor <2 x i32> %a, zeroinitializer",
           "  %r = xor <2 x i32> %a, splat (i32 77)",
           "  %r = xor <2 x i32> %a, <i32 -1, i32 2>",
           "  %r = insertelement <2 x i32> poison, i32 4, i32 0",
           "  %r = select <2 x i1> <i1 true, i1 false>, <2 x i32> %a, <2 x i32> <i32 3, i32 undef>",
           "  %x = xor <2 x i32> %a, splat (i32 3)\n  %r = insertelement <2 x i32> %x, i32 "
           "bitcast (<2 x i16> splat (i16 9) to i32), i32 1",
       })
    check({body, {pair}, pair});
  // Of a phi, with one predecessor that comes by two ways.
  check({R"(  %odd = trunc i32 %a to i1
  br i1 %odd, label %one, label %join
one:
  switch i32 %a, label %two [
    i32 1, label %join
    i32 -1, label %join
  ]
two:
  br label %join
join:
  %r = phi <2 x i32> [ bitcast (<1 x i64> splat (i64 2) to <2 x i32>), %body ], [ bitcast (i64 4 to <2 x i32>), %one ], [ bitcast (i64 4 to <2 x i32>), %one ], [ zeroinitializer, %two ])",
         {i32},
         pair});
  check({"  %r = fadd <4 x half> %a, bitcast (i64 4323527940055498752 to <4 x half>)",
         {{"half", 4}},
         {"half", 4}});
  for (const char* value :
       {"half 0xH3C01", "bfloat 0xR3F81", "float 0x3FF0000020000000", "double 1.1"}) {
    const Type type{std::string(value).substr(0, std::string(value).find(' '))};
    check({fmt::format("  %r = fadd {} %a, {}", type.text(),
                       std::string(value).substr(type.text().size() + 1)),
           {type},
           type});
  }
}

/// Random instructions on values made before: InstCombine makes of them what nobody thought of.
class RandomBody {
 public:
  explicit RandomBody(std::uint64_t seed) : random_(seed) {}

  Case make(int steps) {
    Case c;
    for (const char* name : {"a", "b", "c"}) {
      const Type type = any_type();
      c.operands.push_back(type);
      values_.push_back({name, type});
    }
    for (int k = 0; k < steps; ++k) step();
    c.result = values_.back().type;
    body_ += fmt::format("  %r = freeze {} %{}", c.result.text(), values_.back().name);
    c.body = std::move(body_);
    for (const std::string& line : declarations_) c.declarations += line + "\n";
    return c;
  }

 private:
  struct Value {
    std::string name;
    Type type;
  };

  std::size_t below(std::size_t n) { return random_() % n; }
  template <std::size_t n>
  std::string one_of(const char* const (&list)[n]) {
    return list[below(n)];
  }
  Type any_type() {
    static constexpr const char* scalars[] = {
        "i1",  "i1",  "i3",  "i8",   "i8",  "i16", "i16",   "i32",    "i32",   "i64",
        "i64", "i24", "i33", "half", "i32", "i1",  "float", "double", "bfloat"};
    static constexpr unsigned lengths[] = {0, 0, 1, 2, 4, 8};
    return {one_of(scalars), lengths[below(6)]};
  }
  /// The last of the type, or one made from another.
  std::string of(const Type& type) {
    std::vector<std::string> names;
    for (const Value& v : values_)
      if (v.type.text() == type.text()) names.push_back(v.name);
    if (!names.empty() && below(8) != 0)
      return "%" + names[below(2) == 0 ? names.size() - 1 : below(names.size())];
    if (!type.is_float() && below(3) == 0)
      return type.splat(static_cast<std::int64_t>(below(9)) - 3);
    return "%" + convert(values_[below(values_.size())], type);
  }
  std::string append(const Type& type, const std::string& text) {
    const std::string name = fmt::format("v{}", values_.size());
    body_ += fmt::format("  %{} = {}\n", name, text);
    values_.push_back({name, type});
    return name;
  }
  std::string call(const Type& type, const std::string& name,
                   const std::vector<std::pair<Type, std::string>>& arguments,
                   const std::string& mangled = {}) {
    const std::string full =
        fmt::format("@llvm.{}.{}", name, mangled.empty() ? type.mangled() : mangled);
    std::string given, parameters;
    for (const auto& [argument, value] : arguments) {
      given += fmt::format("{}{} {}", given.empty() ? "" : ", ", argument.text(), value);
      parameters += (parameters.empty() ? "" : ", ") + argument.text();
    }
    declarations_.insert(fmt::format("declare {} {}({})", type.text(), full, parameters));
    return append(type, fmt::format("call {} {}({})", type.text(), full, given));
  }

  /// In as many steps as that takes: another length, another scalar.
  std::string convert(Value from, const Type& to) {
    if (from.type.count != to.count) {
      const Type other{from.type.scalar, to.count};
      if (to.count == 0) {
        from.name = append(other, fmt::format("extractelement {} %{}, i32 {}", from.type.text(),
                                              from.name, below(from.type.count)));
      } else if (from.type.count == 0) {
        from.name =
            append(other, fmt::format("insertelement {} zeroinitializer, {} %{}, i32 {}",
                                      other.text(), from.type.text(), from.name, below(to.count)));
      } else {
        std::string mask;
        for (unsigned k = 0; k < to.count; ++k)
          mask += fmt::format("{}i32 {}", k == 0 ? "" : ", ", below(from.type.count));
        from.name =
            append(other, fmt::format("shufflevector {0} %{1}, {0} poison, <{2} x i32> <{3}>",
                                      from.type.text(), from.name, to.count, mask));
      }
      from.type = other;
    }
    if (from.type.scalar == to.scalar) return from.name;
    const auto cast = [&](const std::string& name) {
      return append(to,
                    fmt::format("{} {} %{} to {}", name, from.type.text(), from.name, to.text()));
    };
    if (from.type.is_float() && to.is_float()) {
      if (from.type.bits() == to.bits())
        return convert({convert(from, to.with("float")), to.with("float")}, to);
      return cast(from.type.bits() < to.bits() ? "fpext" : "fptrunc");
    }
    if (from.type.is_float())
      return call(to, below(2) == 0 ? "fptosi.sat" : "fptoui.sat", {{from.type, "%" + from.name}},
                  to.mangled() + "." + from.type.mangled());
    if (to.is_float()) return cast(below(2) == 0 ? "sitofp" : "uitofp");
    if (from.type.bits() > to.bits()) return cast("trunc");
    return cast(below(2) == 0 ? "zext" : "sext");
  }

  void step() {
    const Type type = any_type();
    if (type.is_float()) return float_step(type);
    const std::string t = type.text(), x = of(type), y = of(type);
    switch (below(12)) {
      case 0:
      case 1:
      case 2:
        append(type, fmt::format("{} {} {}, {}", one_of({"add", "sub", "mul", "and", "or", "xor"}),
                                 t, x, y));
        break;
      case 3: {
        if (type.bits() == 1) return;
        const std::string by = append(
            type,
            fmt::format("urem {} {}, {}", t, y, type.splat(type.bits() == 3 ? 3 : type.bits())));
        append(type, fmt::format("{} {} {}, %{}", one_of({"shl", "lshr", "ashr"}), t, x, by));
        break;
      }
      case 4: {
        // A divisor that is positive.
        if (type.bits() == 1) return;
        const std::string half = append(type, fmt::format("lshr {} {}, {}", t, y, type.splat(1)));
        const std::string divisor =
            append(type, below(2) == 0 ? fmt::format("or {} %{}, {}", t, half, type.splat(1))
                                       : fmt::format("call {0} @llvm.umax.{1}({0} %{2}, {0} {3})",
                                                     t, type.mangled(), half, type.splat(1)));
        declarations_.insert(
            fmt::format("declare {0} @llvm.umax.{1}({0}, {0})", t, type.mangled()));
        append(type, fmt::format("{} {} {}, %{}", one_of({"udiv", "sdiv", "urem", "srem"}), t, x,
                                 divisor));
        break;
      }
      case 5:
        append(type.with("i1"), fmt::format("icmp {} {} {}, {}",
                                            one_of({"eq", "ne", "ult", "ule", "ugt", "uge", "slt",
                                                    "sle", "sgt", "sge"}),
                                            t, x, y));
        break;
      case 6: {
        const Type truth = below(2) == 0 ? type.with("i1") : Type{"i1"};
        append(type,
               fmt::format("select {} {}, {} {}, {} {}", truth.text(), of(truth), t, x, t, y));
        break;
      }
      case 7:
        call(type,
             one_of(
                 {"umin", "umax", "smin", "smax", "uadd.sat", "usub.sat", "sadd.sat", "ssub.sat"}),
             {{type, x}, {type, y}});
        break;
      case 8:
        if (below(2) == 0)
          call(type, one_of({"ctpop", "bitreverse"}), {{type, x}});
        else
          call(type, one_of({"abs", "ctlz", "cttz"}), {{type, x}, {{"i1"}, "false"}});
        break;
      case 9:
        call(type, one_of({"fshl", "fshr"}), {{type, x}, {type, y}, {type, of(type)}});
        break;
      case 10:
        if (type.count == 0) return;
        call({type.scalar},
             "vector.reduce." + one_of({"add", "and", "or", "xor", "smin", "smax", "umin", "umax"}),
             {{type, x}}, type.mangled());
        break;
      default:
        regroup(type, x);
        break;
    }
  }

  /// The same bits in other integers; where neither width divides the other LLVM folds wrongly.
  void regroup(const Type& type, const std::string& x) {
    const unsigned bits = type.bits() * type.elements();
    for (const unsigned width : {1u, 8u, 16u, 32u, 64u, 3u, 24u})
      if (bits % width == 0 && bits / width <= 8 && below(2) == 0 &&
          (type.bits() % width == 0 || width % type.bits() == 0)) {
        const unsigned count = bits / width;
        const Type to{fmt::format("i{}", width), count == 1 && below(2) == 0 ? 0 : count};
        append(to, fmt::format("bitcast {} {} to {}", type.text(), x, to.text()));
        return;
      }
  }

  void float_step(const Type& type) {
    const std::string t = type.text(), x = of(type), y = of(type);
    switch (below(5)) {
      case 0:
      case 1: {
        // What form_fma may fuse with a sum is rounded once, not twice.
        const bool fuses = type.scalar == "float" || type.scalar == "double";
        append(type, fmt::format("{} {} {}, {}",
                                 fuses ? one_of({"fadd", "fsub", "fdiv"})
                                       : one_of({"fadd", "fsub", "fmul", "fdiv"}),
                                 t, x, y));
        break;
      }
      case 2:
        append(type.with("i1"), fmt::format("fcmp {} {} {}, {}",
                                            one_of({"oeq", "ogt", "oge", "olt", "ole", "one", "ord",
                                                    "ueq", "une", "uno", "ult"}),
                                            t, x, y));
        break;
      case 3:
        call(type, one_of({"minimum", "maximum", "minnum", "maxnum"}), {{type, x}, {type, y}});
        break;
      default:
        append(type, fmt::format("fneg {} {}", t, x));
        break;
    }
  }

  std::mt19937_64 random_;
  std::vector<Value> values_;
  std::string body_;
  std::set<std::string> declarations_;
};

/// TEGULA_ENCODER_PROGRAMS: how many, TEGULA_ENCODER_SEED: from which on.
TEST_F(Encoder, RandomInstructions) {
  const auto number = [](const char* name, int otherwise) {
    const char* text = std::getenv(name);
    return text == nullptr ? otherwise : std::atoi(text);
  };
  const int first = number("TEGULA_ENCODER_SEED", 1);
  for (int seed = first; seed < first + number("TEGULA_ENCODER_PROGRAMS", 400); ++seed) {
    SCOPED_TRACE(seed);
    check(RandomBody(static_cast<std::uint64_t>(seed)).make(4 + seed % 20));
    if (HasFatalFailure() || HasNonfatalFailure()) return;
  }
}

/// Expressions of addresses: where a global lies in shared memory.
TEST_F(Encoder, ConstantsThatAreAddresses) {
  auto module = parse(R"(
@first = internal addrspace(3) global [20 x i8] undef, align 4
declare i32 @llvm.nvvm.read.ptx.sreg.tid.x()
@second = internal addrspace(3) global [64 x i8] undef, align 16
define ptx_kernel void @k(ptr addrspace(1) %in, ptr addrspace(1) %out) {
  %a = add i32 ptrtoint (ptr addrspace(3) getelementptr (i8, ptr addrspace(3) @second, i32 3) to i32), 0
  %b = xor i32 %a, xor (i32 ptrtoint (ptr addrspace(3) @second to i32), i32 1)
  %c = zext i32 sub (i32 ptrtoint (ptr addrspace(3) @second to i32), i32 ptrtoint (ptr addrspace(3) @first to i32)) to i64
  %d = zext i32 %b to i64
  %lane = call i32 @llvm.nvvm.read.ptx.sreg.tid.x()
  %first = icmp eq i32 %lane, 0
  br i1 %first, label %one, label %end
one:
  store i32 7, ptr addrspace(3) inttoptr (i32 add (i32 ptrtoint (ptr addrspace(3) @second to i32), i32 8) to ptr addrspace(3))
  %e = load i32, ptr addrspace(3) getelementptr (i8, ptr addrspace(3) @second, i32 8)
  %f = zext i32 %e to i64
  %g = zext i32 %a to i64
  store i64 %g, ptr addrspace(1) %out
  %p = getelementptr i64, ptr addrspace(1) %out, i64 1
  store i64 %d, ptr addrspace(1) %p
  %q = getelementptr i64, ptr addrspace(1) %out, i64 2
  store i64 %c, ptr addrspace(1) %q
  %s = getelementptr i64, ptr addrspace(1) %out, i64 3
  store i64 %f, ptr addrspace(1) %s
  br label %end
end:
  ret void
})");
  ASSERT_NE(module, nullptr);
  expand(*module);
  EXPECT_EQ(run(*module, {0}, 4), (std::vector<std::uint64_t>{35, 35 ^ 33, 32, 7}));
}

/// A vector of i1 takes a bit for each in memory, whole bytes in all.
TEST_F(Encoder, TruthsInMemory) {
  for (const unsigned count : {2u, 3u, 4u, 8u, 16u, 32u, 64u, 128u, 256u}) {
    SCOPED_TRACE(count);
    const unsigned bytes = (count + 7) / 8;
    auto module = parse(fmt::format(R"(
@shared = internal addrspace(3) global [{1} x i8] undef, align 1
declare i32 @llvm.nvvm.read.ptx.sreg.tid.x()
define ptx_kernel void @k(ptr addrspace(1) %in, ptr addrspace(1) %out) {{
  %lane = call i32 @llvm.nvvm.read.ptx.sreg.tid.x()
  %first = icmp eq i32 %lane, 0
  br i1 %first, label %one, label %end
one:
  %a = load <{0} x i1>, ptr addrspace(1) %in, align 1
  store <{0} x i1> %a, ptr addrspace(3) @shared, align 1
  %b = load <{0} x i1>, ptr addrspace(3) @shared, align 1
  %c = xor <{0} x i1> %b, splat (i1 true)
  store <{0} x i1> %c, ptr addrspace(1) %out, align 1
  br label %end
end:
  ret void
}})",
                                    count, bytes));
    ASSERT_NE(module, nullptr);
    expand(*module);
    std::vector<std::uint8_t> in, out(bytes, 0xee);
    for (unsigned k = 0; k < bytes; ++k) in.push_back(static_cast<std::uint8_t>(k * 37 + 0x5a));
    program::Program program;
    program.name = "k";
    testing::run_image(*device_, encode_image(*module, program, "sm_90a", 1),
                       {testing::in("in", in), testing::out("out", out)});
    for (unsigned k = 0; k < bytes; ++k) {
      const unsigned valid = std::min(8u, count - 8 * k);
      EXPECT_EQ(out[k], static_cast<std::uint8_t>(~in[k] & ((1u << valid) - 1))) << k;
    }
  }
}

/// What the image cannot say is an error that shows the instruction, at the author's line.
TEST_F(Encoder, WhatItDoesNotKnowIsAnErrorWithALine) {
  const std::pair<const char*, const char*> cases[] = {
      {"%r = zext i32 %n to i128", "zext i32 %n to i128"},
      {"%r = load <24 x i1>, ptr addrspace(1) %out", "load <24 x i1>"},
      {"%r = call float @llvm.pow.f32(float %f, float %f)", "@llvm.pow.f32"},
      {"%r = call float @unknown(float %f)", "@unknown"},
      {"%r = alloca i32", "alloca i32"},
      {"%r = addrspacecast ptr addrspace(1) %out to ptr", "addrspacecast"},
      {"%r = atomicrmw add ptr addrspace(1) %out, i32 1 monotonic", "atomicrmw add"},
      {"fence seq_cst", "fence seq_cst"},
      {"%r = load {i32, i32}, ptr addrspace(1) %out", "load { i32, i32 }"},
      {"%r = load <3 x i32>, ptr addrspace(1) %out", "load <3 x i32>"},
      {"%r = load i32, ptr addrspace(5) null", "load i32"},
      {"%r = load atomic i32, ptr addrspace(1) %out monotonic, align 4", "load atomic"},
      {"store i32 1, ptr @nowhere", "@nowhere"},
  };
  for (const auto& [instruction, shown] : cases) {
    SCOPED_TRACE(instruction);
    auto module = parse(fmt::format(R"(
@nowhere = external global i32
declare float @llvm.pow.f32(float, float)
declare float @unknown(float)
define ptx_kernel void @k(ptr addrspace(1) %out, float %f, i32 %n) !dbg !3 {{
  {}, !dbg !4
  ret void
}}
!llvm.dbg.cu = !{{!1}}
!llvm.module.flags = !{{!0}}
!0 = !{{i32 2, !"Debug Info Version", i32 3}}
!1 = distinct !DICompileUnit(language: DW_LANG_C_plus_plus, file: !2, emissionKind: LineTablesOnly)
!2 = !DIFile(filename: "author.cpp", directory: "/src")
!3 = distinct !DISubprogram(name: "k", scope: !2, file: !2, line: 1, unit: !1)
!4 = !DILocation(line: 12, column: 5, scope: !3)
)",
                                    instruction));
    ASSERT_NE(module, nullptr);
    expand(*module);
    program::Program program;
    program.name = "k";
    try {
      encode_image(*module, program, "sm_90a", 1);
      ADD_FAILURE() << "it is encoded";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::unsupported);
      EXPECT_EQ(error.details().where, "/src/author.cpp:12:5");
      EXPECT_EQ(error.details().argument, "k");
      EXPECT_NE(error.details().got.find(shown), std::string::npos) << error.what();
      EXPECT_EQ(error.details().got.find("!dbg"), std::string::npos) << error.what();
    }
  }
}

}  // namespace
}  // namespace tegula::compiler
