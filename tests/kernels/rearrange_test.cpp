// Elements that change place: transposes, join and split, gather and scatter, narrowed views,
// persistent grids.
#include "tests/kernels/harness.h"

namespace tegula::testing {
namespace {

struct Cfg {
  int warps = 2;
};
template <class K>
auto with_fields(K kernel) {
  return std::move(kernel).field("warps", &Cfg::warps);
}
std::vector<std::int64_t> count(std::int64_t n) {
  std::vector<std::int64_t> values;
  for (std::int64_t k = 0; k < n; ++k) values.push_back(k);
  return values;
}

class Rearrange : public KernelTest {};
INSTANTIATE_TEST_SUITE_P(Targets, Rearrange, ::testing::ValuesIn(kernel_targets()), target_name);

void transpose_fwd(const Cfg&, In x, Out y, Out z) {
  auto [i] = grid({1});
  const Tile t = x.tiles({16, 32}).load({i, 0});
  y.tiles({32, 16}).store(t.T(), {i, 0});
  z.tiles({4, 16, 8}).store(transpose(t.reshape({16, 4, 8}), {1, 0, 2}), {i, 0, 0});
}
const auto transposes = with_fields(kernel("transpose_fwd", transpose_fwd, {"x", "y", "z"}));

TEST_P(Rearrange, Transpose) {
  std::vector<std::int64_t> y, z;
  for (int j = 0; j < 32; ++j)
    for (int i = 0; i < 16; ++i) y.push_back(i * 32 + j);
  for (int a = 0; a < 4; ++a)
    for (int b = 0; b < 16; ++b)
      for (int c = 0; c < 8; ++c) z.push_back(b * 32 + a * 8 + c);
  const Tensor out = stream.empty(i32, {32, 16}), three = stream.empty(i32, {4, 16, 8});
  launch(transposes, Cfg{}, integers(i32, {16, 32}, count(512)), out, three);
  expect_integers(out, y);
  expect_integers(three, z);
}

/// Swaps neighbours: (0, 1, 2, 3, ...) to (1, 0, 3, 2, ...).
void swap_fwd(const Cfg&, In x, Out y) {
  auto [i] = grid({1});
  auto [even, odd] = split(x.tiles({512}).load({i}).reshape({256, 2}));
  y.tiles({512}).store(join(odd, even).reshape({512}), {i});
}
const auto swap_neighbours = with_fields(kernel("swap_fwd", swap_fwd, {"x", "y"}));

TEST_P(Rearrange, SplitAndJoin) {
  std::vector<std::int64_t> wanted;
  for (int k = 0; k < 512; ++k) wanted.push_back(k ^ 1);
  const Tensor out = stream.empty(i32, {512});
  launch(swap_neighbours, Cfg{}, integers(i32, {512}, count(512)), out);
  expect_integers(out, wanted);
}

/// y[i, j] = x[index[i], j] where the index is not negative, else -1; z[index[i], j] = 7.
void rows_fwd(const Cfg&, In x, In index, Out y, Out z) {
  auto [i] = grid({1});
  const Tile row = index.tiles({8}).load({i}).unsqueeze(1), column = iota(16).unsqueeze(0);
  y.tiles({8, 16}).store(x.gather({row, column}, row >= 0, -1), {i, 0});
  z.scatter(full(i32, {8, 16}, 7), {row, column}, row >= 0);
}
const auto rows = with_fields(kernel("rows_fwd", rows_fwd, {"x", "index", "y", "z"}));

TEST_P(Rearrange, GatherAndScatter) {
  const std::vector<std::int64_t> index = {3, 0, -1, 9, 9, 5, -7, 1};
  std::vector<std::int64_t> y, z(10 * 16, 0);
  for (const std::int64_t r : index)
    for (int j = 0; j < 16; ++j) {
      y.push_back(r < 0 ? -1 : r * 16 + j);
      if (r >= 0) z[static_cast<std::size_t>(r * 16 + j)] = 7;
    }
  const Tensor got = stream.empty(i32, {8, 16}),
               written = integers(i32, {10, 16}, {std::vector<std::int64_t>(160, 0)});
  launch(rows, Cfg{}, integers(i32, {10, 16}, count(160)), integers(i32, {8}, index), got, written);
  expect_integers(got, y);
  expect_integers(written, z);
}

/// Sequences packed one after another: each is summed from its start to its end.
void packed_fwd(const Cfg&, In x, In starts, Out y) {
  auto [s] = grid({y.dim(0)});
  const Tile first = starts.tiles({1}).load({s}).reshape({});
  const Tile last = starts.tiles({1}).load({s + 1}).reshape({});
  auto part = x.narrow(0, first, last - first).tiles({64});
  Tile total = zeros(i64, {1});
  for (auto j : range(0, cdiv(last - first, 64))) total += sum(part.load({j}).to(i64), 0);
  y.tiles({1}).store(total, {s});
}
const auto packed = with_fields(kernel("packed_fwd", packed_fwd, {"x", "starts", "y"}));

TEST_P(Rearrange, NarrowedViews) {
  const std::vector<std::int64_t> starts = {0, 5, 5, 133, 200};
  std::vector<std::int64_t> wanted;
  for (std::size_t s = 0; s + 1 < starts.size(); ++s) {
    std::int64_t total = 0;
    for (std::int64_t k = starts[s]; k < starts[s + 1]; ++k) total += k;
    wanted.push_back(total);
  }
  const Tensor out = stream.empty(i64, {4});
  launch(packed, Cfg{}, integers(i32, {200}, count(200)), integers(i32, {5}, starts), out);
  expect_integers(out, wanted);
}

void persistent_fwd(const Cfg&, In x, Out y) {
  auto [m, n] = dims2(x);
  for (auto [i, j] : grid_persistent({m, cdiv(n, 32)}, 3))
    y.tiles({1, 32}).store(x.tiles({1, 32}).load({i, j}) * 2, {i, j});
}
const auto persistent = with_fields(kernel("persistent_fwd", persistent_fwd, {"x", "y"}));

TEST_P(Rearrange, PersistentGrids) {
  std::vector<std::int64_t> wanted;
  for (int k = 0; k < 7 * 100; ++k) wanted.push_back(2 * k);
  const Tensor out = stream.empty(i32, {7, 100});
  launch(persistent, Cfg{}, integers(i32, {7, 100}, count(700)), out);
  expect_integers(out, wanted);
}

}  // namespace
}  // namespace tegula::testing
