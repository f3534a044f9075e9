// Every kernel of the library, for every architecture: it assembles, spills nothing, and takes at
// most 5 % more registers than resource_table.inc says. The kernels of the language's own tests are
// in tests/kernels.
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <set>
#include <string>
#include <vector>

#include "compiler/backend/ptx/assembler.h"
#include "runtime/format/architecture.h"
#include "tegula/compiler.h"
#include "tegula/error.h"
#include "tests/compiler/backend/ptx/library_cases.h"
#include "tests/compiler/backend/ptx/resource_table.h"
#include "tools/cli/specialisation.h"

namespace tegula::compiler {
namespace {

constexpr const char* how_to_record =
    "if this is meant, refresh the table as tests/compiler/backend/ptx/resource_table.h says";

/// The one that the table is of, but where it spills.
std::string assembler_name() {
  return assemblers().front().name + " " + assemblers().front().version;
}

class Assemble : public testing::TestWithParam<std::tuple<std::string, LibraryCase>> {};

/// The registers that the table says; -1 for a case or an architecture that it lacks.
int recorded_registers(const std::string& name, const std::string& arch) {
  for (const Recorded& row : recorded_resources)
    for (std::size_t i = 0; i < std::size(recorded_architectures); ++i)
      if (row.name == name && recorded_architectures[i] == arch) return row.registers[i];
  return -1;
}

TEST_P(Assemble, WithoutSpillsAndAsRecorded) {
  if (assemblers().empty()) GTEST_SKIP() << "SKIP: no assembler for PTX on this machine";
  const auto& [arch, c] = GetParam();
  const format::Entry entry = assemble_case(c, arch).cubin.entry;
  if (c.may_need_ptxas && assemblers().size() < 2 && entry.resources.spill_store_bytes > 0)
    GTEST_SKIP() << "SKIP: " << assembler_name() << " spills, and there is no other assembler";
  EXPECT_EQ(entry.resources.spill_store_bytes, 0);
  EXPECT_EQ(entry.resources.spill_load_bytes, 0);
  EXPECT_EQ(entry.resources.stack_bytes, 0);
  EXPECT_GT(entry.resources.registers, 0);
  if (!c.is_recorded) return;
  if (assembler_name() != recorded_with)
    GTEST_SKIP() << "SKIP: no spills, but registers are those of " << recorded_with << ", not of "
                 << assembler_name();
  // The other one's registers, where this one would have spilled, are as many as a thread may have.
  if (entry.assembler != assembler_name()) return;
  const int recorded = recorded_registers(c.name, arch);
  EXPECT_LE(entry.resources.registers * 100, recorded * 105)
      << "recorded: " << recorded << "; " << how_to_record;
}

std::vector<std::string> architecture_names() {
  std::vector<std::string> names;
  for (const format::Architecture& a : format::architectures()) names.emplace_back(a.name);
  return names;
}

std::vector<std::tuple<std::string, LibraryCase>> assembled_cases() {
  std::vector<std::tuple<std::string, LibraryCase>> cases;
  for (const std::string& arch : architecture_names())
    for (const LibraryCase& c : library_cases())
      if (is_for(c, arch)) cases.emplace_back(arch, c);
  return cases;
}

INSTANTIATE_TEST_SUITE_P(Kernels, Assemble, testing::ValuesIn(assembled_cases()),
                         [](const auto& info) {
                           return std::get<0>(info.param) + "_" + std::get<1>(info.param).name;
                         });

TEST(ResourceTable, HasEveryCaseAndArchitecture) {
  std::set<std::string> kernels;
  std::size_t recorded = 0;
  for (const LibraryCase& c : library_cases()) {
    kernels.insert(c.kernel);
    if (!c.is_recorded) continue;
    ++recorded;
    for (const std::string& arch : architecture_names()) {
      if (!is_for(c, arch)) continue;
      EXPECT_GT(recorded_registers(c.name, arch), 0)
          << c.name << " on " << arch << ": " << how_to_record;
    }
  }
  EXPECT_EQ(std::size(recorded_resources), recorded) << how_to_record;
  for (const KernelBase* kernel : tegula::kernels())
    EXPECT_TRUE(kernels.contains(kernel->name())) << kernel->name() << " is not in library_cases()";
}

// Registers of other tiles say nothing about these.
TEST(ResourceTable, HasTheConfigurationsThatOpsChoose) {
  for (const LibraryCase& c : library_cases()) {
    const auto specialisation = cli::specialise(c.kernel, c.bindings, c.config);
    for (const Recorded& row : recorded_resources)
      if (row.name == c.name) {
        EXPECT_EQ(row.config, specialisation.kernel->to_text(specialisation.config))
            << c.name << ": " << how_to_record;
      }
  }
}

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

/// The backward norm with every gradient holds four sums and two weights all the time.
TEST(Assemblers, TheOneThatSpillsLeastIsTaken) {
  if (assemblers().size() < 2) GTEST_SKIP() << "SKIP: fewer than two assemblers on this machine";
  const auto all = std::ranges::find(library_cases(), "rms_norm_bwd_4096_all", &LibraryCase::name);
  for (const char* arch : {"sm_80", "sm_90a"}) {
    const auto specialisation = cli::specialise(all->kernel, all->bindings, all->config);
    const Emitted ptx = emit(specialisation.program, {Target::Backend::ptx, arch}, Stage::ptx);
    const std::string_view text(reinterpret_cast<const char*>(ptx.bytes.data()), ptx.bytes.size());
    const auto spilled = [](const Cubin& cubin) {
      return cubin.resources.spill_store_bytes + cubin.resources.spill_load_bytes;
    };
    std::int64_t least = std::numeric_limits<std::int64_t>::max();
    for (const AssemblerInfo& assembler : assemblers())
      least = std::min(least, spilled(assemble_with(assembler, text, arch)));
    EXPECT_EQ(spilled(assemble(text, arch)), least) << arch;
  }
}

TEST(Assemblers, WhatIsUnknownSpillsNoLess) {
  const auto cubin = [](int registers, int stores, std::size_t bytes) {
    Cubin result;
    result.bytes.resize(bytes);
    result.resources.registers = registers;
    result.resources.spill_store_bytes = result.resources.spill_load_bytes = stores;
    return result;
  };
  const Cubin spills = cubin(255, 40, 10);
  EXPECT_TRUE(spills_less(cubin(255, 0, 10), spills));
  EXPECT_TRUE(spills_less(cubin(255, 36, 10), spills));
  EXPECT_FALSE(spills_less(cubin(255, 40, 10), spills));
  EXPECT_FALSE(spills_less(cubin(-1, -1, 10), spills)) << "a log that cannot be read";
  EXPECT_FALSE(spills_less(cubin(255, 0, 0), spills)) << "no code";
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
