// Every kernel of the library, for every architecture: it assembles, spills nothing, and takes the
// registers that the table says. The kernels of the language's own tests are in tests/kernels.
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "compiler/target/assembler.h"
#include "runtime/format/architecture.h"
#include "tegula/compiler.h"
#include "tegula/error.h"
#include "tools/cli/specialisation.h"

namespace tegula::compiler {
namespace {

struct Case {
  const char* name;
  const char* kernel;
  std::vector<std::string> bindings;
  const char* config;
  int max_registers;  ///< of any architecture, as measured, plus 5 %
};

void PrintTo(const Case& c, std::ostream* stream) { *stream << c.name; }

const std::vector<Case>& cases() {
  static const std::vector<Case> all = {
      {"rms_norm_4096", "rms_norm_fwd", {}, "", 65},
      {"rms_norm_4096_residual_bias",
       "rms_norm_fwd",
       {"residual=64x4096:bf16", "bias=4096:bf16"},
       "",
       86},
      {"rms_norm_4096_f32",
       "rms_norm_fwd",
       {"x=64x4096:f32", "weight=4096:f32", "y=64x4096:f32", "residual=64x4096:f32"},
       "",
       105},
      {"rms_norm_1000_f16",
       "rms_norm_fwd",
       {"x=64x1000:f16", "weight=1000:f32", "y=64x1000:f16"},
       "rows=1,bn=1024,warps=4",
       40},
      {"rms_norm_77",
       "rms_norm_fwd",
       {"x=64x77:bf16", "weight=77:bf16", "y=64x77:bf16"},
       "rows=8,bn=128,warps=4",
       71},
      {"rms_norm_16384",
       "rms_norm_fwd",
       {"x=64x16384:bf16", "weight=16384:bf16", "y=64x16384:bf16", "residual=64x16384:bf16"},
       "rows=1,bn=16384,warps=16",
       90},
      {"rms_norm_65536",
       "rms_norm_fwd",
       {"x=64x65536:bf16", "residual=64x65536:bf16", "bias=65536:bf16"},
       "",
       999},
      {"softmax_4096", "softmax_fwd", {}, "", 999},
      {"softmax_16384_f32", "softmax_fwd", {"x=64x16384:f32"}, "", 999},
      {"softmax_65536", "softmax_fwd", {"x=64x65536:bf16"}, "", 999},
      {"softmax_bwd_16384", "softmax_bwd", {"dy=64x16384:bf16"}, "", 999},
      {"log_softmax_77", "log_softmax_fwd", {"x=64x77:bf16"}, "", 999},
      {"log_softmax_16384", "log_softmax_fwd", {"x=64x16384:bf16"}, "", 999},
      {"log_softmax_bwd_16384", "log_softmax_bwd", {"dy=64x16384:bf16"}, "", 999},
      {"log_softmax_bwd_65536", "log_softmax_bwd", {"dy=64x65536:bf16"}, "", 999},
      {"cross_entropy_16384", "cross_entropy_fwd", {"x=64x16384:bf16"}, "smoothing=1", 999},
      {"cross_entropy_32000_f32", "cross_entropy_fwd", {"x=64x32000:f32"}, "smoothing=1", 999},
      {"cross_entropy_bwd_16384", "cross_entropy_bwd", {"x=64x16384:bf16"}, "", 999},
      {"cross_entropy_bwd_128256", "cross_entropy_bwd", {"x=64x128256:bf16"}, "", 999},
      {"rotary_64", "rotary_fwd", {}, "", 999},
      {"rotary_interleaved_48_of_128",
       "rotary_fwd",
       {"x=2x512x16x128:bf16", "cos=512x48:f32", "seqlen_offsets=2:i32"},
       "interleaved=1",
       999},
      {"swiglu_14336", "swiglu_fwd", {"a=64x14336:bf16"}, "", 999},
      {"swiglu_bwd_14336", "swiglu_bwd", {"a=64x14336:bf16"}, "", 999},
  };
  return all;
}

class Assemble : public testing::TestWithParam<std::tuple<std::string, Case>> {};

TEST_P(Assemble, WithoutSpills) {
  if (assemblers().empty()) GTEST_SKIP() << "SKIP: no assembler for PTX on this machine";
  const auto& [arch, c] = GetParam();
  const auto specialisation = cli::specialise(c.kernel, c.bindings, c.config);
  const Emitted cubin = emit(specialisation.program, {Target::Backend::ptx, arch}, Stage::cubin);
  EXPECT_GT(cubin.bytes.size(), 0u);
  EXPECT_EQ(cubin.entry.resources.spill_store_bytes, 0);
  EXPECT_EQ(cubin.entry.resources.spill_load_bytes, 0);
  EXPECT_EQ(cubin.entry.resources.stack_bytes, 0);
  EXPECT_GT(cubin.entry.resources.registers, 0);
  EXPECT_LE(cubin.entry.resources.registers, c.max_registers);
}

std::vector<std::string> architecture_names() {
  std::vector<std::string> names;
  for (const format::Architecture& a : format::architectures()) names.emplace_back(a.name);
  return names;
}

INSTANTIATE_TEST_SUITE_P(Kernels, Assemble,
                         testing::Combine(testing::ValuesIn(architecture_names()),
                                          testing::ValuesIn(cases())),
                         [](const auto& info) {
                           return std::get<0>(info.param) + "_" + std::get<1>(info.param).name;
                         });

TEST(Assemblers, AgreeOnResources) {
  if (assemblers().size() < 2) GTEST_SKIP() << "SKIP: fewer than two assemblers on this machine";
  const auto specialisation = cli::specialise("rms_norm_fwd", {}, "");
  const Emitted ptx = emit(specialisation.program, {Target::Backend::ptx, "sm_90a"}, Stage::ptx);
  const std::string_view text(reinterpret_cast<const char*>(ptx.bytes.data()), ptx.bytes.size());
  for (const AssemblerInfo& assembler : assemblers()) {
    const Cubin cubin = assemble_with(assembler, text, "sm_90a");
    EXPECT_GT(cubin.bytes.size(), 0u) << assembler.name;
    EXPECT_EQ(cubin.resources.spill_store_bytes, 0) << assembler.name;
    EXPECT_GT(cubin.resources.registers, 0) << assembler.name << ": " << cubin.log;
  }
}

TEST(Assemblers, RejectedPtxIsAnErrorWithTheLog) {
  if (assemblers().empty()) GTEST_SKIP() << "SKIP: no assembler for PTX on this machine";
  for (const AssemblerInfo& assembler : assemblers()) {
    try {
      assemble_with(assembler, ".version 8.0\n.target sm_90a\nnonsense\n", "sm_90a");
      FAIL() << assembler.name << " took it";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::unsupported);
      EXPECT_NE(std::string(error.what()).find("line 3"), std::string::npos) << error.what();
    }
  }
}

}  // namespace
}  // namespace tegula::compiler
