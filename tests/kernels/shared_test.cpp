// Shared memory: how much of it a block has, and how many barriers its exchanges take.
#include "runtime/format/architecture.h"
#include "tegula/error.h"
#include "tests/kernels/harness.h"

namespace tegula::testing {
namespace {

struct Cfg {
  int n = 64;
  int iterations = 1;
  int warps = 4;
};

template <class K>
auto with_fields(K kernel) {
  return std::move(kernel)
      .field("n", &Cfg::n)
      .field("iterations", &Cfg::iterations)
      .field("warps", &Cfg::warps);
}

class Shared : public KernelTest {
 protected:
  void expect_barriers(std::uint64_t wanted) const {
    if (simulates()) {
      EXPECT_EQ(device->counters().barriers, wanted);
    }
  }
};
INSTANTIATE_TEST_SUITE_P(Targets, Shared, ::testing::ValuesIn(kernel_targets()), target_name);

/// A tile and its transpose meet, so all of it changes places.
void symmetric_fwd(const Cfg& c, In x, Out y) {
  auto [one] = grid({1});
  Tile t = x.tiles({c.n, c.n}).load({0, 0});
  y.tiles({c.n, c.n}).store(t + t.T(), {0, 0});
}
const auto symmetric = with_fields(kernel("symmetric_fwd", symmetric_fwd, {"x", "y"}));

TEST_P(Shared, MoreThanABlockMayDeclareIsAskedForAtLaunch) {
  for (const int n : {64, 128}) {  // 16 KiB, 64 KiB
    const Cfg c{.n = n, .warps = 8};
    const auto x = random_integers(-1000, 1000, n * n);
    std::vector<std::int64_t> wanted(x.size());
    for (int r = 0; r < n; ++r)
      for (int k = 0; k < n; ++k)
        wanted[static_cast<std::size_t>(r * n + k)] =
            x[static_cast<std::size_t>(r * n + k)] + x[static_cast<std::size_t>(k * n + r)];
    const Tensor out = stream.empty(i32, {n, n});
    launch(symmetric, c, integers(i32, {n, n}, x), out);
    expect_integers(out, wanted);
  }
}

TEST_P(Shared, MoreThanTheArchitectureHasIsAnError) {
  const Tensor x = filled(i32, {256, 256}, 0), y = stream.empty(i32, {256, 256});
  try {
    launch(symmetric, Cfg{.n = 256, .warps = 16}, x, y);
    FAIL() << "256 KiB of shared memory were not refused";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::out_of_resources);
    const std::string text = error.what();
    EXPECT_NE(text.find("shared_test.cpp:"), std::string::npos) << text;
    EXPECT_NE(text.find("symmetric_fwd"), std::string::npos) << text;
    EXPECT_NE(text.find("262144 bytes"), std::string::npos) << text;
    const auto limit = format::find_architecture(arch())->shared_limit;
    EXPECT_NE(text.find(std::to_string(limit)), std::string::npos) << text;
  }
}

/// Three exchanges in a row. Two places do for them, and none waits for the one before.
void three_sums_fwd(const Cfg& c, In x, Out y) {
  auto [one] = grid({1});
  Tile t = x.tiles({c.n}).load({0});
  for (int k = 0; k < 3; ++k) t = t * 3 + sum(t, 0);
  y.tiles({c.n}).store(t, {0});
}
const auto three_sums = with_fields(kernel("three_sums_fwd", three_sums_fwd, {"x", "y"}));

TEST_P(Shared, OneBarrierForEachExchangeInARow) {
  auto values = random_integers(-9, 9, 256);
  for (const std::uint64_t seed : {0, 1, 2, 3}) {
    device->options().seed = seed;
    device->reset_statistics();
    const Tensor x = integers(i32, {256}, values), out = stream.empty(i32, {256});
    launch(three_sums, Cfg{.n = 256}, x, out);
    std::vector<std::int64_t> wanted = values;
    for (int k = 0; k < 3; ++k) {
      std::int64_t total = 0;
      for (const auto v : wanted) total += v;
      for (auto& v : wanted) v = wrapped(i32, v * 3 + total);
    }
    expect_integers(out, wanted);
    expect_barriers(3);
  }
}

/// Of two exchanges in a loop, each has the other's barrier between its rounds.
void two_in_a_loop_fwd(const Cfg& c, In x, Out y) {
  auto [one] = grid({1});
  Tile t = x.tiles({c.n}).load({0});
  for (auto iteration : range(0, c.iterations)) {
    t = t + sum(t, 0) + iteration;
    t = t - reduce_max(t, 0);
  }
  y.tiles({c.n}).store(t, {0});
}
const auto two_in_a_loop = with_fields(kernel("two_in_a_loop_fwd", two_in_a_loop_fwd, {"x", "y"}));

/// One alone must not write again while slower warps still read.
void one_in_a_loop_fwd(const Cfg& c, In x, Out y) {
  auto [one] = grid({1});
  Tile t = x.tiles({c.n}).load({0});
  for (auto iteration : range(0, c.iterations)) t = t + sum(t, 0) + iteration;
  y.tiles({c.n}).store(t, {0});
}
const auto one_in_a_loop = with_fields(kernel("one_in_a_loop_fwd", one_in_a_loop_fwd, {"x", "y"}));

TEST_P(Shared, LoopsHaveTheFewestBarriersThatOrderTheirExchanges) {
  const auto values = random_integers(-9, 9, 256);
  for (const bool two : {true, false})
    for (const std::uint64_t seed : {0, 1, 2, 3}) {
      device->options().seed = seed;
      device->reset_statistics();
      const Tensor x = integers(i32, {256}, values), out = stream.empty(i32, {256});
      const Cfg c{.n = 256, .iterations = 5};
      launch(two ? two_in_a_loop : one_in_a_loop, c, x, out);
      std::vector<std::int64_t> wanted = values;
      for (int iteration = 0; iteration < c.iterations; ++iteration) {
        std::int64_t total = iteration;
        for (const auto v : wanted) total += v;
        for (auto& v : wanted) v = wrapped(i32, v + total);
        const auto largest = *std::max_element(wanted.begin(), wanted.end());
        for (auto& v : wanted) v = two ? wrapped(i32, v - largest) : v;
      }
      expect_integers(out, wanted);
      expect_barriers(10);
    }
}

/// What a loop adds in another layout every time is converted once, before the loop.
void invariant_fwd(const Cfg& c, In x, Out y) {
  auto [one] = grid({1});
  Tile t = x.tiles({c.n, c.n}).load({0, 0});
  Tile turned = t.T();
  for (auto iteration : range(0, c.iterations)) t = t * 3 + turned + iteration;
  y.tiles({c.n, c.n}).store(t, {0, 0});
}
const auto invariant = with_fields(kernel("invariant_fwd", invariant_fwd, {"x", "y"}));

TEST_P(Shared, LoopsAreFreeOfConversionsOfWhatTheyDoNotChange) {
  const Cfg c{.n = 32, .iterations = 7};
  const auto x = random_integers(-9, 9, 1024);
  std::vector<std::int64_t> wanted = x;
  for (int iteration = 0; iteration < c.iterations; ++iteration)
    for (std::size_t k = 0; k < 1024; ++k)
      wanted[k] = wrapped(i32, wanted[k] * 3 + x[k % 32 * 32 + k / 32] + iteration);
  device->reset_statistics();
  const Tensor out = stream.empty(i32, {32, 32});
  launch(invariant, c, integers(i32, {32, 32}, x), out);
  expect_integers(out, wanted);
  expect_barriers(1);
}

/// The exchange's own barrier orders a tensor's accesses around it.
void exchange_orders_fwd(const Cfg& c, In x, InOut y) {
  auto [one] = grid({1});
  Tile t = x.tiles({c.n}).load({0});
  y.tiles({c.n}).store(t, {0});
  Tile total = sum(t, 0);
  y.tiles({c.n}).store(y.gather({iota(c.n) ^ (c.n - 1)}) + total, {0});
}
const auto exchange_orders =
    with_fields(kernel("exchange_orders_fwd", exchange_orders_fwd, {"x", "y"}));

TEST_P(Shared, AnExchangeOrdersTensorsToo) {
  const auto values = random_integers(-9, 9, 256);
  std::int64_t total = 0;
  for (const auto v : values) total += v;
  std::vector<std::int64_t> wanted(256);
  for (std::size_t k = 0; k < 256; ++k) wanted[k] = values[255 - k] + total;
  for (const std::uint64_t seed : {0, 1, 2}) {
    device->options().seed = seed;
    device->reset_statistics();
    const Tensor x = integers(i32, {256}, values), y = filled(i32, {256}, 0);
    launch(exchange_orders, Cfg{.n = 256}, x, y);
    expect_integers(y, wanted);
    // The sum's, between store and gather; another between gather and store.
    expect_barriers(2);
  }
}

}  // namespace
}  // namespace tegula::testing
