// Every family of markers: what LLVM hears of it, what it becomes in PTX, and in the image.
#include "compiler/backend/markers/registry.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>

#include "compiler/backend/encoder/encoder.h"
#include "compiler/backend/llvm/llvm_module.h"
#include "compiler/backend/ptx/ptx.h"
#include "llvm/AsmParser/Parser.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Target/TargetMachine.h"
#include "runtime/format/architecture.h"
#include "runtime/format/opcode.h"
#include "tegula/error.h"

namespace tegula::compiler {
namespace {

struct MarkerCase {
  std::string declaration;  ///< of @tegula.NAME
  std::string call;
  llvm::MemoryEffects effects;
  std::string ptx;
  format::Opcode opcode;
  std::string name() const {
    const auto at = declaration.find('@') + 1;
    return declaration.substr(at, declaration.find('(') - at);
  }
};

const llvm::MemoryEffects anything = llvm::MemoryEffects::unknown(),
                          arguments = llvm::MemoryEffects::argMemOnly();
const llvm::MemoryEffects reads = llvm::MemoryEffects::argMemOnly(llvm::ModRefInfo::Ref),
                          writes = llvm::MemoryEffects::argMemOnly(llvm::ModRefInfo::Mod);

std::vector<MarkerCase> cases() {
  using format::Opcode;
  return {
      {"<4 x i32> @tegula.load_if.global.v4i32(ptr addrspace(1), i1, <4 x i32>)",
       "call <4 x i32> @tegula.load_if.global.v4i32(ptr addrspace(1) %g, i1 %p, <4 x i32> "
       "zeroinitializer)",
       reads, "ld.global.v4.b32", Opcode::load},
      {"void @tegula.store_if.shared.i16(ptr addrspace(3), i16, i1)",
       "call void @tegula.store_if.shared.i16(ptr addrspace(3) %s, i16 7, i1 %p)", writes,
       "st.shared.b16", Opcode::store},
      {"i32 @tegula.atomic.umax.i32.relaxed.gpu(ptr addrspace(1), i32, i1)",
       "call i32 @tegula.atomic.umax.i32.relaxed.gpu(ptr addrspace(1) %g, i32 %n, i1 %p)",
       arguments, "red.relaxed.gpu.global.max.u32", Opcode::atomic_umax},
      {"i64 @tegula.atomic.compare_exchange.i64.acq_rel.sys(ptr addrspace(1), i64, i64, i1)",
       "call i64 @tegula.atomic.compare_exchange.i64.acq_rel.sys(ptr addrspace(1) %g, i64 1, i64 "
       "2, i1 %p)",
       anything, "atom.acq_rel.sys.global.cas.b64", Opcode::atomic_cas},
      {"void @tegula.async_copy.l2.16(ptr addrspace(3), ptr addrspace(1), i32)",
       "call void @tegula.async_copy.l2.16(ptr addrspace(3) %s, ptr addrspace(1) %g, i32 %n)",
       arguments, "cp.async.cg.shared.global", Opcode::cp_async},
      {"void @tegula.async_commit(ptr addrspace(3))",
       "call void @tegula.async_commit(ptr addrspace(3) %s)", arguments, "cp.async.commit_group",
       Opcode::cp_async_commit},
      {"void @tegula.async_wait.255(ptr addrspace(3))",
       "call void @tegula.async_wait.255(ptr addrspace(3) %s)", arguments,
       "cp.async.wait_group 255", Opcode::cp_async_wait},
      {"<2 x i32> @tegula.cluster_load.v2i32(ptr addrspace(3), i32)",
       "%v = call <2 x i32> @tegula.cluster_load.v2i32(ptr addrspace(3) %s, i32 %n)\n"
       "  store <2 x i32> %v, ptr addrspace(1) %g",
       llvm::MemoryEffects::readOnly(), "mapa.shared::cluster", Opcode::cluster_load},
      {"void @tegula.print.3(i32, i1)", "call void @tegula.print.3(i32 %n, i1 %p)", anything,
       "vprintf", Opcode::print},
      {"void @tegula.assert.12(i1)", "call void @tegula.assert.12(i1 %p)", anything, "__assertfail",
       Opcode::assert_true},
  };
}

class MarkerRegistry : public ::testing::Test {
 protected:
  MarkerRegistry() : machine_(make_target_machine(*format::find_architecture("sm_90a"))) {}

  std::unique_ptr<llvm::Module> parse(const std::string& declaration, const std::string& body) {
    const std::string text =
        "declare " + declaration + " #0\nattributes #0 = {\"tegula.text\"=\"it is {}\"}\n" +
        "define ptx_kernel void @k(ptr addrspace(1) %g, i32 %n) {\n"
        "  %p = icmp eq i32 %n, 0\n  %s = inttoptr i32 %n to ptr addrspace(3)\n  " +
        body + "\n  ret void\n}\n";
    llvm::SMDiagnostic problem;
    auto module = llvm::parseAssemblyString(text, problem, context_);
    if (module == nullptr) throw InternalError(problem.getMessage().str() + "\n" + text);
    module->setTargetTriple(machine_->getTargetTriple());
    module->setDataLayout(machine_->createDataLayout());
    return module;
  }

  llvm::LLVMContext context_;
  std::unique_ptr<llvm::TargetMachine> machine_;
};

TEST_F(MarkerRegistry, TellsLLVMWhatMemoryIsTouched) {
  for (const MarkerCase& c : cases()) {
    const auto module = parse(c.declaration, c.call);
    annotate_markers(*module);
    const llvm::Function& function = *module->getFunction(c.name());
    EXPECT_TRUE(function.doesNotThrow()) << c.name();
    EXPECT_TRUE(function.getMemoryEffects() == c.effects) << c.name();
  }
}

TEST_F(MarkerRegistry, LeavesNoCallInPTX) {
  for (const MarkerCase& c : cases()) {
    const auto module = parse(c.declaration, c.call);
    annotate_markers(*module);
    const std::string ptx = emit_ptx(*module, *machine_);
    EXPECT_NE(ptx.find(c.ptx), std::string::npos) << c.ptx << "\n" << ptx;
    EXPECT_EQ(module->getFunction(c.name()), nullptr);
  }
}

TEST_F(MarkerRegistry, SpeaksToTheImage) {
  for (const MarkerCase& c : cases()) {
    const auto module = parse(c.declaration, c.call);
    program::Program program;
    program.name = "k";
    const format::Image image = encode_image(*module, program, "sm_90a", 1);
    EXPECT_TRUE(std::any_of(image.code.begin(), image.code.end(), [&](const auto& i) {
      return i.opcode == c.opcode;
    })) << c.name();
  }
}

TEST_F(MarkerRegistry, RefusesANameThatNoMarkerHas) {
  for (const char* name : {"tegula.nothing", "tegula.async_copy.l2.8", "tegula.async_wait.256",
                           "tegula.atomic.min.f32.relaxed.gpu", "tegula.print.x"}) {
    const auto module = parse("void @" + std::string(name) + "()", "");
    try {
      annotate_markers(*module);
      ADD_FAILURE() << name;
    } catch (const InternalError& error) {
      EXPECT_EQ(error.what(), std::string(InternalError::preamble) + "no marker is called " + name);
    }
  }
}

TEST_F(MarkerRegistry, KnowsOtherFunctionsAreNone) {
  const auto module = parse("i32 @vprintf(ptr, ptr)", "");
  EXPECT_EQ(find_marker(*module->getFunction("vprintf")), nullptr);
  EXPECT_NO_THROW(annotate_markers(*module));
}

}  // namespace
}  // namespace tegula::compiler
