// What the assembler reports, and what follows from it: kernels that spill, and kernels that no
// block could run.
#include <gmock/gmock.h>

#include "compiler/backend/ptx/assembler.h"
#include "compiler/backend/ptx/resources.h"
#include "tegula/compiler.h"
#include "tegula/error.h"
#include "tools/cli/specialisation.h"

namespace tegula::compiler {
namespace {

using ::testing::HasSubstr;

TEST(Resources, AreReadFromTheLog) {
  const format::Resources r = parse_resources(
      "ptxas info    : Compiling entry function 'k' for 'sm_90a'\n"
      "ptxas info    : Function properties for k\n"
      "    8 bytes stack frame, 12 bytes spill stores, 16 bytes spill loads\n"
      "ptxas info    : Used 95 registers, used 2 barriers, 8 bytes cumulative stack size, "
      "1040 bytes smem\n");
  EXPECT_EQ(r.registers, 95);
  EXPECT_EQ(r.stack_bytes, 8);
  EXPECT_EQ(r.spill_store_bytes, 12);
  EXPECT_EQ(r.spill_load_bytes, 16);
  EXPECT_EQ(r.shared_bytes, 1040);
  EXPECT_EQ(r.barriers, 2);
  EXPECT_EQ(parse_resources("").registers, -1);
}

format::Entry entry_of(std::int64_t registers, std::uint32_t threads) {
  format::Entry entry;
  entry.arch = "sm_90a";
  entry.launch.function = "large_fwd";
  entry.launch.threads = threads;
  entry.resources.registers = registers;
  return entry;
}

TEST(Resources, MoreRegistersThanABlockMayHave) {
  for (const auto& [registers, threads] :
       {std::pair{255, 256}, {128, 512}, {64, 1024}, {-1, 1024}}) {
    format::Entry fits = entry_of(registers, static_cast<std::uint32_t>(threads));
    check_resources(fits, "");
    EXPECT_TRUE(fits.remarks.empty());
  }
  // 65 registers are given out as 72.
  format::Entry entry = entry_of(65, 1024);
  try {
    check_resources(entry, "bn=4096,warps=32");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::out_of_resources);
    EXPECT_THAT(error.what(), HasSubstr("large_fwd"));
    EXPECT_THAT(error.what(), HasSubstr("bn=4096,warps=32"));
    EXPECT_THAT(error.what(), HasSubstr("got 1024 threads of 72 registers: 73728"));
    EXPECT_THAT(error.what(), HasSubstr("wanted at most 65536 on sm_90a"));
  }
}

TEST(Resources, SpillsAreARemark) {
  if (assemblers().empty()) GTEST_SKIP() << "SKIP: no assembler for PTX on this machine";
  // 256 floats a thread.
  const auto specialisation =
      cli::specialise("rms_norm_fwd", {"x=4x16384:f32", "weight=16384:f32", "y=4x16384:f32"},
                      "rows=1,bn=16384,warps=2");
  const Emitted cubin =
      emit(specialisation.program, {Target::Backend::ptx, "sm_90a"}, Stage::cubin);
  EXPECT_GT(cubin.entry.resources.spill_store_bytes, 0);
  const auto& remark = cubin.entry.remarks.back();
  EXPECT_EQ(remark.pass, "assemble");
  EXPECT_THAT(remark.text, HasSubstr("rms_norm_fwd does not fit into"));
  EXPECT_THAT(remark.text,
              HasSubstr(std::to_string(cubin.entry.resources.spill_store_bytes) + " bytes"));
}

}  // namespace
}  // namespace tegula::compiler
