// The command lines of docs/command-line.md and README.md run as they stand there.
#include <filesystem>
#include <fstream>

#include "tegula/cli.h"
#include "tests/cli/cli_harness.h"

namespace tegula::testing {
namespace {

namespace fs = std::filesystem;

fs::path root() {
  fs::path folder = fs::current_path();
  while (!exists(folder / "docs/command-line.md") && folder != folder.parent_path())
    folder = folder.parent_path();
  return folder;
}

/// What follows `program` in the lines of the page's blocks of code.
std::vector<std::string> lines_of(const fs::path& page, const std::string& program) {
  std::ifstream file(page);
  std::vector<std::string> lines;
  bool code = false;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("```")) code = !code;
    if (code && line.starts_with(program)) lines.push_back(line.substr(program.size()));
  }
  return lines;
}

void expect_to_run(const char* page, const std::string& program, std::size_t count) {
  if (!exists(root() / page)) GTEST_SKIP() << "SKIP: " << page << " is not in a directory above";
  const std::vector<std::string> lines = lines_of(root() / page, program);
  EXPECT_EQ(lines.size(), count);
  for (const std::string& line : lines) {
    const CliResult result = tegula_cli(line);
    EXPECT_EQ(result.status, 0) << line << "\n" << result.err;
    EXPECT_NE(result.out, "") << line;
    if (line.find("--json") != line.npos) result.json();
  }
}

TEST(Documentation, CommandLine) { expect_to_run("docs/command-line.md", "tegula ", 18); }
TEST(Documentation, Readme) { expect_to_run("README.md", "build/release/bin/tegula ", 3); }

TEST(Documentation, Ops) {
  if (!exists(root() / "docs")) GTEST_SKIP() << "SKIP: docs are not in a directory above";
  std::ostringstream page;
  page << std::ifstream(root() / "docs/ops.md").rdbuf();
  EXPECT_EQ(tegula_cli("ops --markdown").out, page.str())
      << "`tegula ops --markdown > docs/ops.md` brings the page up to date";
  const auto ops = tegula_cli("ops --json").json().at("ops");
  EXPECT_GE(ops.size(), 29U);
  for (const auto& op : ops) EXPECT_FALSE(op.at("outputs").empty()) << op;
  EXPECT_NE(tegula_cli("ops").out.find("\n    seqlen_offsets"), std::string::npos);
}

// Each option of `run` and `emit`, and each variable that is read, has its row.
TEST(Documentation, NamesEveryOption) {
  if (!exists(root() / "docs")) GTEST_SKIP() << "SKIP: docs are not in a directory above";
  std::ostringstream stream;
  stream << std::ifstream(root() / "docs/command-line.md").rdbuf();
  const std::string page = stream.str();
  for (const char* command : {"run --help", "emit --help"}) {
    std::istringstream help(tegula_cli(std::string(command)).out);
    int options = 0;
    for (std::string line; std::getline(help, line);)
      if (line.starts_with("  --")) {
        const std::string option = line.substr(2, line.find(' ', 2) - 2);
        EXPECT_NE(page.find("`" + option), page.npos) << command << ": " << option;
        ++options;
      }
    EXPECT_GT(options, 4) << command;
  }
  const auto environment = tegula_cli("doctor --json").json().at("environment");
  for (const auto& [name, value] : environment.items())
    if (name.starts_with("TEGULA_") && value.at("read").get<bool>()) {
      EXPECT_NE(page.find("`" + name + "`"), page.npos) << name;
    }
}

}  // namespace
}  // namespace tegula::testing
