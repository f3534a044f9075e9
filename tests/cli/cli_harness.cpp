#include "tests/cli/cli_harness.h"

#include <cstdlib>
#include <sstream>

#include "tegula/cli.h"

namespace tegula::testing {

nlohmann::json CliResult::json() const {
  const auto parsed = nlohmann::json::parse(out, nullptr, false);
  EXPECT_TRUE(parsed.is_object()) << "standard output: " << out << "\nstandard error: " << err;
  return parsed.is_object() ? parsed : nlohmann::json::object();
}

CliResult tegula_cli(const std::vector<std::string>& arguments) {
  std::vector<std::string> words = {"tegula"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  ::testing::internal::CaptureStdout();
  ::testing::internal::CaptureStderr();
  CliResult result;
  result.status = cli_main(static_cast<int>(words.size()), argv.data());
  result.out = ::testing::internal::GetCapturedStdout();
  result.err = ::testing::internal::GetCapturedStderr();
  return result;
}

CliResult tegula_cli(const std::string& line) {
  std::istringstream stream(line);
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  return tegula_cli(words);
}

void expect_refused(const std::string& line, int status, const std::vector<std::string>& parts) {
  const CliResult result = tegula_cli(line);
  EXPECT_EQ(result.status, status) << line << "\n" << result.err;
  EXPECT_EQ(result.out, "") << line;
  for (const std::string& part : parts) EXPECT_THAT(result.err, ::testing::HasSubstr(part)) << line;
}

TemporaryFolder::TemporaryFolder() {
  std::string name = (std::filesystem::temp_directory_path() / "tegula_test_XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
  path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace tegula::testing
