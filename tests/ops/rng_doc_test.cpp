// The vectors of docs/rng.md, against the reference that was written from that page, against the
// reference of --check, and against the ops.
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "ops/reference/dropout.h"
#include "ops/reference/transfer.h"
#include "tegula/dsl.h"
#include "tegula/ops/dropout.h"
#include "tests/ops/op_harness.h"
#include "tests/ops/philox_reference.h"

namespace tegula::testing {
namespace {

namespace fs = std::filesystem;

/// What follows `kind` in the lines of the page's blocks of code; none if the page is not in a
/// directory above.
std::vector<std::istringstream> vectors(const std::string& kind) {
  fs::path folder = fs::current_path();
  while (!exists(folder / "docs/rng.md") && folder != folder.parent_path())
    folder = folder.parent_path();
  std::ifstream page(folder / "docs/rng.md");
  std::vector<std::istringstream> found;
  bool code = false;
  for (std::string line; std::getline(page, line);) {
    if (line.starts_with("```")) code = !code;
    if (code && line.starts_with(kind + ' ')) found.emplace_back(line.substr(kind.size()));
  }
  return found;
}

constexpr const char* no_page = "SKIP: docs/rng.md is not in a directory above";

TEST(RngDoc, WordsAreRandom123s) {
  auto lines = vectors("words");
  if (lines.empty()) GTEST_SKIP() << no_page;
  EXPECT_EQ(lines.size(), 6U);
  for (std::istringstream& line : lines) {
    int rounds = 0;
    std::array<std::uint32_t, 2> key{};
    rng_doc::Words counter{}, wanted{};
    line >> rounds >> std::hex;
    for (std::uint32_t& word : key) line >> word;
    for (std::uint32_t& word : counter) line >> word;
    for (std::uint32_t& word : wanted) line >> word;
    ASSERT_TRUE(line) << line.str();
    EXPECT_EQ(rng_doc::philox4x32(rounds, key, counter), wanted) << line.str();
  }
}

TEST(RngDoc, Thresholds) {
  auto lines = vectors("threshold");
  if (lines.empty()) GTEST_SKIP() << no_page;
  EXPECT_EQ(lines.size(), 12U);
  for (std::istringstream& line : lines) {
    double p = 0, scale = 0;
    std::uint32_t threshold = 0;
    ASSERT_TRUE(line >> p >> threshold >> scale) << line.str();
    const auto given = static_cast<float>(p);
    EXPECT_EQ(rng_doc::threshold(given), threshold) << line.str();
    EXPECT_EQ(rng_doc::scale(given), scale) << line.str();
    EXPECT_EQ(static_cast<float>(reference::dropout_scale(given)), scale) << line.str();
  }
}

TEST(RngDoc, Bits) {
  auto lines = vectors("bits");
  if (lines.empty()) GTEST_SKIP() << no_page;
  EXPECT_EQ(lines.size(), 10U);
  for (std::istringstream& line : lines) {
    std::uint64_t seed = 0, offset = 0, row = 0, column = 0;
    line >> seed >> offset >> row >> column >> std::hex;
    for (std::uint64_t k = 0; k < 8; ++k) {
      std::uint32_t wanted = 0;
      ASSERT_TRUE(line >> wanted) << line.str();
      EXPECT_EQ(rng_doc::random_bits(seed, offset, rng_doc::Operand::x, row, column + k), wanted)
          << line.str();
    }
  }
}

struct MaskVector {
  std::uint64_t seed = 0, offset = 0;
  float p = 0;
  bool of_x1 = false;
  std::int64_t row = 0;
  std::vector<double> mask;
};

std::vector<MaskVector> mask_vectors() {
  std::vector<MaskVector> found;
  for (std::istringstream& line : vectors("mask")) {
    MaskVector v;
    std::string whose, bits;
    EXPECT_TRUE(line >> v.seed >> v.offset >> v.p >> whose >> v.row >> bits) << line.str();
    v.of_x1 = whose == "x1";
    for (const char bit : bits) v.mask.push_back(bit - '0');
    found.push_back(v);
  }
  return found;
}

TEST(RngDoc, Masks) {
  const std::vector<MaskVector> found = mask_vectors();
  if (found.empty()) GTEST_SKIP() << no_page;
  EXPECT_EQ(found.size(), 10U);
  for (const MaskVector& v : found) {
    const auto n = static_cast<std::int64_t>(v.mask.size());
    EXPECT_EQ(n, 32);
    const auto all =
        reference::dropout_mask(v.row + 1, n, {v.p, v.seed, v.offset}, v.of_x1 ? 1 : 0);
    for (std::int64_t c = 0; c < n; ++c) {
      const double wanted = v.mask[static_cast<std::size_t>(c)];
      EXPECT_EQ(
          rng_doc::kept(v.seed, v.offset, v.of_x1 ? rng_doc::Operand::x1 : rng_doc::Operand::x,
                        static_cast<std::uint64_t>(v.row), static_cast<std::uint64_t>(c), v.p),
          wanted != 0);
      EXPECT_EQ(all[static_cast<std::size_t>(v.row * n + c)], wanted);
    }
  }
}

class RngDocOps : public OpTest {};
INSTANTIATE_TEST_SUITE_P(Ops, RngDocOps, ::testing::ValuesIn(op_targets()), target_name);

TEST_P(RngDocOps, MasksOfThePage) {
  const std::vector<MaskVector> found = mask_vectors();
  if (found.empty()) GTEST_SKIP() << no_page;
  for (const MaskVector& v : found) {
    const auto n = static_cast<std::int64_t>(v.mask.size());
    const ops::RngState rng = {.seed = v.seed, .offset = v.offset};
    const std::vector<double> mask = reference::download(
        ops::dropout_mask(stream, v.row + 1, n, {.dropout_p = v.p, .rng = rng, .of_x1 = v.of_x1}));
    EXPECT_EQ(std::vector<double>(mask.end() - n, mask.end()), v.mask);
  }
}

TEST_P(RngDocOps, EveryElementAndItsScale) {
  constexpr std::int64_t rows = 37, n = 1003;
  constexpr ops::RngState rng = {.seed = 0xfeedfacecafebeef, .offset = 0x1ffffffff};
  for (const float p : {0.05F, 0.37F, 0.95F}) {
    const std::vector<double> ones(rows * n, 1);
    const std::vector<double> y =
        reference::download(ops::dropout(stream, upload(stream, DType::f32, {rows, n}, ones),
                                         {.dropout_p = p, .rng = rng})
                                .y);
    for (std::int64_t i = 0; i < rows * n; ++i)
      ASSERT_EQ(
          y[static_cast<std::size_t>(i)],
          rng_doc::kept(rng.seed, rng.offset, rng_doc::Operand::x,
                        static_cast<std::uint64_t>(i / n), static_cast<std::uint64_t>(i % n), p)
              ? rng_doc::scale(p)
              : 0)
          << "element " << i << ", p = " << p;
  }
}

}  // namespace
}  // namespace tegula::testing
