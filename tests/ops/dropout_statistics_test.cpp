// Whether the masks of dropout look random: fixed seeds, bounds of 5 standard deviations.
#include <cmath>
#include <string>

#include "ops/reference/transfer.h"
#include "tegula/ops/dropout.h"
#include "tests/ops/op_harness.h"
#include "tests/ops/philox_reference.h"

namespace tegula::testing {
namespace {

constexpr std::int64_t rows = 256, n = 1024;
constexpr float probabilities[] = {0.05F, 0.1F, 0.17F, 0.27F, 0.37F, 0.5F, 0.63F, 0.8F, 0.95F};
constexpr double sigmas = 5;

/// With what probability an element is kept.
double keep_rate(float p) { return rng_doc::threshold(p) / 65536.0; }

class DropoutStatistics : public OpTest {
 protected:
  using Bits = std::vector<double>;
  Bits mask(float p, const ops::RngState& rng, bool of_x1 = false) {
    return reference::download(
        ops::dropout_mask(stream, rows, n, {.dropout_p = p, .rng = rng, .of_x1 = of_x1}));
  }
};
INSTANTIATE_TEST_SUITE_P(Ops, DropoutStatistics, ::testing::Values("sim:sm_90a"), target_name);

/// A sum of squares of `count` normal numbers has mean `count` and variance 2 count.
void expect_chi_square(double value, double count, const std::string& what) {
  EXPECT_LT(std::fabs(value - count), sigmas * std::sqrt(2 * count)) << what;
}

/// How many of `total` draws hit, in standard deviations from what is expected.
double deviation(double hits, double total, double rate) {
  return (hits - total * rate) / std::sqrt(total * rate * (1 - rate));
}

/// The correlation of two masks, whose elements i and i + lag are paired, in standard deviations.
double correlation(const std::vector<double>& a, const std::vector<double>& b, std::size_t lag,
                   double rate) {
  double sum = 0;
  for (std::size_t i = 0; i + lag < a.size(); ++i) sum += (a[i] - rate) * (b[i + lag] - rate);
  return sum / (rate * (1 - rate)) / std::sqrt(static_cast<double>(a.size() - lag));
}

TEST_P(DropoutStatistics, KeepRatesOfAllRowsAndColumns) {
  for (const float p : probabilities) {
    const double rate = keep_rate(p);
    EXPECT_LE(std::fabs(rate - (1 - static_cast<double>(p))), 0x1p-17);
    const std::string what = "p = " + std::to_string(p);
    const Bits bits = mask(p, {.seed = 11});
    std::vector<double> by_row(rows), by_column(n), by_place(8);
    double total = 0;
    for (std::size_t i = 0; i < bits.size(); ++i) {
      total += bits[i];
      by_row[i / n] += bits[i];
      by_column[i % n] += bits[i];
      by_place[i % 8] += bits[i];  // in what one call of Philox draws
    }
    EXPECT_LT(std::fabs(deviation(total, rows * n, rate)), sigmas) << what;
    const auto check = [&](const std::vector<double>& hits, const char* which) {
      double squares = 0;
      for (const double k : hits) {
        const double d = deviation(k, static_cast<double>(bits.size() / hits.size()), rate);
        EXPECT_LT(std::fabs(d), sigmas) << what << ", " << which;
        squares += d * d;
      }
      expect_chi_square(squares, static_cast<double>(hits.size()), what + ", " + which);
    };
    check(by_row, "rows");
    check(by_column, "columns");
    check(by_place, "places of a call");
  }
}

// Each of the 256 patterns of what one call decides is as frequent as independent draws make it.
TEST_P(DropoutStatistics, PatternsOfACall) {
  for (const float p : {0.37F, 0.5F}) {
    const double rate = keep_rate(p);
    std::vector<double> counts(256);
    double calls = 0;
    for (const std::uint64_t seed : {1, 2, 3, 4}) {
      const Bits bits = mask(p, {.seed = seed});
      for (std::size_t i = 0; i < bits.size(); i += 8, ++calls) {
        std::size_t pattern = 0;
        for (std::size_t k = 0; k < 8; ++k) pattern = pattern * 2 + (bits[i + k] != 0 ? 1 : 0);
        ++counts[pattern];
      }
    }
    double chi_square = 0;
    for (std::size_t pattern = 0; pattern < 256; ++pattern) {
      const int ones = __builtin_popcountll(pattern);
      const double expected = calls * std::pow(rate, ones) * std::pow(1 - rate, 8 - ones);
      EXPECT_GT(expected, 40);  // enough for the test to hold
      chi_square += (counts[pattern] - expected) * (counts[pattern] - expected) / expected;
    }
    expect_chi_square(chi_square, 255, "p = " + std::to_string(p));
  }
}

// Pearson's test on u itself, by what falls between neighbouring thresholds.
TEST_P(DropoutStatistics, RandomBitsAreUniform) {
  constexpr int cells = 64;
  std::vector<Bits> below;
  for (int k = 1; k < cells; ++k)
    below.push_back(mask(static_cast<float>(1 - k / static_cast<double>(cells)), {.seed = 5}));
  std::vector<double> counts(cells);
  for (std::size_t i = 0; i < below[0].size(); ++i) {
    std::size_t cell = 0;
    while (cell < below.size() && below[cell][i] == 0) ++cell;
    ++counts[cell];
  }
  constexpr double expected = static_cast<double>(rows * n) / cells;
  double chi_square = 0;
  for (const double count : counts)
    chi_square += (count - expected) * (count - expected) / expected;
  expect_chi_square(chi_square, cells - 1, "u");
}

TEST_P(DropoutStatistics, MasksOfOtherCallsSeedsAndOperandsAreUncorrelated) {
  for (const float p : {0.1F, 0.5F}) {
    const double rate = keep_rate(p);
    const Bits first = mask(p, {.seed = 21, .offset = 6});
    const auto expect_uncorrelated = [&](const Bits& other, std::size_t lag, const char* what) {
      EXPECT_LT(std::fabs(correlation(first, other, lag, rate)), sigmas)
          << what << ", lag " << lag << ", p = " << p;
    };
    for (const std::uint64_t offset : {4, 7, 8, 10, 1030})
      expect_uncorrelated(mask(p, {.seed = 21, .offset = offset}), 0, "offsets");
    expect_uncorrelated(mask(p, {.seed = 21, .offset = 0x100000006}), 0, "offsets' upper halves");
    for (const std::uint64_t seed : {20, 22, 23})
      expect_uncorrelated(mask(p, {.seed = seed, .offset = 6}), 0, "seeds");
    expect_uncorrelated(mask(p, {.seed = 0x100000000 + 21, .offset = 6}), 0, "seeds' upper halves");
    expect_uncorrelated(mask(p, {.seed = 21, .offset = 6}, true), 0, "x and x1");
    expect_uncorrelated(mask(p, {.seed = 21, .offset = 4}, true), 0, "the x1 of the call before");
    for (const std::size_t lag : {1, 2, 3, 4, 7, 8, 16, 1024, 8 * 1024})
      expect_uncorrelated(first, lag, "neighbours");
  }
}

// What the correlation above would find: masks of one random number for two elements.
TEST_P(DropoutStatistics, ACorrelationWouldBeFound) {
  const Bits bits = mask(0.5F, {.seed = 1});
  Bits doubled(bits.size());
  for (std::size_t i = 0; i < bits.size(); ++i) doubled[i] = bits[i / 2 * 2];
  EXPECT_GT(correlation(doubled, doubled, 1, 0.5), 100);
}

}  // namespace
}  // namespace tegula::testing
