// What the library's kernels are made of: idioms that cost registers, instructions and assembly
// time when they are lost.
#include <gtest/gtest.h>

#include <string>

#include "compiler/backend/arch/architecture.h"
#include "tegula/compiler.h"
#include "tools/cli/specialisation.h"

namespace tegula::compiler {
namespace {

std::string ptx_of(const std::string& arch, const std::vector<std::string>& bindings,
                   const std::string& config, const std::string& kernel = "rms_norm_fwd") {
  const auto specialisation = cli::specialise(kernel, bindings, config);
  const Emitted ptx = emit(specialisation.program, {Target::Backend::ptx, arch}, Stage::ptx);
  return {reinterpret_cast<const char*>(ptx.bytes.data()), ptx.bytes.size()};
}

int count(const std::string& text, const std::string& what) {
  int found = 0;
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++found;
  return found;
}

class Instructions : public testing::TestWithParam<std::string> {};

TEST_P(Instructions, Bf16IsWidenedInWords) {
  const std::string ptx =
      ptx_of(GetParam(), {}, "");  // 32 elements of x and of the weight a thread
  EXPECT_EQ(count(ptx, "cvt.f32.bf16"), 0);
  EXPECT_EQ(count(ptx, "0xFFFF0000") + count(ptx, "-65536;"), 32);
  EXPECT_EQ(count(ptx, ", 16;\n"), 32);
}

// A scalar each: rows of odd length load one element at a time.
TEST_P(Instructions, Bf16IsWidenedOneByOneWhereLoadsAreNarrow) {
  const std::string ptx = ptx_of(GetParam(), {"x=64x77:bf16", "weight=77:bf16", "y=64x77:bf16"},
                                 "rows=8,bn=128,warps=4");
  EXPECT_EQ(count(ptx, "cvt.f32.bf16"), 0);
}

// 32 squares: four chains of seven fma behind their first product, and one for the mean.
TEST_P(Instructions, SumsOfProductsAreFused) {
  const std::string ptx = ptx_of(GetParam(), {"x=64x4096:f32", "weight=4096:f32", "y=64x4096:f32"},
                                 "rows=1,bn=4096,warps=4");
  if (ptx.find("f32x2") != std::string::npos) {  // sm_100 and newer multiply in pairs
    EXPECT_EQ(count(ptx, "fma.rn.f32x2"), 14);
    return;
  }
  EXPECT_EQ(count(ptx, "fma.rn.f32"), 29);
}

// 16 elements a thread are two calls of Philox, of seven rounds with two products each; of the
// first products one is of the row, the same in both calls, and one of nothing but its upper half,
// which is 0 below 2^32 rows.
TEST_P(Instructions, ProductsOfPhiloxAreOneInstructionEach) {
  for (const char* x : {"x=64x4096:bf16", "x=64x4096:f32"}) {
    const std::string ptx = ptx_of(GetParam(), {x}, "rows=1,bn=2048,warps=4", "dropout");
    EXPECT_EQ(count(ptx, "mul.hi"), 0);
    EXPECT_GE(count(ptx, "mul.wide.u32"), 25);
    EXPECT_LE(count(ptx, "mul.wide.u32"), 28);
    EXPECT_EQ(count(ptx, "bar.sync"), 0);
    // Two lanes that have four columns of eight each exchange words.
    EXPECT_EQ(count(ptx, "shfl.sync"), std::string(x).find("f32") == std::string::npos ? 0 : 4);
  }
}

INSTANTIATE_TEST_SUITE_P(Architectures, Instructions,
                         testing::Values("sm_80", "sm_86", "sm_90a", "sm_100a", "sm_120"),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace tegula::compiler
