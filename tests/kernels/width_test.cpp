// How wide and how whole accesses are: tensors of several dtypes that meet, transposed tensors.
#include "tests/kernels/harness.h"

namespace tegula::testing {
namespace {

struct Cfg {
  int bm = 1, bn = 1024;
  int warps = 4;
};

template <class K>
auto with_fields(K kernel) {
  return std::move(kernel).field("bm", &Cfg::bm).field("bn", &Cfg::bn).field("warps", &Cfg::warps);
}

class Width : public KernelTest {
 protected:
  void expect_full_vectors_and_sectors() const {
    if (!simulates()) return;
    const SimCounters& counters = device->counters();
    EXPECT_GE(counters.vector128_fraction(), 0.98);
    EXPECT_EQ(counters.global_sectors, counters.min_sectors);
    EXPECT_EQ(counters.shared_wavefronts, counters.min_shared_wavefronts);
  }
};
INSTANTIATE_TEST_SUITE_P(Targets, Width, ::testing::ValuesIn(kernel_targets()), target_name);

/// What a norm does with a residual stream in f32, and a dropout mask of bytes.
void mixed_fwd(const Cfg& c, In x, In residual, In weight, Out y, Out sum_out, Out mask) {
  auto [rows, n] = dims2(x);
  require(residual, {rows, n}), require(weight, {n});
  require(y, {rows, n}), require(sum_out, {rows, n}), require(mask, {rows, n});
  auto [r] = grid({cdiv(rows, c.bm)});
  auto s = x.tiles({c.bm, c.bn}).load({r, 0}).to(f32) +
           residual.tiles({c.bm, c.bn}).load({r, 0}).to(f32);
  sum_out.tiles({c.bm, c.bn}).store(s.to(sum_out.dtype()), {r, 0});
  mask.tiles({c.bm, c.bn}).store((s > 0).to(mask.dtype()), {r, 0});
  auto scaled = s * weight.tiles({c.bn}).load({0}).to(f32);
  y.tiles({c.bm, c.bn}).store(scaled.to(y.dtype()), {r, 0});
}
const auto mixed =
    with_fields(kernel("mixed_fwd", mixed_fwd, {"x", "residual", "weight", "y", "sum", "mask"})
                    .specialise_dim("x", 1));

struct Dtypes {
  DType x, residual, weight, mask;
};

TEST_P(Width, TensorsOfSeveralDtypesMoveSixteenBytesEach) {
  for (const auto& [x_type, residual_type, weight_type, mask_type] :
       {Dtypes{bf16, f32, bf16, i8}, Dtypes{f16, f32, bf16, i1}, Dtypes{f32, f32, bf16, i32},
        Dtypes{bf16, f64, bf16, i16}})
    for (const Cfg c : {Cfg{1, 2048, 4}, Cfg{8, 512, 4}, Cfg{2, 4096, 8}}) {
      const std::int64_t rows = 5 * c.bm, n = c.bn;
      device->reset_statistics();
      const auto x = random_floats(x_type, rows * n, 1), w = random_floats(weight_type, n, 2),
                 s = random_floats(residual_type == f64 ? f32 : residual_type, rows * n, 3);
      std::vector<double> sums, scaled;
      std::vector<std::int64_t> positive;
      for (std::size_t i = 0; i < x.size(); ++i) {
        sums.push_back(static_cast<float>(x[i]) + static_cast<float>(s[i]));
        scaled.push_back(static_cast<float>(sums[i]) *
                         static_cast<float>(w[i % static_cast<std::size_t>(n)]));
        positive.push_back(sums[i] > 0 ? 1 : 0);
      }
      const Dims shape = {rows, n};
      const Tensor y = stream.empty(x_type, shape), sum_out = stream.empty(residual_type, shape),
                   mask = stream.empty(mask_type, shape);
      launch(mixed, c, floats(x_type, shape, x), floats(residual_type, shape, s),
             floats(weight_type, {n}, w), y, sum_out, mask);
      SCOPED_TRACE(std::string(dtype_name(x_type)) + " " + std::string(dtype_name(residual_type)) +
                   " " + std::to_string(c.bm) + "x" + std::to_string(n));
      expect_floats(sum_out, sums);
      expect_integers(mask, positive);
      expect_floats(y, rounded(x_type, scaled));
      expect_full_vectors_and_sectors();
    }
}

TEST_P(Width, RaggedRowsStayRight) {
  for (const std::int64_t n : {1000, 1001, 776}) {
    const Cfg c{.bm = 2, .bn = 1024};
    const std::int64_t rows = 7;
    const auto x = random_floats(bf16, rows * n, 1), w = random_floats(bf16, n, 2),
               s = random_floats(f32, rows * n, 3);
    std::vector<double> sums, scaled;
    for (std::size_t i = 0; i < x.size(); ++i) {
      sums.push_back(static_cast<float>(x[i]) + static_cast<float>(s[i]));
      scaled.push_back(static_cast<float>(sums[i]) *
                       static_cast<float>(w[i % static_cast<std::size_t>(n)]));
    }
    const Dims shape = {rows, n};
    const Tensor y = stream.empty(bf16, shape), sum_out = stream.empty(f32, shape),
                 mask = stream.empty(i8, shape);
    launch(mixed, c, floats(bf16, shape, x), floats(f32, shape, s), floats(bf16, {n}, w), y,
           sum_out, mask);
    expect_floats(sum_out, sums);
    expect_floats(y, rounded(bf16, scaled));
  }
}

void transpose_fwd(const Cfg& c, In x, Out y) {
  auto [m, n] = dims2(x);
  require(y, {n, m});
  auto [i, j] = grid({cdiv(m, c.bm), cdiv(n, c.bn)});
  y.tiles({c.bn, c.bm}).store(x.tiles({c.bm, c.bn}).load({i, j}).T(), {j, i});
}
const auto transposed = with_fields(kernel("transpose_fwd", transpose_fwd, {"x", "y"})
                                        .specialise_dim("x", 0)
                                        .specialise_dim("x", 1));

TEST_P(Width, ATransposeReadsAndWritesWholeSectors) {
  for (const DType dtype : {i8, i16, i32, i64})
    for (const Cfg c : {Cfg{64, 64, 4}, Cfg{32, 128, 8}, Cfg{128, 32, 1}}) {
      const std::int64_t m = 128, n = 256;
      device->reset_statistics();
      const auto x = random_integers(-100, 100, m * n);
      std::vector<std::int64_t> wanted(x.size());
      for (std::int64_t r = 0; r < m; ++r)
        for (std::int64_t k = 0; k < n; ++k)
          wanted[static_cast<std::size_t>(k * m + r)] = x[static_cast<std::size_t>(r * n + k)];
      const Tensor out = stream.empty(dtype, {n, m});
      launch(transposed, c, integers(dtype, {m, n}, x), out);
      SCOPED_TRACE(std::string(dtype_name(dtype)) + " " + std::to_string(c.bm) + "x" +
                   std::to_string(c.bn));
      expect_integers(out, wanted);
      expect_full_vectors_and_sectors();
    }
}

TEST_P(Width, EightBitFloatsChangePlacesToo) {
  for (const DType dtype : {DType::f8e4m3, DType::f8e5m2}) {
    const std::size_t m = 64, n = 128;
    const auto codes = random_integers(0, 255, m * n);
    std::vector<std::int64_t> wanted(codes.size());
    for (std::size_t r = 0; r < m; ++r)
      for (std::size_t k = 0; k < n; ++k) wanted[k * m + r] = codes[r * n + k];
    const Tensor out = stream.empty(dtype, {n, m});
    launch(transposed, Cfg{.bm = 32, .bn = 64, .warps = 4}, integers(dtype, {m, n}, codes), out);
    expect_integers(out, wanted);
  }
}

}  // namespace
}  // namespace tegula::testing
