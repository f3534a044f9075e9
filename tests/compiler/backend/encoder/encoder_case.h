// Instructions, intrinsics and constants written out as LLVM, encoded, run on the simulator, and
// compared with what LLVM's constant folder gives for the same operands.
#pragma once

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

inline constexpr unsigned lanes = 32;

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
inline std::uint64_t interesting(const Type& type, std::mt19937_64& random) {
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

inline constexpr const char* integers[] = {"i1",  "i2",  "i3",  "i7",  "i8",  "i13", "i16",
                                           "i24", "i31", "i32", "i33", "i48", "i63", "i64"};
inline constexpr unsigned counts[] = {0, 1, 2, 4, 8};
inline constexpr const char* floats[] = {"half", "bfloat", "float", "double"};

/// Of every width as a scalar and as a vector of some length.
inline std::vector<Type> integer_types() {
  std::vector<Type> types;
  unsigned turn = 0;
  for (const char* scalar : integers) {
    types.push_back({scalar});
    types.push_back({scalar, counts[1 + turn++ % 4]});
  }
  return types;
}
inline std::vector<Type> float_types() {
  std::vector<Type> types;
  for (const char* scalar : floats) types.push_back({scalar}), types.push_back({scalar, 4});
  return types;
}

/// A call of an intrinsic on operands of one type, and constants behind them.
inline Case call(const std::string& name, const Type& type, unsigned operands,
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

}  // namespace tegula::compiler
