// docs/language.md: its kernels trace, and its code blocks are those of language_doc_kernels.h.
#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/dsl/helpers.h"
#include "tests/dsl/language_doc_kernels.h"

namespace tegula::test {
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

}  // namespace
}  // namespace tegula::test
