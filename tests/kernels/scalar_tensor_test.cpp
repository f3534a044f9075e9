// Tensors of rank 0, which have one element and no index: {} names it to every access.
#include "tests/kernels/harness.h"

namespace tegula::testing {
namespace {

struct Cfg {
  int warps = 4;
};

class ScalarTensors : public KernelTest {};
INSTANTIATE_TEST_SUITE_P(Targets, ScalarTensors, ::testing::ValuesIn(kernel_targets()),
                         target_name);

/// `x` by tile and by gather, with a mask and without, as a scalar and spread over a tile.
void read_fwd(const Cfg&, In x, Out y, Out whole) {
  auto [i] = grid({1});
  const Tile v = x.gather({}), tile = x.tiles({}).load({});
  const Tile spread = x.gather({}, iota(4) < 2, -1);
  y.scatter(v + tile, {i});
  y.scatter(spread, {iota(4) + 1});
  whole.scatter(v * 2, {});
}
const auto read_kernel =
    kernel("read_fwd", read_fwd, {"x", "y", "whole"}).field("warps", &Cfg::warps);

TEST_P(ScalarTensors, AreReadAndWritten) {
  for (const int warps : {1, 4}) {
    const Tensor y = filled(f32, {5}, 0), whole = filled(f32, {}, 0);
    launch(read_kernel, Cfg{warps}, floats(f32, {}, {3}), y, whole);
    expect_floats(y, {6, 3, 3, -1, -1});
    expect_floats(whole, {6});
  }
}

void store_fwd(const Cfg&, In x, Out y) {
  auto [i] = grid({1});
  y.tiles({}).store(x.tiles({}).load({}) + 1, {});
  // False: nothing is written.
  y.scatter(7, {}, i > 0);
}
const auto store_kernel = kernel("store_fwd", store_fwd, {"x", "y"}).field("warps", &Cfg::warps);

TEST_P(ScalarTensors, AreStoredAsTiles) {
  const Tensor y = filled(i32, {}, 0);
  launch(store_kernel, Cfg{}, integers(i32, {}, {41}), y);
  expect_integers(y, {42});
}

/// Every atomic, one after the other, each by the block as a whole; and one by each element of a
/// tile.
void atomics_fwd(const Cfg&, InOut counter, Out before) {
  auto [i] = grid({1});
  const OldValue old[] = {
      counter.atomic_add(5, {}),      counter.atomic_max(20, {}),
      counter.atomic_min(19, {}),     counter.atomic_and(0x17, {}),
      counter.atomic_or(8, {}),       counter.atomic_xor(1, {}),
      counter.atomic_exchange(3, {}), counter.atomic_compare_exchange(3, 100, {}),
  };
  for (int k = 0; k < 8; ++k) before.scatter(old[k], {i + k});
  counter.atomic_add(full(i32, {64}, 1), {}, {.mask = iota(64) < 50});
}
const auto atomics_kernel =
    kernel("atomics_fwd", atomics_fwd, {"counter", "before"}).field("warps", &Cfg::warps);

TEST_P(ScalarTensors, TakeAtomics) {
  for (const int warps : {1, 4}) {
    const Tensor counter = filled(i32, {}, 10), before = filled(i32, {8}, 0);
    launch(atomics_kernel, Cfg{warps}, counter, before);
    expect_integers(before, {10, 15, 20, 19, 0x13, 0x1b, 0x1a, 3});
    expect_integers(counter, {150});
  }
}

}  // namespace
}  // namespace tegula::testing
