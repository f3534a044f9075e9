// A fixed set of random programs gives what the host gives, to the bit, on simulators with all
// checks. Many more of them: the program random_programs.
#include <gtest/gtest.h>

#include "tests/random/check.h"
#include "tests/random/generator.h"
#include "tests/random/shrink.h"

namespace tegula::random_programs {
namespace {

class RandomPrograms : public ::testing::TestWithParam<int> {};

constexpr int programs_a_test = 100;

TEST_P(RandomPrograms, GiveWhatTheHostGives) {
  for (int n = 0; n < programs_a_test; ++n) {
    const auto seed = static_cast<std::uint64_t>(GetParam() * programs_a_test + n);
    const Program program = generate(seed);
    const auto failure = check(program);
    if (!failure) continue;
    const Program smaller = shrunk(program, [&](const Program& p) {
      try {
        const auto other = check(p);
        return other && other->kind == failure->kind;
      } catch (const std::logic_error&) {
        return false;  // no program that the host can run
      }
    });
    ADD_FAILURE() << failure->text << "\n"
                  << to_text(smaller) << "made smaller from\n"
                  << to_text(program);
  }
}
INSTANTIATE_TEST_SUITE_P(Seeds, RandomPrograms, ::testing::Range(0, 10));

}  // namespace
}  // namespace tegula::random_programs
