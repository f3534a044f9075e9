// Arguments that share memory: what a block reads of one and stores to another comes in the
// author's order, whichever threads do it, and calls whose arguments are apart pay nothing for
// that.
#include <gmock/gmock.h>

#include <numeric>

#include "tests/kernels/harness.h"

namespace tegula::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

struct Cfg {
  int bm = 1, bn = 8, warps = 4;
};
template <class K>
auto with_fields(K kernel) {
  return std::move(kernel).field("bm", &Cfg::bm).field("bn", &Cfg::bn).field("warps", &Cfg::warps);
}

class InPlace : public KernelTest {
 protected:
  using Values = std::vector<std::int64_t>;

  static Values counted(std::int64_t count) {
    Values values(static_cast<std::size_t>(count));
    std::iota(values.begin(), values.end(), 1);
    return values;
  }
  /// `count` elements of a vector, from one of its elements on.
  static TensorRef part(const Tensor& tensor, std::int64_t first, std::int64_t count) {
    TensorRef ref = tensor;
    ref.data = static_cast<std::byte*>(ref.data) + first * dtype_bytes(ref.dtype);
    ref.shape = {count};
    ref.strides = {1};
    return ref;
  }
};
INSTANTIATE_TEST_SUITE_P(Targets, InPlace, ::testing::ValuesIn(kernel_targets()), target_name);

void add_one_fwd(const Cfg& c, In x, Out y) {
  auto [m, n] = dims2(x);
  require(y, {m, n});
  auto [i, j] = grid({cdiv(m, c.bm), cdiv(n, c.bn)});
  y.tiles({c.bm, c.bn}).store(x.tiles({c.bm, c.bn}).load({i, j}) + 1, {i, j});
}
const auto add_one = with_fields(kernel("add_one_fwd", add_one_fwd, {"x", "y"}));

/// Tiles of which several threads hold each element, and others.
TEST_P(InPlace, ElementByElement) {
  for (const int warps : {1, 4})
    for (const auto& [bm, bn] : {std::pair{1, 1}, {1, 8}, {2, 64}, {4, 512}})
      for (const DType dtype : {i8, i32}) {
        if (assembles() && dtype != i32) continue;
        const Values before = random_integers(-100, 100, 3 * 77);
        const Tensor x = integers(dtype, {3, 77}, before);
        launch(add_one, Cfg{bm, bn, warps}, x, x);
        Values wanted = before;
        for (std::int64_t& v : wanted) v += 1;
        expect_integers(x, wanted);
      }
}

TEST_P(InPlace, OnlyTensorsThatOverlapCostABarrier) {
  const Tensor x = filled(i32, {3, 512}, 0), y = filled(i32, {3, 512}, 0);
  const auto ptx = [&](const TensorRef& from, const TensorRef& to, int bn) {
    return ptx_of(add_one, Cfg{.bn = bn, .warps = 4}, from, to);
  };
  // Eight elements are held by all warps, 512 by one thread each.
  EXPECT_THAT(ptx(x, y, 8), Not(HasSubstr("bar.sync")));
  EXPECT_THAT(ptx(x, x, 8), HasSubstr("bar.sync"));
  EXPECT_THAT(ptx(x, y, 512), Not(HasSubstr("bar.sync")));
  EXPECT_THAT(ptx(x, x, 512), Not(HasSubstr("bar.sync")));
  TensorRef upper = x, lower = x;
  upper.shape = lower.shape = {2, 512};
  lower.data = static_cast<std::byte*>(lower.data) + 512 * 4;
  EXPECT_THAT(ptx(upper, lower, 512), HasSubstr("bar.sync"));
  EXPECT_EQ(ptx(x, y, 8), ptx(y, x, 8));
}

void transpose_fwd(const Cfg& c, In x, Out y) {
  auto [one] = grid({1});
  y.tiles({c.bn, c.bn}).store(x.tiles({c.bn, c.bn}).load({one, 0}).T(), {0, 0});
}
const auto transpose = with_fields(kernel("transpose_fwd", transpose_fwd, {"x", "y"}));

TEST_P(InPlace, Transposed) {
  for (const int n : {4, 32, 64}) {
    const Values before = random_integers(-1000, 1000, n * n);
    const Tensor x = integers(i32, {n, n}, before);
    launch(transpose, Cfg{.bn = n}, x, x);
    Values wanted;
    for (int i = 0; i < n; ++i)
      for (int j = 0; j < n; ++j) wanted.push_back(before[static_cast<std::size_t>(j * n + i)]);
    expect_integers(x, wanted);
  }
}

/// y = x[..., 0:n] of one block.
void shift_fwd(const Cfg& c, In x, Out y) {
  auto [n] = dims1(y);
  auto [one] = grid({1});
  y.tiles({c.bn}).store(x.tiles({c.bn}).load({one}) + 1, {0});
}
const auto shift = with_fields(kernel("shift_fwd", shift_fwd, {"x", "y"}));

