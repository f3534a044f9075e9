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

}  // namespace
}  // namespace tegula::testing
