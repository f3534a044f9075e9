// if_ and while_: merged and carried tiles, reductions inside, conditions from tensors.
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

class Branches : public KernelTest {};
INSTANTIATE_TEST_SUITE_P(Targets, Branches, ::testing::ValuesIn(kernel_targets()), target_name);

/// Even rows are doubled, odd ones summed.
void either_fwd(const Cfg&, In x, Out y) {
  auto [r] = grid({x.dim(0)});
  Tile t = x.tiles({1, 256}).load({r, 0});
  if_(
      r % 2 == 0, [&] { t = t * 2; },
      [&] {
        t = zeros(i64, {1, 256}) + sum(t, 1);
      });
  y.tiles({1, 256}).store(t, {r, 0});
}
const auto either = with_fields(kernel("either_fwd", either_fwd, {"x", "y"}));

TEST_P(Branches, MergeTiles) {
  const auto x = random_integers(-100, 100, 4 * 256);
  std::vector<std::int64_t> wanted;
  for (int r = 0; r < 4; ++r) {
    std::int64_t total = 0;
    for (int c = 0; c < 256; ++c) total += x[static_cast<std::size_t>(r * 256 + c)];
    for (int c = 0; c < 256; ++c)
      wanted.push_back(r % 2 == 0 ? 2 * x[static_cast<std::size_t>(r * 256 + c)] : total);
  }
  const Tensor out = stream.empty(i64, {4, 256});
  launch(either, Cfg{}, integers(i64, {4, 256}, x), out);
  expect_integers(out, wanted);
}

/// Collatz: how many steps to 1.
void collatz_fwd(const Cfg&, In x, Out y) {
  auto [i] = grid({x.dim(0)});
  Tile n = x.tiles({1}).load({i}).reshape({});
  Tile steps = full(i64, {}, 0);
  while_([&] { return n != 1; },
         [&] {
           if_(
               n % 2 == 0, [&] { n = n / 2; }, [&] { n = n * 3 + 1; });
           steps += 1;
         });
  y.tiles({1}).store(steps.reshape({1}), {i});
}
const auto collatz = with_fields(kernel("collatz_fwd", collatz_fwd, {"x", "y"}));

TEST_P(Branches, LoopWhile) {
  const std::vector<std::int64_t> x = {1, 2, 3, 7, 27, 97};
  std::vector<std::int64_t> wanted;
  for (std::int64_t n : x) {
    std::int64_t steps = 0;
    for (; n != 1; ++steps) n = n % 2 == 0 ? n / 2 : 3 * n + 1;
    wanted.push_back(steps);
  }
  const Tensor out = stream.empty(i64, {6});
  launch(collatz, Cfg{}, integers(i64, {6}, x), out);
  expect_integers(out, wanted);
}

/// A tile carried by a while, with a sum over all warps in the body.
void halve_fwd(const Cfg&, In x, Out y) {
  auto [i] = grid({1});
  Tile t = x.tiles({512}).load({i});
  Tile total = sum(t, 0).reshape({});
  while_([&] { return total > 100; },
         [&] {
           t = t / 2;
           total = sum(t, 0).reshape({});
         });
  y.tiles({512}).store(t, {i});
}
const auto halve = with_fields(kernel("halve_fwd", halve_fwd, {"x", "y"}));

TEST_P(Branches, CarryTilesThroughAWhile) {
  std::vector<std::int64_t> x = random_integers(0, 1000, 512), wanted = x;
  const auto total = [&] {
    std::int64_t result = 0;
    for (std::int64_t v : wanted) result += v;
    return result;
  };
  while (total() > 100)
    for (std::int64_t& v : wanted) v /= 2;
  const Tensor out = stream.empty(i32, {512});
  launch(halve, Cfg{.warps = 4}, integers(i32, {512}, x), out);
  expect_integers(out, wanted);
}

/// Both sides give constants, which LLVM joins to one of a vector and writes as an expression.
void constants_fwd(const Cfg&, In x, Out y) {
  auto [i] = grid({1});
  Tile one = full(i32, {}, 2), row = zeros(i32, {16});
  if_(
      x.gather({i}) != 0, [] {},
      [&] {
        one = full(i32, {}, 0);
        row = cumsum(iota(16), 0);
      });
  y.scatter(one.to(i64), {0, 0});
  y.scatter(row.to(i64), {1, iota(16)});
}
const auto constants = with_fields(kernel("constants_fwd", constants_fwd, {"x", "y"}));

TEST_P(Branches, MergeConstants) {
  for (const int warps : {1, 2})
    for (const std::int64_t x : {0, 1}) {
      SCOPED_TRACE(x);
      const Tensor out = filled(i64, {2, 16}, 0);
      launch(constants, Cfg{.warps = warps}, integers(i32, {1}, {x}), out);
      std::vector<std::int64_t> wanted(32, 0);
      wanted[0] = x != 0 ? 2 : 0;
      for (std::int64_t k = 0; k < 16 && x == 0; ++k)
        wanted[static_cast<std::size_t>(16 + k)] = k * (k + 1) / 2;
      expect_integers(out, wanted);
    }
}

/// Comparisons of one value with one number after the other, which LLVM makes a switch of.
void cases_fwd(const Cfg&, In x, Out y) {
  auto [i] = grid({x.dim(0)});
  const Tile v = x.gather({i});
  Tile r = full(i32, {}, 7);
  const auto set = [&](int n) { return [&r, n] { r = full(i32, {}, n); }; };
  if_(v == 1, set(10), [&] {
    if_(v == 2, set(25), [&] { if_(v == -5, set(31), [&] { if_(v == 100, set(44)); }); });
  });
  y.scatter(r, {i});
}
const auto cases = with_fields(kernel("cases_fwd", cases_fwd, {"x", "y"}));

TEST_P(Branches, ByOneOfManyNumbers) {
  for (const DType dtype : {i8, i16, i32, i64}) {
    SCOPED_TRACE(dtype_name(dtype));
    const std::vector<std::int64_t> x = {1, 2, 3, -5, 100, 0, -1};
    const Tensor out = stream.empty(i32, {7});
    launch(cases, Cfg{}, integers(dtype, {7}, x), out);
    expect_integers(out, {10, 25, 7, 31, 44, 7, 7});
  }
}

}  // namespace
}  // namespace tegula::testing
