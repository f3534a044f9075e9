// Workspaces: scratch memory of a launch; and grids by the number of multiprocessors.
#include <gmock/gmock.h>

#include <numeric>

#include "tegula/error.h"
#include "tests/kernels/harness.h"

namespace tegula::testing {
namespace {

using ::testing::HasSubstr;

struct Cfg {
  int bn = 128;
  int warps = 4;
  int what = 0;
};
template <class K>
auto with_fields(K kernel) {
  return std::move(kernel)
      .field("bn", &Cfg::bn)
      .field("warps", &Cfg::warps)
      .field("what", &Cfg::what);
}

class Workspaces : public KernelTest {
 protected:
  template <class Call>
  static std::string error_of(ErrorCode code, Call call) {
    try {
      call();
    } catch (const Error& error) {
      EXPECT_EQ(error_code_name(error.code()), error_code_name(code)) << error.what();
      return error.what();
    }
    ADD_FAILURE() << "no error";
    return {};
  }
};
INSTANTIATE_TEST_SUITE_P(Targets, Workspaces, ::testing::ValuesIn(kernel_targets()), target_name);

/// x's row sums on the way through a workspace, written and read as tiles; of one whose columns are
/// 3 too many, so that rows are odd.
void through_fwd(const Cfg& c, In x, Out y) {
  auto [rows, n] = dims2(x);
  auto [r] = grid({rows});
  auto copy = workspace(x.dtype(), {rows, n + 3});
  auto X = x.tiles({1, c.bn}), Copy = copy.tiles({1, c.bn});
  auto [copied_rows, copied_n] = dims2(copy);
  for (auto j : range(0, cdiv(copied_n, c.bn))) Copy.store(X.load({r, j}), {r, j});
  Tile total = zeros(f32, {1, c.bn});
  for (auto j : range(0, cdiv(copied_n, c.bn))) total += Copy.load({r, j}).to(f32);
  y.tiles({1}).store((sum(total, 1).squeeze()) + (copied_rows - rows).to(f32), {r});
}
const auto through = with_fields(kernel("through_fwd", through_fwd, {"x", "y"}));

TEST_P(Workspaces, HoldWhatTheLaunchWrites) {
  for (const auto& [rows, n] : {std::pair{1, 1}, {3, 500}, {16, 128}})
    for (const auto& [bn, warps] : {std::pair{128, 4}, {16, 2}}) {
      if (assembles() && bn == 16) continue;
      const auto x = random_integers(-9, 9, rows * n);
      std::vector<double> wanted;
      for (int r = 0; r < rows; ++r)
        wanted.push_back(static_cast<double>(
            std::accumulate(x.begin() + r * n, x.begin() + (r + 1) * n, std::int64_t{0})));
      for (const DType dtype : {f16, f32}) {
        const Tensor y = filled(f32, {rows}, 0);
        launch(through, Cfg{.bn = bn, .warps = warps},
               floats(dtype, {rows, n}, {x.begin(), x.end()}), y);
        expect_floats(y, wanted);
      }
    }
}

/// The sum of x in one launch: the blocks leave theirs in one workspace and count themselves in
/// another, which the block that exchanges the first ticket has to set to 0; here y serves.
void total_fwd(const Cfg& c, In x, InOut done, Out y) {
  auto [n] = dims1(x);
  const Tile blocks = cdiv(n, c.bn);
  auto [i] = grid({blocks});
  auto parts = workspace(i64, {blocks});
  auto unused = workspace(f32, {blocks, 0});
  parts.scatter(sum(x.tiles({c.bn}).load({i}).to(i64), 0).squeeze(), {i});
  const Tile ticket = done.atomic_add(1, {0}, {.order = MemoryOrder::acq_rel});
  if_(ticket == blocks - 1, [&] {
    const Tile all = parts.tiles({64}).load({0});
    y.tiles({1}).store(sum(all, 0) + unused.dim(1).to(i64), {0});
  });
}
const auto total = with_fields(kernel("total_fwd", total_fwd, {"x", "done", "y"}));

TEST_P(Workspaces, AreSharedByAllBlocks) {
  for (const int n : {1, 1000, 50 * 128}) {
    const auto x = random_integers(-1000, 1000, n);
    const Tensor done = filled(i32, {1}, 0), y = filled(i64, {1}, 0);
    launch(total, Cfg{}, integers(i32, {n}, x), done, y);
    expect_integers(y, {std::accumulate(x.begin(), x.end(), std::int64_t{0})});
  }
}

constexpr int read_line = __LINE__ + 5;
void unwritten_fwd(const Cfg& c, In x, Out y) {
  auto [n] = dims1(x);
  auto [i] = grid({cdiv(n, c.bn)});
  auto scratch = workspace(f32, {n});
  y.tiles({c.bn}).store(scratch.tiles({c.bn}).load({i}), {i});
}
const auto unwritten = with_fields(kernel("unwritten_fwd", unwritten_fwd, {"x", "y"}));

TEST_P(Workspaces, ReadingWhatNobodyWroteIsAFault) {
  if (!simulates()) return;
  const Tensor x = filled(f32, {200}, 1), y = filled(f32, {200}, 0);
  const std::string message =
      error_of(ErrorCode::device_fault, [&] { launch(unwritten, Cfg{}, x, y); });
  EXPECT_THAT(message, HasSubstr("uninitialised"));
  EXPECT_THAT(message, HasSubstr("workspace_0"));
  EXPECT_THAT(message, HasSubstr("workspace_test.cpp:" + std::to_string(read_line) + ":"));
}

void sized_fwd(const Cfg& c, In x, Out y) {
  auto [n] = dims1(x);
  auto [i] = grid({1});
  auto scratch = c.what == 0 ? workspace(f32, {n - 10}) : workspace(f32, {n * n, n * n, n * n});
  y.tiles({1}).store(scratch.dim(0).to(f32), {0});
}
const auto sized = with_fields(kernel("sized_fwd", sized_fwd, {"x", "y"}));

TEST_P(Workspaces, SizesThatCannotBe) {
  if (assembles()) return;
  const Tensor y = filled(f32, {1}, 0);
  std::string message =
      error_of(ErrorCode::invalid_argument, [&] { launch(sized, Cfg{}, filled(f32, {3}, 1), y); });
  EXPECT_THAT(message, HasSubstr("sized_fwd"));
  EXPECT_THAT(message, HasSubstr("workspace_0"));
  EXPECT_THAT(message, HasSubstr("got -7"));
  launch(sized, Cfg{}, filled(f32, {10}, 1), y);
  expect_floats(y, {0});
  message = error_of(ErrorCode::out_of_resources,
                     [&] { launch(sized, Cfg{.what = 1}, filled(f32, {300}, 1), y); });
  EXPECT_THAT(message, HasSubstr("the workspace cannot be allocated"));
  EXPECT_THAT(message, HasSubstr("90000x90000x90000"));
}

/// Each block writes its number to the elements that it takes; the grid is of the device's size.
void persistent_fwd(const Cfg& c, In x, Out y, Out blocks) {
  auto [n] = dims1(x);
  auto X = x.tiles({c.bn}), Y = y.tiles({c.bn});
  for (auto [i] : grid_persistent({cdiv(n, c.bn)}, 2 * multiprocessors()))
    Y.store(X.load({i}) + multiprocessors(), {i});
  blocks.tiles({1}).store(multiprocessors() * 2, {0});
}
const auto persistent = with_fields(kernel("persistent_fwd", persistent_fwd, {"x", "y", "blocks"}));

TEST_P(Workspaces, GridsOfTheDevicesSize) {
  const int processors = stream.device()->multiprocessors();
  for (const int n : {100, 2 * processors * 8, 2 * processors * 8 * 3 + 5}) {
    const auto x = random_integers(0, 1000, n);
    std::vector<std::int64_t> wanted = x;
    for (auto& v : wanted) v += processors;
    const Tensor y = filled(i32, {n}, 0), blocks = filled(i32, {1}, 0);
    device->reset_statistics();
    launch(persistent, Cfg{.bn = 8, .warps = 1}, integers(i32, {n}, x), y, blocks);
    expect_integers(y, wanted);
    expect_integers(blocks, {2 * processors});
    if (simulates()) {
      EXPECT_EQ(device->counters().blocks,
                static_cast<std::uint64_t>(std::min(2 * processors, (n + 7) / 8)));
    }
  }
}

}  // namespace
}  // namespace tegula::testing