TEST_P(InPlace, ShiftedByAnElement) {
  for (const std::int64_t by : {1, -1, 5}) {
    const Tensor all = integers(i32, {260}, counted(260));
    launch(shift, Cfg{.bn = 256}, part(all, 2, 250), part(all, 2 + by, 250));
    Values wanted = counted(260);
    for (std::int64_t k = 0; k < 250; ++k) wanted[static_cast<std::size_t>(2 + by + k)] = 4 + k;
    expect_integers(all, wanted);
  }
}

/// A row that is added to all rows, and may be one of them.
void add_row_fwd(const Cfg& c, In x, In row, Out y) {
  auto [m, n] = dims2(x);
  require(row, {n}), require(y, {m, n});
  auto [one] = grid({1});
  Tile r = row.tiles({c.bn}).load({one}).reshape({1, c.bn});
  Tile sum = x.tiles({c.bm, c.bn}).load({0, 0}) + r;
  y.tiles({c.bm, c.bn}).store(sum, {0, 0});
}
const auto add_row = with_fields(kernel("add_row_fwd", add_row_fwd, {"x", "row", "y"}));

TEST_P(InPlace, ARowOfTheResult) {
  for (const bool in_place : {true, false}) {
    const Tensor x = integers(i32, {4, 32}, counted(128));
    const Tensor y = in_place ? x : integers(i32, {4, 32}, counted(128));
    launch(add_row, Cfg{.bm = 4, .bn = 32}, x, part(y, 64, 32), y);
    Values wanted;
    for (std::int64_t k = 0; k < 128; ++k) wanted.push_back(1 + k + 65 + k % 32);
    expect_integers(y, wanted);
  }
}

/// Each iteration reads what the iteration before has stored.
void running_sum_fwd(const Cfg& c, In x, Out y) {
  auto [n] = dims1(x);
  auto [one] = grid({1});
  auto X = x.tiles({c.bn});
  for (auto j : range(1, cdiv(n, c.bn))) y.tiles({c.bn}).store(X.load({j - 1}) + X.load({j}), {j});
}
const auto running_sum = with_fields(kernel("running_sum_fwd", running_sum_fwd, {"x", "y"}));

TEST_P(InPlace, ATurnReadsWhatTheTurnBeforeHasStored) {
  for (const int bn : {4, 256}) {
    const Tensor x = integers(i32, {bn * 9}, counted(bn * 9));
    launch(running_sum, Cfg{.bn = bn}, x, x);
    Values wanted = counted(bn * 9);
    for (std::size_t k = static_cast<std::size_t>(bn); k < wanted.size(); ++k)
      wanted[k] += wanted[k - static_cast<std::size_t>(bn)];
    expect_integers(x, wanted);
  }
}

/// Twice through all tiles; the loads of the second time see what the first has stored. A tile that
/// is stored behind its load may be copied ahead.
void twice_fwd(const Cfg& c, In x, Out y) {
  auto [m, n] = dims2(x);
  auto [i] = grid({m});
  for (auto iteration : range(0, 2))
    for (auto j : range(0, cdiv(n, c.bn)))
      y.tiles({1, c.bn}).store(x.tiles({1, c.bn}).load({i, j}) * 3 + iteration, {i, j});
}
const auto twice = with_fields(kernel("twice_fwd", twice_fwd, {"x", "y"}));

TEST_P(InPlace, LoopsThatCopyAhead) {
  for (const int bn : {16, 512})
    for (const std::int64_t n : {1, 500, 512 * 7, 4099}) {
      const Values before = random_integers(-100, 100, 2 * n);
      const Tensor x = integers(i32, {2, n}, before);
      launch(twice, Cfg{.bn = bn}, x, x);
      Values wanted;
      for (const std::int64_t v : before) wanted.push_back(9 * v + 1);
      expect_integers(x, wanted);
    }
  const Tensor x = filled(i32, {2, 4096}, 0);
  EXPECT_THAT(ptx_of(twice, Cfg{.bn = 512}, x, x), HasSubstr("cp.async"));
}

/// Stores before it loads.
void store_first_fwd(const Cfg& c, In x, Out y, Out z) {
  auto [n] = dims1(x);
  auto [one] = grid({1});
  Tile total = zeros(i32, {c.bn});
  for (auto j : range(0, cdiv(n, c.bn))) {
    y.tiles({c.bn}).store(full(i32, {c.bn}, 7) + j, {j});
    total += x.tiles({c.bn}).load({j});
  }
  z.tiles({c.bn}).store(total, {0});
}
const auto store_first = with_fields(kernel("store_first_fwd", store_first_fwd, {"x", "y", "z"}));

