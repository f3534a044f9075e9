// Lesson 3: a reduction of your own.
//
// Mean and variance of every row of a matrix in one pass, by the method of Chan, Golub and LeVeque
// (1979): two parts of a row, each known by its (mean, sum of squared deviations, count), combine
// to those of both. The textbook's E[x^2] - E[x]^2 cancels where the mean is large: see below.
#include <algorithm>
#include <array>
#include <cmath>

#include "examples/common/common.h"
#include "tegula/dsl.h"

namespace {

using namespace tegula;

struct RowConfig {
  int bn = 1024, warps = 4;
};

// A function on tiles is C++; it serves whole tiles in the loop below, and two scalars in reduce().
// An empty part has count 0: `max` keeps 0 / 0 away.
std::array<Tile, 3> both(const std::array<Tile, 3>& a, const std::array<Tile, 3>& b) {
  auto [mean_a, m2_a, n_a] = a;
  auto [mean_b, m2_b, n_b] = b;
  Tile n = n_a + n_b, share = n_b / max(n, 1.f), delta = mean_b - mean_a;
  return {mean_a + delta * share, m2_a + m2_b + delta * delta * n_a * share, n};
}

// Rows of any length: column k of the tile collects elements k, k + bn, k + 2 bn, ... of the row,
// and reduce() then combines the columns, over registers, lanes and warps.
void row_moments(const RowConfig& c, In x, Out mean, Out variance) {
  auto [rows, n] = dims2(x);
  require(mean, {rows}), require(variance, {rows});
  auto [r] = grid({rows});
  Tile m = zeros(f32, {1, c.bn}), m2 = zeros(f32, {1, c.bn}), count = zeros(f32, {1, c.bn});
  for (auto j : range(0, cdiv(n, c.bn))) {
    Tile v = x.tiles({1, c.bn}).load({r, j}).to(f32);
    Tile inside = select(j * c.bn + iota(c.bn) < n, 1.f, 0.f);
    auto [new_m, new_m2, new_count] = both({m, m2, count}, {v, zeros(f32, {}), inside});
    m = new_m, m2 = new_m2, count = new_count;  // assigned in the loop, so carried by it
  }
  auto [row_mean, row_m2, row_count] = reduce({m, m2, count}, 1, both);
  mean.tiles({1}).store(row_mean.squeeze(), {r});
  variance.tiles({1}).store((row_m2 / row_count).squeeze(), {r});
}
const auto moments_kernel = kernel("row_moments", row_moments, {"x", "mean", "variance"})
                                .sweep("bn", &RowConfig::bn, {512, 1024, 2048})
                                .sweep("warps", &RowConfig::warps, {2, 4, 8});

/// In fp64, two passes.
double variance_of(const float* row, std::size_t n) {
  double sum = 0, squares = 0;
  for (std::size_t i = 0; i < n; ++i) sum += double{row[i]};
  for (std::size_t i = 0; i < n; ++i)
    squares += (double{row[i]} - sum / double(n)) * (double{row[i]} - sum / double(n));
  return squares / double(n);
}

/// In f32, E[x^2] - E[x]^2.
double textbook_variance(const float* row, std::size_t n) {
  float sum = 0, squares = 0;
  for (std::size_t i = 0; i < n; ++i) sum += row[i], squares += row[i] * row[i];
  const float mean = sum / float(n);
  return double{squares / float(n) - mean * mean};
}

int lesson() {
  constexpr std::size_t rows = 4, n = 5000;
  const std::vector<float> x = examples::normal_values(rows * n, 1000, 7);  // 1000 +- 1

  Stream stream(examples::open_any_device());
  std::printf("running on %s\n", stream.device()->name().c_str());
  const Tensor mean = stream.empty(f32, {rows}), variance = stream.empty(f32, {rows});
  moments_kernel.launch(stream, examples::upload(stream, f32, {rows, n}, x), mean, variance);

  const auto means = examples::download<float>(mean), got = examples::download<float>(variance);
  std::printf("row      mean  variance      fp64  E[x^2] - E[x]^2\n");
  double worst = 0;
  for (std::size_t r = 0; r < rows; ++r) {
    const double want = variance_of(&x[r * n], n);
    std::printf("%3zu %9.3f %9.6f %9.6f %16.6f\n", r, double{means[r]}, double{got[r]}, want,
                textbook_variance(&x[r * n], n));
    worst = std::max(worst, std::abs(double{got[r]} - want) / want);
  }
  std::printf("largest relative error: %.1e\n", worst);
  return worst < 1e-4 ? 0 : 1;
}

}  // namespace

int main() { return examples::run_lesson(lesson); }
