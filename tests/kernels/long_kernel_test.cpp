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

}  // namespace
}  // namespace tegula::testing
