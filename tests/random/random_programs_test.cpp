// A fixed set of random programs gives what the host gives, to the bit; the program random_programs
// checks many more of them.
#include <map>
#include <stdexcept>

#include "tests/kernels/harness.h"
#include "tests/random/check.h"
#include "tests/random/generator.h"
#include "tests/random/shrink.h"

namespace tegula::random_programs {
namespace {

class RandomPrograms : public testing::KernelTest {
 protected:
  std::optional<Failure> failure_of(const Program& program) {
    device->options().seed = program.seed;
    return assembles() ? check_ptx(program, stream, arch()) : check(program, stream);
  }
  Program smaller(const Program& program, const Failure& failure) {
    return shrunk(program, [&](const Program& p) {
      try {
        const auto other = failure_of(p);
        return other && other->kind == failure.kind;
      } catch (const std::logic_error&) {
        return false;  // no program that the host can run
      }
    });
  }
};
INSTANTIATE_TEST_SUITE_P(Targets, RandomPrograms, ::testing::ValuesIn(testing::kernel_targets()),
                         testing::target_name);

/// The first failures are made smaller; that takes seconds.
TEST_P(RandomPrograms, GiveWhatTheHostGives) {
  constexpr std::uint64_t architectures = 2;
  const std::uint64_t first = arch() == "sm_80" ? 0 : 1;
  const std::uint64_t programs = assembles() ? 20 : 750;
  int failures = 0;
  for (std::uint64_t n = 0; n < programs && failures < 3; ++n) {
    const Program program = generate(architectures * n + first);
    const auto failure = failure_of(program);
    if (!failure) continue;
    ++failures;
    ADD_FAILURE() << failure->text << "\n"
                  << to_text(smaller(program, *failure)) << "made smaller from\n"
                  << to_text(program);
  }
}

void count_kinds(const Block& block, std::map<Kind, int>& counts) {
  for (const Statement& s : block.body) {
    ++counts[s.kind];
    for (const Block& inner : s.blocks) count_kinds(inner, counts);
  }
}

TEST(RandomProgramGenerator, MeetsEveryKind) {
  std::map<Kind, int> kinds;
  std::map<DType, int> dtypes;
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    const Program program = generate(seed);
    count_kinds(program.body, kinds);
    for (const Type& type : program.types) ++dtypes[type.dtype];
  }
  for (int kind = 0; kind < static_cast<int>(Kind::count); ++kind)
    EXPECT_GE(kinds[static_cast<Kind>(kind)], 10) << "kind " << kind;
  for (int dtype = 0; dtype < dtype_count; ++dtype)
    EXPECT_GE(dtypes[static_cast<DType>(dtype)], 50) << dtype_name(static_cast<DType>(dtype));
}

TEST(RandomProgramGenerator, GivesTheSameForASeed) {
  EXPECT_EQ(to_text(generate(17)), to_text(generate(17)));
  EXPECT_NE(to_text(generate(17)), to_text(generate(18)));
}

/// What fails if an atomic stands in a loop becomes little more than that.
TEST(RandomProgramShrinker, LeavesWhatFails) {
  const auto has_atomic = [](const Block& block) {
    std::map<Kind, int> counts;
    count_kinds(block, counts);
    return counts[Kind::atomic] > 0;
  };
  const auto fails = [&](const Program& program) {
    for (const Statement& s : program.body.body)
      if (s.kind == Kind::for_loop && has_atomic(s.blocks[0])) return true;
    return false;
  };
  int met = 0;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const Program program = generate(seed);
    if (!fails(program)) continue;
    ++met;
    const Program smaller = shrunk(program, fails);
    EXPECT_TRUE(fails(smaller));
    std::map<Kind, int> counts;
    count_kinds(smaller.body, counts);
    int statements = 0;
    for (const auto& [kind, count] : counts) statements += kind == Kind::constant ? 0 : count;
    EXPECT_LE(statements, 4) << to_text(smaller);
  }
  EXPECT_GT(met, 3);
}

}  // namespace
}  // namespace tegula::random_programs
