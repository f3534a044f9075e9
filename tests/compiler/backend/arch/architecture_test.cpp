// Architectures that the table lacks: baseline PTX with a remark, or an error that says why not.
#include <gmock/gmock.h>

#include <string>

#include "compiler/backend/arch/architecture.h"
#include "tegula/compile.h"
#include "tegula/compiler.h"
#include "tegula/error.h"
#include "tools/cli/specialisation.h"

namespace tegula::compiler {
namespace {

using ::testing::HasSubstr;

std::string as_text(const std::vector<std::byte>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::vector<std::byte> program() { return cli::specialise("rms_norm_fwd", {}, "").program; }

/// What the error of code `unsupported` says that `call` throws.
template <class Call>
std::string error_of(Call call) {
  try {
    call();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::unsupported);
    return error.what();
  }
  ADD_FAILURE() << "no error";
  return {};
}

TEST(Architectures, UnknownOnesGetTheBaselineBelow) {
  const std::pair<const char*, const char*> cases[] = {
      {"sm_87", "sm_80"},    {"sm_90", "sm_90"},   {"sm_95", "sm_90"},    {"sm_100a", "sm_100a"},
      {"sm_101a", "sm_100"}, {"sm_110", "sm_100"}, {"sm_120f", "sm_100"}, {"sm_130", "sm_100"},
  };
  for (const auto& [name, compiled] : cases) {
    const TargetArchitecture target = find_target(name);
    EXPECT_EQ(target.name, name);
    EXPECT_EQ(target.compiled->name, compiled) << name;
    EXPECT_EQ(target.is_baseline(), std::string(name) != compiled) << name;
  }
}

TEST(Architectures, TheTableIsInOrderAndNamesAgree) {
  int last = 0;
  for (const format::Architecture& a : format::architectures()) {
    EXPECT_EQ(format::compute_of(a.name), a.compute);
    EXPECT_GE(a.compute, last);
    EXPECT_GE(a.shared_limit, format::shared_static_limit);
    last = a.compute;
  }
}

TEST(Architectures, PtxOfAnUnknownOneSaysSo) {
  const Emitted ptx = emit(program(), {Target::Backend::ptx, "sm_130"}, Stage::ptx);
  EXPECT_THAT(as_text(ptx.bytes), HasSubstr(".target sm_100\n"));
  ASSERT_FALSE(ptx.entry.remarks.empty());
  EXPECT_EQ(ptx.entry.remarks[0].pass, "target");
  EXPECT_EQ(
      ptx.entry.remarks[0].text,
      "sm_130 is not known: the code is PTX of sm_100, which the driver's JIT compiles for it");
}

TEST(Architectures, ACompiledEntryOfAnUnknownOneIsPtxForTheDriver) {
  const CompileRequest request{program(), {Target::Backend::ptx, "sm_110"}};
  const format::Entry entry = format::read_entry(compile_request(serialise(request)));
  EXPECT_EQ(entry.payload_kind, format::PayloadKind::ptx);
  EXPECT_EQ(entry.arch, "sm_110");
  EXPECT_EQ(entry.resources.registers, -1);
  EXPECT_THAT(as_text(entry.payload), HasSubstr(".target sm_100\n"));
  ASSERT_FALSE(entry.remarks.empty());
  EXPECT_THAT(entry.remarks[0].text, HasSubstr("sm_110 is not known"));
}

TEST(Architectures, ACubinOfAnUnknownOneIsTheDriversToMake) {
  const std::string message = error_of([] {
    emit(program(), {Target::Backend::ptx, "sm_130"}, Stage::cubin);
  });
  EXPECT_THAT(message, HasSubstr("the driver's JIT makes one from PTX"));
  EXPECT_THAT(message, HasSubstr("got sm_130"));
  EXPECT_THAT(message, HasSubstr("sm_90a"));
}

TEST(Architectures, TooOldAndNonsense) {
  for (const char* old : {"sm_75", "sm_42", "sm_70"})
    EXPECT_THAT(error_of([&] {
                  emit(program(), {Target::Backend::ptx, old}, Stage::ptx);
                }),
                HasSubstr("too old (got " + std::string(old) + "; wanted sm_80 or newer)"));
  for (const char* nonsense : {"", "sm_", "sm_9", "sm_90b", "sm_1234", "gfx942", "sm_90aa", "90"})
    EXPECT_THAT(error_of([&] {
                  emit(program(), {Target::Backend::ptx, nonsense}, Stage::ptx);
                }),
                HasSubstr("one of sm_80, sm_86"))
        << nonsense;
}

}  // namespace
}  // namespace tegula::compiler
