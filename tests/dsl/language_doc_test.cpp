// docs/language.md: its kernels trace, and its code blocks are those of language_doc_kernels.h.
#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include "tests/dsl/helpers.h"
#include "tests/dsl/language_doc_kernels.h"
#include "tests/dsl/language_doc_names.h"

namespace tegula::testing {
namespace {

TEST(LanguageDoc, ItsKernelsTrace) {
  using namespace language_doc;
  const auto row = tensor(f32, {1000}), rows = tensor(f32, {64, 1000});
  const auto ids = tensor(i32, {64});
  trace(scale_kernel, {row, row, 2.0f});
  trace(softmax_kernel, {rows, rows});
  trace(add_norm_gelu_kernel, {rows, absent(), row, rows, tensor(f32, {64}), 1e-6f});
  trace(embedding_kernel, {rows, ids, rows});
  trace(histogram_kernel, {tensor(i32, {1000}), ids});
  trace(segment_sums_kernel, {row, tensor(i32, {9}), tensor(f32, {8})});
  trace(drop_kernel, {row, row, std::uint32_t{1}, 0.9f});
  trace(watched_kernel, {row, row});
  trace(copy_kernel, {rows, rows});
  trace(long_norm_kernel, {rows, rows, tensor(f32, {64}), 1e-6f});
  trace(parts_kernel, {rows, rows, tensor(f32, {64, 3})});
  (void)twice;
}

/// The first of the directories above this one that has the page.
std::filesystem::path find_page() {
  for (auto at = std::filesystem::current_path();; at = at.parent_path()) {
    if (std::filesystem::exists(at / "docs" / "language.md")) return at;
    if (at == at.parent_path()) return {};
  }
}
std::string text_of(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

TEST(LanguageDoc, ItsCodeIsThatOfTheHeader) {
  const std::filesystem::path root = find_page();
  if (root.empty()) GTEST_SKIP() << "SKIP: docs/language.md is not in a directory above";
  const std::string page = text_of(root / "docs" / "language.md");
  const std::string here = text_of(root / "tests" / "dsl" / "language_doc_kernels.h");
  const std::string opening = "\n```cpp\n";
  int blocks = 0;
  for (std::size_t at = 0; (at = page.find(opening, at)) != std::string::npos; ++blocks) {
    at += opening.size();
    const std::string block = page.substr(at, page.find("```", at) - at);
    EXPECT_NE(here.find(block), std::string::npos) << block;
  }
  EXPECT_GT(blocks, 10);
}

std::set<std::string> matches(const std::string& text, const char* pattern) {
  const std::regex regex(pattern);
  std::set<std::string> found;
  for (std::sregex_iterator at(text.begin(), text.end(), regex), end; at != end; ++at)
    found.insert((*at)[1]);
  return found;
}
std::string between(const std::string& text, const std::string& first, const std::string& last) {
  const std::size_t begin = text.find(first) + first.size();
  return text.substr(begin, text.find(last, begin) - begin);
}

/// The element types, what stands in code before a parenthesis and is no member, and the functions
/// of Math, which have none.
TEST(LanguageDoc, EveryNameIsDeclared) {
  const std::filesystem::path root = find_page();
  if (root.empty()) GTEST_SKIP() << "SKIP: docs/language.md is not in a directory above";
  const std::string page = text_of(root / "docs" / "language.md");
  const std::set<std::string> declared =
      matches(text_of(root / "tests" / "dsl" / "language_doc_names.h"), "using tegula::(\\w+);");
  const std::string dtypes = between(page, "\ndtypes:", ". ");
  std::set<std::string> listed = matches(dtypes, "(?:^|[ \n])([fbiu]\\w*\\d)\\b");
  EXPECT_EQ(listed.size(), 15u) << dtypes;
  const std::string math = between(page, "### Math", "Bounds of approximated");
  for (const std::string& code : matches(math, "`([^`]+)`")) listed.merge(matches(code, "(\\w+)"));
  for (const std::string& code : matches(page.substr(page.find("## Reference")), "`([^`\n]+)`"))
    listed.merge(matches(code, "(?:^|[^\\w.:])([a-z]\\w*)\\("));
  EXPECT_GT(listed.size(), 60u);
  for (const std::string& name : listed) EXPECT_TRUE(declared.contains(name)) << name;
}

}  // namespace
}  // namespace tegula::testing
