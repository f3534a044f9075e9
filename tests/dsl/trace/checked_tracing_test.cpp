// What TEGULA_CHECKED_TRACING may say. The tests' program asks for it as it starts (helpers.h), so
// each case starts it anew, which is what a "threadsafe" death test does.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

namespace tegula::testing {
namespace {

using ::testing::AllOf;
using ::testing::ExitedWithCode;
using ::testing::HasSubstr;
using ::testing::Not;

class CheckedTracingDeathTest : public ::testing::Test {
 protected:
  CheckedTracingDeathTest() { GTEST_FLAG_SET(death_test_style, "threadsafe"); }
  ~CheckedTracingDeathTest() override { ::unsetenv("TEGULA_CHECKED_TRACING"); }
};

TEST_F(CheckedTracingDeathTest, AnotherValueIsSaid) {
  ::setenv("TEGULA_CHECKED_TRACING", "yes", 1);
  EXPECT_EXIT(std::exit(0), ExitedWithCode(0),
              AllOf(HasSubstr("warning: TEGULA_CHECKED_TRACING=yes is neither 0 nor 1; "),
                    HasSubstr(" is used\n")));
}

TEST_F(CheckedTracingDeathTest, TheTwoThatThereAre) {
  for (const char* value : {"0", "1", ""}) {
    ::setenv("TEGULA_CHECKED_TRACING", value, 1);
    EXPECT_EXIT(std::exit(0), ExitedWithCode(0), Not(HasSubstr("TEGULA_CHECKED_TRACING")));
  }
}

}  // namespace
}  // namespace tegula::testing
