// Clusters: blocks that share a row and combine their parts of it.
#include <gmock/gmock.h>

#include <cmath>
#include <cstring>

#include "compiler/backend/ptx/assembler.h"
#include "tegula/error.h"
#include "tests/kernels/harness.h"

namespace tegula::testing {
namespace {

using ::testing::HasSubstr;

struct Cfg {
  int rows = 1;
  int bn = 128;
  int cluster = 4;
  int warps = 4;
  int iterations = 3;
};
template <class K>
auto with_fields(K kernel) {
  return std::move(kernel)
      .field("rows", &Cfg::rows)
      .field("bn", &Cfg::bn)
      .field("cluster", &Cfg::cluster)
      .field("warps", &Cfg::warps)
      .field("iterations", &Cfg::iterations);
}

std::vector<const char*> cluster_targets() {
  return with_gpu({"sim:sm_90a", "ptx:sm_90a", "ptx:sm_100a", "ptx:sm_120"});
}
class Clusters : public KernelTest {
 protected:
  static std::size_t at(std::int64_t index) { return static_cast<std::size_t>(index); }
};
INSTANTIATE_TEST_SUITE_P(Targets, Clusters, ::testing::ValuesIn(cluster_targets()), target_name);
class AssembledClusters : public Clusters {};
INSTANTIATE_TEST_SUITE_P(Targets, AssembledClusters,
                         ::testing::Values("ptx:sm_90a", "ptx:sm_100a", "ptx:sm_120"), target_name);
class SimulatedClusters : public Clusters {};
INSTANTIATE_TEST_SUITE_P(Targets, SimulatedClusters, ::testing::Values("sim:sm_90a"), target_name);

/// A row spread over the blocks of a cluster: each normalises its part by all of it.
void norm_fwd(const Cfg& c, In x, Out y, Out rstd) {
  auto [rows, n] = dims2(x);
  require(y, {rows, n}), require(rstd, {rows}), require(x, {rows, min(n, c.bn * c.cluster)});
  auto [block, part] = cluster_grid({cdiv(rows, c.rows)}, c.cluster);
  Tile s = x.tiles({c.rows, c.bn}).load({block, part}).to(f32);
  Tile squares = cluster_sum(sum(s * s, 1));
  Tile scale = rsqrt(squares / n.to(f32) + 1e-6f);
  if_(part == 0, [&] { rstd.tiles({c.rows}).store(scale.reshape({c.rows}), {block}); });
  y.tiles({c.rows, c.bn}).store((s * scale).to(y.dtype()), {block, part});
}
const auto norm = with_fields(kernel("norm_fwd", norm_fwd, {"x", "y", "rstd"}));
const auto norm_of_known_rows =
    with_fields(kernel("norm_fwd", norm_fwd, {"x", "y", "rstd"})).specialise_dim("x", 1);

struct NormWanted {
  std::vector<double> y, rstd;
};
NormWanted norm_of(const std::vector<double>& x, std::int64_t rows, std::int64_t n) {
  NormWanted wanted;
  for (std::int64_t r = 0; r < rows; ++r) {
    double squares = 0;
    for (std::int64_t k = 0; k < n; ++k)
      squares += x[static_cast<std::size_t>(r * n + k)] * x[static_cast<std::size_t>(r * n + k)];
    const double scale = 1 / std::sqrt(squares / static_cast<double>(n) + 1e-6);
    wanted.rstd.push_back(scale);
    for (std::int64_t k = 0; k < n; ++k)
      wanted.y.push_back(x[static_cast<std::size_t>(r * n + k)] * scale);
  }
  return wanted;
}

TEST_P(Clusters, ARowOverSeveralBlocks) {
  for (const int cluster : {1, 2, 4, 8})
    for (const int rows_at_once : {1, 2, 8})
      for (const std::int64_t n : {128 * cluster, 128 * cluster - 3, 5}) {
        const std::int64_t rows = 2 * rows_at_once + (rows_at_once > 1 ? 1 : 0);
        const auto x = random_floats(f32, rows * n, 7);
        const Tensor y = stream.empty(f32, {rows, n}), rstd = stream.empty(f32, {rows});
        launch(norm, Cfg{.rows = rows_at_once, .cluster = cluster}, floats(f32, {rows, n}, x), y,
               rstd);
        const NormWanted wanted = norm_of(x, rows, n);
        expect_near(y, wanted.y, 2e-6);
        expect_near(rstd, wanted.rstd, 2e-6);
      }
}

/// What a norm of long rows takes: the largest tiles, their lengths known, masks gone.
TEST_P(Clusters, LongRows) {
  struct Case {
    std::int64_t n;
    Cfg config;
  };
  for (const Case& c : {Case{65536, {.bn = 16384, .cluster = 4, .warps = 16}},
                        Case{262144, {.bn = 32768, .cluster = 8, .warps = 32}},
                        Case{200001, {.bn = 32768, .cluster = 8, .warps = 32}}}) {
    const auto x = random_floats(bf16, c.n, 3);
    const Tensor y = stream.empty(bf16, {1, c.n}), rstd = stream.empty(f32, {1});
    launch(norm_of_known_rows, c.config, floats(bf16, {1, c.n}, x), y, rstd);
    const NormWanted wanted = norm_of(x, 1, c.n);
    expect_near(y, wanted.y, 1.0 / 256);
    expect_near(rstd, wanted.rstd, 1e-6);
  }
}

TEST_P(AssembledClusters, LongRowsSpillNothing) {
  for (const std::int64_t n : {65536, 262144, 200001}) {
    const Cfg c = n == 65536 ? Cfg{.bn = 16384, .cluster = 4, .warps = 16}
                             : Cfg{.bn = 32768, .cluster = 8, .warps = 32};
    const Tensor x = stream.empty(bf16, {1, n}), y = stream.empty(bf16, {1, n});
    const Tensor rstd = stream.empty(f32, {1});
    const auto resources =
        compiler::assemble(ptx_of(norm_of_known_rows, c, x, y, rstd), arch()).resources;
    EXPECT_EQ(resources.spill_store_bytes, 0) << n;
    EXPECT_EQ(resources.spill_load_bytes, 0) << n;
    EXPECT_LE(resources.registers, 64) << n;
  }
}

/// Two collectives, the second of what the first gave.
void softmax_fwd(const Cfg& c, In x, Out y) {
  auto [rows, n] = dims2(x);
  require(y, {rows, n});
  auto [block, part] = cluster_grid({cdiv(rows, c.rows)}, c.cluster);
  auto v =
      x.tiles({c.rows, c.bn}).pad(-std::numeric_limits<double>::infinity()).load({block, part});
  auto e = exp(v - cluster_max(reduce_max(v, 1)));
  y.tiles({c.rows, c.bn}).store(e / cluster_sum(sum(e, 1)), {block, part});
}
const auto softmax = with_fields(kernel("softmax_fwd", softmax_fwd, {"x", "y"}));

TEST_P(Clusters, SeveralCollectives) {
  for (const int cluster : {1, 2, 8}) {
    const std::int64_t rows = 5, n = 64 * cluster - 1;
    const auto x = random_floats(f32, rows * n, 11);
    const Tensor y = stream.empty(f32, {rows, n});
    launch(softmax, Cfg{.rows = 2, .bn = 64, .cluster = cluster, .warps = 2},
           floats(f32, {rows, n}, x), y);
    std::vector<double> wanted;
    for (std::int64_t r = 0; r < rows; ++r) {
      double total = 0;
      for (std::int64_t k = 0; k < n; ++k) total += std::exp(x[at(r * n + k)]);
      for (std::int64_t k = 0; k < n; ++k) wanted.push_back(std::exp(x[at(r * n + k)]) / total);
    }
    expect_near(y, wanted, 1e-6);
  }
}

/// Clusters that take several rows each, one after the other: as many iterations in every block.
void row_loop_fwd(const Cfg& c, In x, Out y) {
  auto [rows, n] = dims2(x);
  require(y, {rows, n});
  auto [block, part] = cluster_grid({cdiv(rows, c.iterations)}, c.cluster);
  for (auto r : range(block * c.iterations, min(rows, (block + 1) * c.iterations))) {
    auto v = x.tiles({1, c.bn}).load({r, part});
    y.tiles({1, c.bn}).store(v * 100 + cluster_sum(sum(v, 1)) - cluster_min(reduce_min(v, 1)),
                             {r, part});
  }
}
const auto row_loop = with_fields(kernel("row_loop_fwd", row_loop_fwd, {"x", "y"}));

TEST_P(Clusters, InALoop) {
  const std::int64_t rows = 7, n = 256;
  const auto x = random_integers(-9, 9, rows * n);
  std::vector<std::int64_t> wanted(x.size());
  for (std::int64_t r = 0; r < rows; ++r) {
    std::int64_t total = 0, least = 9;
    for (std::int64_t k = 0; k < n; ++k) {
      total += x[at(r * n + k)];
      least = std::min(least, x[at(r * n + k)]);
    }
    for (std::int64_t k = 0; k < n; ++k)
      wanted[at(r * n + k)] = x[at(r * n + k)] * 100 + total - least;
  }
  for (const int cluster : {2, 4}) {
    const Tensor y = stream.empty(i32, {rows, n});
    launch(row_loop, Cfg{.bn = static_cast<int>(n) / cluster, .cluster = cluster},
           integers(i32, {rows, n}, x), y);
    expect_integers(y, wanted);
  }
}

/// Whole tiles, in layouts with copies of them and without; and a scalar.
void whole_tiles_fwd(const Cfg& c, In x, Out y, Out z) {
  auto [block, part] = cluster_grid({x.dim(0) / (c.rows * c.cluster)}, c.cluster);
  Tile row = block * c.cluster + part;
  auto v = x.tiles({c.rows, c.bn}).load({row, 0});
  y.tiles({c.rows, c.bn}).store(cluster_sum(v) + cluster_max(v) - cluster_min(v), {row, 0});
  Tile largest = reduce_max(reduce_max(v, 1), 0).squeeze();
  z.tiles({1}).store(cluster_sum(largest).reshape({1}), {row});
}
const auto whole_tiles = with_fields(kernel("whole_tiles_fwd", whole_tiles_fwd, {"x", "y", "z"}));

TEST_P(Clusters, WholeTilesOfEveryNumber) {
  for (const DType dtype : {i32, u32, i64, u64, f32, f64})
    for (const auto& [rows, bn] : {std::pair{1, 1}, {1, 8}, {4, 64}, {8, 512}}) {
      const int cluster = 4;
      const std::int64_t size = rows * bn, blocks = 2;
      const bool is_unsigned = dtype == u32 || dtype == u64;
      const auto x = random_integers(is_unsigned ? 0 : -50, 50, blocks * cluster * size);
      std::vector<std::int64_t> y(x.size()), z;
      for (std::int64_t b = 0; b < blocks; ++b) {
        std::int64_t sum_of_largest = 0;
        for (std::int64_t k = 0; k < size; ++k) {
          std::int64_t total = 0, most = -50, least = 50;
          for (std::int64_t p = 0; p < cluster; ++p) {
            const std::int64_t v = x[at((b * cluster + p) * size + k)];
            total += v, most = std::max(most, v), least = std::min(least, v);
          }
          for (std::int64_t p = 0; p < cluster; ++p)
            y[at((b * cluster + p) * size + k)] = total + most - least;
        }
        for (std::int64_t p = 0; p < cluster; ++p) {
          const auto first = x.begin() + (b * cluster + p) * size;
          sum_of_largest += *std::max_element(first, first + size);
        }
        z.insert(z.end(), cluster, sum_of_largest);
      }
      const Dims shape = {blocks * cluster * rows, bn};
      const Tensor in =
          is_float(dtype) ? floats(dtype, shape, {x.begin(), x.end()}) : integers(dtype, shape, x);
      const Tensor out = stream.empty(dtype, shape),
                   largest = stream.empty(dtype, {blocks * cluster});
      launch(whole_tiles, Cfg{.rows = rows, .bn = bn, .cluster = cluster}, in, out, largest);
      if (is_float(dtype)) {
        expect_floats(out, {y.begin(), y.end()});
        expect_floats(largest, {z.begin(), z.end()});
      } else {
        expect_integers(out, y);
        expect_integers(largest, z);
      }
    }
}

void three_axes_fwd(const Cfg& c, In x, Out y) {
  auto [m, n, k] = dims3(x);
  require(y, {m, n, k});
  auto [i, j, part] = cluster_grid({m, n}, c.cluster);
  auto v = x.tiles({1, 1, c.bn}).load({i, j, part});
  y.tiles({1, 1, c.bn}).store(v + 1000 * cluster_sum(sum(v, 2)), {i, j, part});
}
const auto three_axes = with_fields(kernel("three_axes_fwd", three_axes_fwd, {"x", "y"}));

TEST_P(Clusters, AlongTheThirdAxisOfTheGrid) {
  constexpr std::int64_t m = 3, n = 2, k = 200;
  const auto x = random_integers(-9, 9, m * n * k);
  std::vector<std::int64_t> wanted;
  for (std::int64_t row = 0; row < m * n; ++row) {
    std::int64_t total = 0;
    for (std::int64_t e = 0; e < k; ++e) total += x[at(row * k + e)];
    for (std::int64_t e = 0; e < k; ++e) wanted.push_back(x[at(row * k + e)] + 1000 * total);
  }
  const Tensor y = stream.empty(i32, {m, n, k});
  launch(three_axes, Cfg{.bn = 64, .cluster = 4, .warps = 2}, integers(i32, {m, n, k}, x), y);
  expect_integers(y, wanted);
}

/// In the order of the blocks, whatever the order in which they run.
TEST_P(SimulatedClusters, TheSameBitsInEveryRun) {
  const std::int64_t rows = 3, n = 1000;
  const Tensor x = floats(f32, {rows, n}, random_floats(f32, rows * n, 5));
  std::vector<double> first;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    device->options().seed = seed;
    const Tensor y = stream.empty(f32, {rows, n}), rstd = stream.empty(f32, {rows});
    launch(norm, Cfg{.cluster = 8}, x, y, rstd);
    if (seed == 0) first = read_floats(y);
    expect_floats(y, first);
  }
}

/// A GPU's order of additions is that of the blocks, too: f32 values whose sum depends on it.
TEST_P(Clusters, CombinesInTheOrderOfTheBlocks) {
  const std::vector<double> x = {1, 0x1p24, 1, -0x1p24, 1, 0x1p25, -3, 1};
  float total = static_cast<float>(x[0]);
  for (std::size_t k = 1; k < x.size(); ++k) total += static_cast<float>(x[k]);
  const Tensor y = stream.empty(f32, {8, 1}), z = stream.empty(f32, {8});
  launch(whole_tiles, Cfg{.rows = 1, .bn = 1, .cluster = 8, .warps = 1}, floats(f32, {8, 1}, x), y,
         z);
  expect_floats(z, std::vector<double>(8, static_cast<double>(total)));
}

TEST_P(SimulatedClusters, CountsWhatIsReadFromOtherBlocks) {
  const Tensor x = filled(f32, {2, 512}, 1), y = stream.empty(f32, {2, 512});
  const Tensor rstd = stream.empty(f32, {2});
  launch(norm, Cfg{.cluster = 4}, x, y, rstd);
  // Every thread reads four numbers.
  EXPECT_EQ(device->counters().cluster_bytes, 2u * 4 * 128 * 4 * 4);
  EXPECT_EQ(device->counters().blocks, 8u);
}

TEST_P(Clusters, StateTheirShapeInThePtx) {
  const Tensor x = filled(f32, {1, 512}, 1), y = stream.empty(f32, {1, 512});
  const Tensor rstd = stream.empty(f32, {1});
  const std::string four = ptx_of(norm, Cfg{.cluster = 4}, x, y, rstd);
  EXPECT_THAT(four, HasSubstr(".reqnctapercluster 1, 4, 1"));
  EXPECT_THAT(four, HasSubstr("mapa.shared::cluster"));
  EXPECT_THAT(
      ptx_of(norm, Cfg{.bn = 512, .cluster = 1}, x, y, rstd),
      ::testing::Not(::testing::AnyOf(HasSubstr("reqnctapercluster"), HasSubstr("::cluster"),
                                      HasSubstr("barrier.cluster"))));
}

//===--- Mistakes -----------------------------------------------------------------------------===//

constexpr int grid_line = __LINE__ + 2;
void lone_part_fwd(const Cfg& c, In x, Out y) {
  auto [block, part] = cluster_grid({x.dim(0)}, c.cluster);
  y.tiles({1}).store(x.tiles({1}).load({block}) + part, {block});
}
const auto lone_part = with_fields(kernel("lone_part_fwd", lone_part_fwd, {"x", "y"}));

TEST(ClusterErrors, AnArchitectureWithoutThem) {
  for (const char* target : {"sm_80", "sm_89"}) {
    Stream stream(make_sim_device(target));
    const Tensor x = stream.empty(i32, {8}), y = stream.empty(i32, {8});
    try {
      lone_part.with({.cluster = 2}).launch(stream, x, y);
      FAIL() << "no error";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::unsupported);
      EXPECT_THAT(error.what(), HasSubstr("cluster_test.cpp:" + std::to_string(grid_line)));
      EXPECT_THAT(error.what(), HasSubstr("lone_part_fwd"));
      EXPECT_THAT(error.what(),
                  HasSubstr("the architecture has no cluster of more than one block"));
      EXPECT_THAT(error.what(), HasSubstr(target));
      EXPECT_THAT(error.what(), HasSubstr("call cluster_grid with a cluster of 1 there"));
    }
    EXPECT_NO_THROW(lone_part.with({.cluster = 1}).launch(stream, x, y));
  }
}

}  // namespace
}  // namespace tegula::testing
