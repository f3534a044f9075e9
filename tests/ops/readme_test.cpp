// README.md's C++ code as it stands there, run on the simulator. The last test checks that each of
// its paragraphs is found here word for word.
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "ops/reference/number_format.h"
#include "ops/reference/transfer.h"
#include "tegula/device.h"
#include "tests/ops/op_harness.h"

// clang-format off
#include <tegula/dsl.h>
#include <tegula/ops.h>
using namespace tegula;

namespace {

// A kernel of your own is a function as well, in terms of tiles:
struct ScaleConfig { int bn = 1024, warps = 4; };

void scale_rows(const ScaleConfig& c, In x, In s, Out y) {
  auto [rows, n] = dims2(x);
  require(s, {rows}), require(y, {rows, n});        // checked at every launch
  auto [r, j] = grid({rows, cdiv(n, c.bn)});        // one block for each tile
  Tile row = x.tiles({1, c.bn}).load({r, j}).to(f32);
  Tile factor = s.tiles({1}).load({r}).to(f32);
  y.tiles({1, c.bn}).store((row * factor).to(y.dtype()), {r, j});
}
const auto scale = kernel("scale_rows", scale_rows, {"x", "s", "y"})
    .field("bn", &ScaleConfig::bn).field("warps", &ScaleConfig::warps);

Tensor normalise(Stream& stream, const Tensor& x, const Tensor& weight, const Tensor& r) {
// The library's ops are functions:
Tensor y = ops::rms_norm_fn(stream, x, weight, {.residual = r, .prenorm = true}).y;
return y;
}

void scale_with_2048(Stream& stream, const Tensor& x, const Tensor& s, const Tensor& y) {
scale.with({.bn = 2048}).launch(stream, x, s, y);
}
// clang-format on

using tegula::testing::upload;

TEST(Readme, ItsCodeRuns) {
  constexpr std::size_t m = 3, n = 4100;  // two blocks and a bit for each row
  Stream stream(open_device("sim"));
  const std::vector<double> values = tegula::testing::normal_values(m * n, 1);
  const Tensor x = upload(stream, f32, {m, n}, values);
  const Tensor weight = upload(stream, f32, {n}, std::vector<double>(n, 1));
  const Tensor r = upload(stream, f32, {m, n}, std::vector<double>(m * n, 0));
  const Tensor s = upload(stream, bf16, {m}, {2, -1, 0.5});

  const Tensor y = normalise(stream, x, weight, r);
  const std::vector<double> normalised = reference::download(y);
  scale_with_2048(stream, x, s, y);
  const std::vector<double> scaled = reference::download(y);
  const double factors[] = {2, -1, 0.5};
  for (std::size_t row = 0; row < m; ++row) {
    double squares = 0;
    for (std::size_t i = row * n; i < (row + 1) * n; ++i) squares += normalised[i] * normalised[i];
    EXPECT_NEAR(std::sqrt(squares / n), 1, 1e-5);
    for (std::size_t i = row * n; i < (row + 1) * n; ++i)
      ASSERT_EQ(scaled[i], factors[row] * reference::round_to(f32, values[i])) << i;
  }
}

std::string text_of(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

TEST(Readme, ItsCodeIsThisFiles) {
  std::filesystem::path root = std::filesystem::current_path();
  const std::filesystem::path file = "tests/ops/readme_test.cpp";
  while (!exists(root / file) && root != root.parent_path()) root = root.parent_path();
  if (!exists(root / file)) GTEST_SKIP() << "SKIP: README.md is not in a directory above";
  const std::string page = text_of(root / "README.md"), here = text_of(root / file);
  const std::string opening = "\n```cpp\n";
  int paragraphs = 0;
  for (std::size_t at = 0; (at = page.find(opening, at)) != std::string::npos;) {
    at += opening.size();
    std::istringstream block(page.substr(at, page.find("```", at) - at) + "\n");
    std::string paragraph;
    for (std::string line; std::getline(block, line);) {
      if (!line.empty()) {
        paragraph += line + "\n";
      } else if (!paragraph.empty()) {
        EXPECT_NE(here.find("\n" + paragraph), std::string::npos) << paragraph;
        paragraph.clear();
        ++paragraphs;
      }
    }
  }
  EXPECT_EQ(paragraphs, 5);
}

}  // namespace
