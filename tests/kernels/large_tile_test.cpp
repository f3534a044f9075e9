// Tiles as large as they may be: what works, and what is refused before it costs minutes.
#include "tests/kernels/harness.h"
#include "tests/runtime/expect_error.h"

namespace tegula::testing {
namespace {

struct Cfg {
  int bn = 65536, warps = 32;
};
template <class K>
auto with_fields(K kernel) {
  return std::move(kernel).field("bn", &Cfg::bn).field("warps", &Cfg::warps);
}

class LargeTiles : public KernelTest {};
INSTANTIATE_TEST_SUITE_P(Targets, LargeTiles, ::testing::ValuesIn({"sim:sm_80", "sim:sm_90a"}),
                         target_name);

void running_sum_fwd(const Cfg& c, In x, Out y) {
  auto [i] = grid({1});
  y.tiles({c.bn}).store(cumsum(x.tiles({c.bn}).load({i}), 0), {i});
}
const auto running_sum = with_fields(kernel("running_sum_fwd", running_sum_fwd, {"x", "y"}));

void copy_fwd(const Cfg& c, In x, Out y) {
  auto [i] = grid({1});
  y.tiles({c.bn}).store(x.tiles({c.bn}).load({i}) + 1, {i});
}
const auto copy = with_fields(kernel("copy_fwd", copy_fwd, {"x", "y"}));

/// More than the shared memory of any block, if a scan exchanged its elements.
TEST_P(LargeTiles, RunningSums) {
  constexpr int n = 65536;
  const auto x = random_integers(-100, 100, n);
  std::vector<std::int64_t> wanted;
  for (const std::int64_t value : x) wanted.push_back(value + (wanted.empty() ? 0 : wanted.back()));
  const Tensor out = stream.empty(i32, {n});
  launch(running_sum, Cfg{}, integers(i32, {n}, x), out);
  expect_integers(out, wanted);
}

/// It took minutes to say so, when each thread's elements had been lowered.
TEST_P(LargeTiles, MoreElementsThanThreadsHold) {
  const Tensor x = filled(i32, {1 << 20}, 0);
  expect_error(ErrorCode::out_of_resources,
               {"large_tile_test.cpp:28", "1048576 elements, 8192 for each of 128 threads",
                "use more warps than 4"},
               [&] {
                 launch(copy, Cfg{1 << 20, 4}, x, x);
               });
}

}  // namespace
}  // namespace tegula::testing
