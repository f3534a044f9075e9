// Levels of the log. What is said at each is tested where it is said.
#include "tegula/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "tests/runtime/cache/log_lines.h"

namespace tegula {
namespace {

using ::testing::ExitedWithCode;

TEST(Log, LetsThroughWhatTheLevelSays) {
  const testing::LogLines lines;
  const LogLevel before = set_log_level(LogLevel::info);
  log(LogLevel::error, "e");
  log(LogLevel::info, "i");
  log(LogLevel::debug, "d");
  EXPECT_EQ(lines.text(), "e\ni\n");
  EXPECT_EQ(set_log_level(LogLevel::error), LogLevel::info);
  log(LogLevel::warn, "w");
  set_log_level(before);
  EXPECT_EQ(lines.size(), 2U);
}

/// In a program of its own with TEGULA_LOG set to `value`: what it writes, one line a level.
void says(const char* value) {
  ::setenv("TEGULA_LOG", value, 1);
  for (const LogLevel level : {LogLevel::error, LogLevel::warn, LogLevel::info, LogLevel::debug})
    log(level, "text");
  std::exit(0);
}

class LogDeathTest : public ::testing::Test {
 protected:
  LogDeathTest() { GTEST_FLAG_SET(death_test_style, "threadsafe"); }
};

TEST_F(LogDeathTest, LevelsOfTheEnvironment) {
  EXPECT_EXIT(says("error"), ExitedWithCode(0), "^tegula: error: text\n$");
  EXPECT_EXIT(says("warn"), ExitedWithCode(0), "^tegula: error: text\ntegula: warning: text\n$");
  EXPECT_EXIT(says(""), ExitedWithCode(0), "^tegula: error: text\ntegula: warning: text\n$");
  EXPECT_EXIT(says("debug"), ExitedWithCode(0), "warning: text\ntegula: text\ntegula: debug: text");
}

TEST_F(LogDeathTest, AnotherValueIsSaidOnce) {
  EXPECT_EXIT(says("loud"), ExitedWithCode(0),
              "^tegula: warning: TEGULA_LOG=loud is no level .wanted error, warn, info or debug.; "
              "warn is used\ntegula: error: text\ntegula: warning: text\n$");
}

}  // namespace
}  // namespace tegula
