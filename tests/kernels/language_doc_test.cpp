// The kernels that docs/language.md shows compute what the page says, on round sizes and odd ones.
#include "tests/dsl/language_doc_kernels.h"

#include <gmock/gmock.h>

#include <cmath>

#include "runtime/format/architecture.h"
#include "tegula/error.h"
#include "tests/kernels/harness.h"

namespace tegula::testing {
namespace {

using namespace language_doc;

class LanguageDoc : public KernelTest {
 protected:
  Tensor f32_filled(const Dims& shape) { return filled(f32, shape, -7); }
};
INSTANTIATE_TEST_SUITE_P(Targets, LanguageDoc, ::testing::ValuesIn(kernel_targets()), target_name);

/// f(row, column) for each element of a (rows, n) tensor.
template <class F>
std::vector<double> each(std::int64_t rows, std::int64_t n, F f) {
  std::vector<double> values;
  for (std::int64_t r = 0; r < rows; ++r)
    for (std::int64_t k = 0; k < n; ++k) values.push_back(f(r, k));
  return values;
}

TEST_P(LanguageDoc, Scale) {
  for (const std::int64_t n : {1, 1000, 4096}) {
    const auto x = random_floats(f32, n);
    const Tensor y = f32_filled({n}), source = floats(f32, {n}, x);
    launch(scale_kernel, ScaleCfg{}, source, y, 2.0f);
    const auto wanted = each(1, n, [&](auto, auto k) { return 2 * x[k]; });
    expect_floats(y, wanted);
    if (assembles()) continue;
    const Tensor again = f32_filled({n});
    twice(stream, source, again);
    expect_floats(again, wanted);
  }
}

TEST_P(LanguageDoc, Softmax) {
  for (const std::int64_t n : {3, 1000, 4096}) {
    const auto x = random_floats(f32, 5 * n);
    const Tensor y = f32_filled({5, n});
    launch(softmax_kernel, RowCfg{}, floats(f32, {5, n}, x), y);
    expect_near(y,
                each(5, n,
                     [&](auto r, auto k) {
                       double total = 0;
                       for (std::int64_t j = 0; j < n; ++j) total += std::exp(x[r * n + j]);
                       return std::exp(x[r * n + k]) / total;
                     }),
                1e-6);
  }
}

TEST_P(LanguageDoc, FusedNorm) {
  constexpr std::int64_t rows = 3, n = 1001;
  for (const bool with_residual : {false, true}) {
    const auto x = random_floats(f32, rows * n, 1), residual = random_floats(f32, rows * n, 2);
    const auto w = random_floats(f32, n, 3);
    const auto h = [&](auto r, auto k) {
      return x[r * n + k] + (with_residual ? residual[r * n + k] : 0);
    };
    std::vector<double> inverse;
    for (std::int64_t r = 0; r < rows; ++r) {
      double squares = 0;
      for (std::int64_t k = 0; k < n; ++k) squares += h(r, k) * h(r, k);
      inverse.push_back(1 / std::sqrt(squares / n + 1e-6));
    }
    const Tensor added = floats(f32, {rows, n}, residual);
    const Tensor y = f32_filled({rows, n}), rstd = f32_filled({rows});
    launch(add_norm_gelu_kernel, RowCfg{.bn = 1024}, floats(f32, {rows, n}, x),
           with_residual ? added.ref() : TensorRef{}, floats(f32, {n}, w), y, rstd, 1e-6f);
    expect_near(rstd, inverse, 1e-6);
    expect_near(y,
                each(rows, n,
                     [&](auto r, auto k) {
                       const double v = h(r, k) * inverse[r] * w[k];
                       return 0.5 * v * (1 + std::erf(v * std::sqrt(0.5)));
                     }),
                4e-6);
  }
}

TEST_P(LanguageDoc, Embedding) {
  constexpr std::int64_t vocabulary = 7, n = 300;
  const auto table = random_floats(f32, vocabulary * n);
  const std::vector<std::int64_t> ids = {3, 0, -1, 6, 7, 2147483647, 3};
  const Tensor y = f32_filled({7, n});
  launch(embedding_kernel, RowCfg{.bn = 512, .warps = 4}, floats(f32, {vocabulary, n}, table),
         integers(i32, {7}, ids), y);
  expect_floats(y, each(7, n, [&](auto r, auto k) {
                  return ids[r] >= 0 && ids[r] < vocabulary ? table[ids[r] * n + k] : 0.0;
                }));
}

TEST_P(LanguageDoc, Histogram) {
  const auto x = random_integers(-2, 12, 5000);
  std::vector<std::int64_t> wanted(10, 100);
  for (const std::int64_t v : x)
    if (v >= 0 && v < 10) ++wanted[v];
  const Tensor counts = filled(i32, {10}, 100);
  launch(histogram_kernel, RowCfg{.bn = 1024}, integers(i32, {5000}, x), counts);
  expect_integers(counts, wanted);
}

TEST_P(LanguageDoc, SegmentSums) {
  const std::vector<std::int64_t> offsets = {0, 0, 1, 130, 130, 600, 1000};
  // Whole numbers: their sums are exact in every order.
  const auto x = random_integers(-50, 50, 1000);
  std::vector<double> wanted;
  for (std::size_t s = 0; s + 1 < offsets.size(); ++s) {
    double total = 0;
    for (std::int64_t k = offsets[s]; k < offsets[s + 1]; ++k) total += static_cast<double>(x[k]);
    wanted.push_back(total);
  }
  const Tensor y = f32_filled({6});
  launch(segment_sums_kernel, RowCfg{.bn = 128, .warps = 2},
         floats(f32, {1000}, {x.begin(), x.end()}), integers(i32, {7}, offsets), y);
  expect_floats(y, wanted);
}

TEST_P(LanguageDoc, PersistentCopy) {
  for (const int blocks : {1, 5, 264}) {
    const auto x = random_floats(f32, 37 * 300);
    const Tensor y = f32_filled({37, 300});
    launch(copy_kernel, CopyCfg{.blocks = blocks}, floats(f32, {37, 300}, x), y);
    expect_floats(y, x);
  }
}

TEST_P(LanguageDoc, ARowOverACluster) {
  const bool has_clusters = format::compute_of(arch()).value_or(0) >= 90;
  for (const std::int64_t n : {1000, 4096, 16380}) {
    const LongRowCfg c = {.bn = has_clusters ? 4096 : 16384, .cluster = has_clusters ? 4 : 1};
    const auto x = random_floats(f32, 3 * n);
    std::vector<double> inverse;
    for (std::int64_t r = 0; r < 3; ++r) {
      double squares = 0;
      for (std::int64_t k = 0; k < n; ++k) squares += x[r * n + k] * x[r * n + k];
      inverse.push_back(1 / std::sqrt(squares / static_cast<double>(n) + 1e-6));
    }
    const Tensor y = f32_filled({3, n}), rstd = f32_filled({3});
    launch(long_norm_kernel, c, floats(f32, {3, n}, x), y, rstd, 1e-6f);
    expect_near(rstd, inverse, 1e-6);
    expect_near(y, each(3, n, [&](auto r, auto k) { return x[r * n + k] * inverse[r]; }), 1e-6);
  }
}

/// The first word of Philox4x32-7 for the counter (c0, 0, 0, 0) and the key (key, 0), from the
/// algorithm's definition (Salmon et al., SC 2011).
std::uint32_t first_word(std::uint32_t key, std::uint32_t c0) {
  std::uint32_t c[4] = {c0, 0, 0, 0}, k[2] = {key, 0};
  for (int round = 0; round < 7; ++round) {
    const std::uint64_t p0 = std::uint64_t{0xD2511F53} * c[0],
                        p1 = std::uint64_t{0xCD9E8D57} * c[2];
    const std::uint32_t next[4] = {
        static_cast<std::uint32_t>(p1 >> 32) ^ c[1] ^ k[0], static_cast<std::uint32_t>(p1),
        static_cast<std::uint32_t>(p0 >> 32) ^ c[3] ^ k[1], static_cast<std::uint32_t>(p0)};
    std::copy(next, next + 4, c);
    k[0] += 0x9E3779B9, k[1] += 0xBB67AE85;
  }
  return c[0];
}

TEST_P(LanguageDoc, Dropout) {
  constexpr std::int64_t n = 3000;
  const auto x = random_floats(f32, n);
  const auto wanted = each(1, n, [&](auto, auto k) {
    const float uniform =
        static_cast<float>(first_word(77, static_cast<std::uint32_t>(k)) >> 8) * 0x1p-24f;
    return uniform < 0.75f ? static_cast<double>(static_cast<float>(x[k]) / 0.75f) : 0.0;
  });
  for (const int bn : {128, 2048}) {
    const Tensor y = f32_filled({n});
    launch(drop_kernel, RowCfg{.bn = bn, .warps = 4}, floats(f32, {n}, x), y, std::uint32_t{77},
           0.75f);
    expect_floats(y, wanted);
  }
}

TEST_P(LanguageDoc, Helpers) {
  constexpr std::int64_t rows = 3;
  // All of the tile is in the tensor: mean_and_variance counts what is padded, too.
  constexpr std::int64_t width = 1024;
  const auto x = random_floats(f32, rows * width);
  const Tensor y = f32_filled({rows, width}), moments = f32_filled({rows, 3});
  launch(parts_kernel, RowCfg{.bn = width}, floats(f32, {rows, width}, x), y, moments);
  std::vector<double> wanted_moments;
  for (std::int64_t r = 0; r < rows; ++r) {
    double total = 0, squares = 0, deviations = 0;
    for (std::int64_t k = 0; k < width; ++k)
      total += x[r * width + k], squares += x[r * width + k] * x[r * width + k];
    for (std::int64_t k = 0; k < width; ++k)
      deviations += std::pow(x[r * width + k] - total / width, 2);
    wanted_moments.insert(wanted_moments.end(), {total / width, deviations / width, squares});
  }
  expect_near(moments, wanted_moments, 1e-6);
  // 1024 is halved to 8: 2 * 8 + 0.
  expect_near(y,
              each(rows, width,
                   [&](auto r, auto k) {
                     const double v = x[r * width + k] - wanted_moments[3 * r];
                     return v / (1 + std::exp(-v)) + 16;
                   }),
              1e-6);
}

TEST_P(LanguageDoc, Watched) {
  device->options().show_prints = false;
  std::vector<double> x(300, 0.5);
  const Tensor y = f32_filled({300});
  launch(watched_kernel, RowCfg{.bn = 256, .warps = 2}, floats(f32, {300}, x), y);
  expect_floats(y, x);
  if (!simulates()) return;
  ASSERT_EQ(device->prints().size(), 2U);
  EXPECT_EQ(device->prints()[0].text, "block 0 has the sum 128");
  EXPECT_EQ(device->prints()[1].text, "block 1 has the sum 22");
  x[299] = std::nan("");
  try {
    launch(watched_kernel, RowCfg{.bn = 256, .warps = 2}, floats(f32, {300}, x), y);
    ADD_FAILURE() << "no error";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), ::testing::HasSubstr("x holds a NaN"));
    EXPECT_THAT(error.what(), ::testing::HasSubstr("language_doc_kernels.h:"));
  }
}

}  // namespace
}  // namespace tegula::testing
