// Addresses, truths in memory, and what the encoder does not know.
#include "tests/compiler/backend/encoder/encoder_case.h"

namespace tegula::compiler {
namespace {

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