TEST_P(InPlace, WhatIsStoredFirstIsLoaded) {
  for (const int bn : {4, 256}) {
    const Tensor x = filled(i32, {5 * bn}, 1), y = filled(i32, {5 * bn}, 1);
    const Tensor z = filled(i32, {bn}, 0);
    const auto count = static_cast<std::size_t>(bn);
    launch(store_first, Cfg{.bn = bn}, x, x, z);
    expect_integers(z, Values(count, 5 * 7 + 0 + 1 + 2 + 3 + 4));
    launch(store_first, Cfg{.bn = bn}, y, x, z);
    expect_integers(z, Values(count, 5));
  }
}

/// By indices, backwards.
void reverse_fwd(const Cfg& c, In x, Out y) {
  auto [n] = dims1(x);
  auto [one] = grid({1});
  Tile at = iota(c.bn);
  y.scatter(x.gather({n - 1 - at}, at < n), {at}, at < n);
}
const auto reverse = with_fields(kernel("reverse_fwd", reverse_fwd, {"x", "y"}));

TEST_P(InPlace, GatheredAndScattered) {
  for (const int n : {3, 100, 128}) {
    const Tensor x = integers(i32, {n}, counted(n));
    launch(reverse, Cfg{.bn = 128}, x, x);
    Values wanted = counted(n);
    std::reverse(wanted.begin(), wanted.end());
    expect_integers(x, wanted);
  }
}

/// Of one row in one block; what lies beyond it is -inf where it is read and is not stored.
void softmax_fwd(const Cfg& c, In x, Out y) {
  auto [m, n] = dims2(x);
  auto [i] = grid({m});
  Tile v = x.tiles({1, c.bn}).pad(-std::numeric_limits<double>::infinity()).load({i, 0});
  Tile e = exp(v - reduce_max(v, 1));
  y.tiles({1, c.bn}).store(e / sum(e, 1), {i, 0});
}
const auto softmax = with_fields(kernel("softmax_fwd", softmax_fwd, {"x", "y"}));

TEST_P(InPlace, WithPadding) {
  for (const int n : {5, 100}) {
    const auto values = random_floats(f32, 3 * n);
    const Tensor x = floats(f32, {3, n}, values), y = filled(f32, {3, n}, 0);
    launch(softmax, Cfg{.bn = 128}, x, y);
    launch(softmax, Cfg{.bn = 128}, x, x);
    if (!assembles()) expect_floats(x, read_floats(y));
  }
}

/// Calls that differ in nothing but which tensors share memory, one after the other.
TEST_P(InPlace, NoKernelServesAnother) {
  const Tensor x = filled(i32, {4, 32}, 0), y = filled(i32, {4, 32}, 0);
  TensorRef upper = x, lower = x;
  upper.shape = lower.shape = {2, 32};
  lower.data = static_cast<std::byte*>(lower.data) + 32 * 4;
  TensorRef z = y;
  z.shape = {2, 32};
  for (int round = 0; round < 3; ++round) {
    launch(add_one, Cfg{.bm = 2, .bn = 32, .warps = 1}, upper, z);
    launch(add_one, Cfg{.bm = 2, .bn = 32, .warps = 1}, upper, upper);
    launch(add_one, Cfg{.bm = 2, .bn = 32, .warps = 1}, upper, lower);
  }
  // Row 0 is one more in each round, row 1 what row 0 then is and 1, row 2 what
  // row 1 was and 1.
  Values wanted;
  for (const int v : {3, 4, 5, 0}) wanted.insert(wanted.end(), 32, v);
  expect_integers(x, wanted);
}

class InPlaceFaults : public InPlace {};
INSTANTIATE_TEST_SUITE_P(Targets, InPlaceFaults, ::testing::ValuesIn(sim_targets), target_name);

TEST_P(InPlaceFaults, BetweenBlocksIsARaceThatNamesBoth) {
  const Tensor all = filled(i32, {4, 96}, 0);
  TensorRef upper = all, lower = all;
  upper.shape = lower.shape = {3, 96};
  lower.data = static_cast<std::byte*>(lower.data) + 96 * 4;
  device->options().throw_on_report = false;
  launch(add_one, Cfg{.bn = 128}, upper, lower);
  ASSERT_FALSE(device->reports().empty());
  EXPECT_EQ(device->reports()[0].check, "race");
  EXPECT_THAT(device->reports()[0].message,
              HasSubstr("; x and y overlap: 768 bytes from x+384 and y+0; block ("));
  // Of the very same bytes it is none.
  device->reset_statistics();
  launch(add_one, Cfg{.bn = 128}, upper, upper);
  EXPECT_TRUE(device->reports().empty());
}

}  // namespace
}  // namespace tegula::testing
