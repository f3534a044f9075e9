// Runs command lines in this process and keeps what they print.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace tegula::testing {

struct CliResult {
  int status = -1;
  std::string out, err;
  /// Standard output as one JSON object; fails the test if it is anything else.
  nlohmann::json json() const;
};

/// `tegula` with these arguments, each one word.
CliResult tegula_cli(const std::vector<std::string>& arguments);
/// The same, split at spaces.
CliResult tegula_cli(const std::string& line);

/// Expects exit status `status` and all of `parts` in standard error.
void expect_refused(const std::string& line, int status, const std::vector<std::string>& parts);

/// A folder of the test's own, removed with it.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  std::string file(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

}  // namespace tegula::testing
