// Kernels as long as unrolled loops make them: the compiler's recursion has bounds.
#include <pthread.h>

#include <functional>

#include "tests/kernels/harness.h"

namespace tegula::testing {
namespace {

struct Cfg {
  int steps = 1, bn = 32, warps = 4;
};

class LongKernel : public KernelTest {};
INSTANTIATE_TEST_SUITE_P(Targets, LongKernel, ::testing::Values("sim:sm_90a"), target_name);

/// The transposed store wants the chain's end in another layout.
void chain_fwd(const Cfg& c, In x, Out y) {
  auto [i] = grid({1});
  Tile v = x.tiles({c.bn, c.bn}).load({i, 0});
  for (int k = 0; k < c.steps; ++k) v = v * 0.5f + 1;
  y.tiles({c.bn, c.bn}).store(v.T(), {0, i});
}
const auto chain = kernel("chain_fwd", chain_fwd, {"x", "y"})
                       .field("steps", &Cfg::steps)
                       .field("bn", &Cfg::bn)
                       .field("warps", &Cfg::warps);

/// In a thread with the stack that such threads have in servers of many.
void on_small_stack(const std::function<void()>& body) {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, 1 << 20);
  pthread_t thread{};
  const auto run = [](void* f) -> void* {
    (*static_cast<const std::function<void()>*>(f))();
    return nullptr;
  };
  ASSERT_EQ(
      pthread_create(&thread, &attributes, run, const_cast<void*>(static_cast<const void*>(&body))),
      0);
  pthread_join(thread, nullptr);
  pthread_attr_destroy(&attributes);
}

TEST_P(LongKernel, AChainThatEndsInAConversion) {
  std::vector<double> x(32 * 32);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<double>(i);
  const Tensor out = stream.empty(f32, {32, 32});
  on_small_stack([&] { launch(chain, Cfg{.steps = 3000}, floats(f32, {32, 32}, x), out); });
  expect_near(out, std::vector<double>(x.size(), 2), 1e-6);  // where v = v / 2 + 1 ends
}

/// One element a thread: LLVM asks of each that is taken out of a vector what the whole chain
/// before it would cost.
TEST_P(LongKernel, OneElementOfEachThread) {
  const Tensor out = stream.empty(f32, {8, 8});
  launch(chain, Cfg{.steps = 5000, .bn = 8, .warps = 2}, filled(f32, {8, 8}, 7), out);
  expect_near(out, std::vector<double>(64, 2), 1e-6);
}

/// A copy is a load and a store, each with a remark that its extent is not known.
void copies_fwd(const Cfg& c, In x, Out y) {
  auto [i] = grid({1});
  const auto from = x.tiles({c.bn}), to = y.tiles({c.bn});
  for (int k = 0; k < c.steps; ++k) to.store(from.load({k}) + 1, {k});
}
const auto copies = kernel("copies_fwd", copies_fwd, {"x", "y"})
                        .field("steps", &Cfg::steps)
                        .field("bn", &Cfg::bn)
                        .field("warps", &Cfg::warps);

TEST_P(LongKernel, ManyAccesses) {
  const std::int64_t steps = 2000, n = steps * 32 - 1;
  const std::vector<std::int64_t> x = random_integers(-100, 100, n);
  std::vector<std::int64_t> wanted;
  for (const std::int64_t v : x) wanted.push_back(v + 1);
  const Tensor out = stream.empty(i32, {n});
  launch(copies, Cfg{.steps = steps, .warps = 1}, integers(i32, {n}, x), out);
  expect_integers(out, wanted);
}

void branches_fwd(const Cfg& c, In x, I32 limit, Out y) {
  auto [i] = grid({1});
  Tile v = x.tiles({c.bn}).load({i});
  const Tile most = limit;
  for (int k = 0; k < c.steps; ++k) if_(most > k, [&] { v = v + 1; });
  y.tiles({c.bn}).store(v, {i});
}
const auto branches = kernel("branches_fwd", branches_fwd, {"x", "limit", "y"})
                          .field("steps", &Cfg::steps)
                          .field("bn", &Cfg::bn)
                          .field("warps", &Cfg::warps);

TEST_P(LongKernel, ManyBranches) {
  const Tensor out = stream.empty(i32, {32});
  launch(branches, Cfg{.steps = 2000, .warps = 1},
         integers(i32, {32}, std::vector<std::int64_t>(32, 5)), 1234, out);
  expect_integers(out, std::vector<std::int64_t>(32, 5 + 1234));
}

/// Loops in loops, with what exchanges data between warps in the innermost one.
void nested_fwd(const Cfg& c, In x, I32 iterations, Out y) {
  auto [i] = grid({1});
  Tile v = x.tiles({c.bn}).load({i});
  const Tile count = iterations;
  const std::function<void(int)> nest = [&](int depth) {
    if (depth == 0) {
      v = v + sum(v, 0);
      return;
    }
    for ([[maybe_unused]] auto k : range(0, count)) nest(depth - 1);
  };
  nest(c.steps);
  y.tiles({c.bn}).store(v, {i});
}
const auto nested = kernel("nested_fwd", nested_fwd, {"x", "iterations", "y"})
                        .field("steps", &Cfg::steps)
                        .field("bn", &Cfg::bn)
                        .field("warps", &Cfg::warps);

TEST_P(LongKernel, LoopsInLoops) {
  const Tensor out = stream.empty(i32, {128});
  launch(nested, Cfg{.steps = 40, .bn = 128},
         integers(i32, {128}, std::vector<std::int64_t>(128, 1)), 1, out);
  expect_integers(out, std::vector<std::int64_t>(128, 129));
}

void print_often_fwd(const Cfg& c, In x, Out y) {
  auto [i] = grid({1});
  const Tile v = x.tiles({c.bn}).load({i});
  for (int k = 0; k < c.steps; ++k) {
    assert_that(v > k, "an element is small");
    if_(i > 0, [&] { print("never {}", i); });
  }
  y.tiles({c.bn}).store(v, {i});
}
const auto print_often = kernel("print_often_fwd", print_often_fwd, {"x", "y"})
                             .field("steps", &Cfg::steps)
                             .field("bn", &Cfg::bn)
                             .field("warps", &Cfg::warps);

TEST_P(LongKernel, ManyMessages) {
  const std::vector<std::int64_t> x(32, 1000);
  const Tensor out = stream.empty(i32, {32});
  launch(print_often, Cfg{.steps = 500, .warps = 1}, integers(i32, {32}, x), out);
  expect_integers(out, x);
}

}  // namespace
}  // namespace tegula::testing
