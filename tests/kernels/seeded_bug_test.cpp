// Kernels with a bug planted in one element, which an argument chooses: the simulator reports the
// kernel, the author's line, the block, the warp and the lane, and where the argument chooses none,
// nothing.
#include <gmock/gmock.h>

#include <functional>

#include "tegula/error.h"
#include "tests/kernels/harness.h"

namespace tegula::testing {
namespace {

using ::testing::HasSubstr;

/// One element a thread: element e of a tile lies in warp e / 32, lane e % 32.
struct Cfg {
  int bn = 64, warps = 2;
};
template <class K>
auto with_fields(K kernel) {
  return std::move(kernel).field("bn", &Cfg::bn).field("warps", &Cfg::warps);
}

/// Where a thread accesses: its own element, but `elsewhere` for element `bad`.
Tile place(const Tile& own, const Tile& bad, const Tile& elsewhere) {
  return select(own == bad, elsewhere, own);
}

constexpr int load_line = __LINE__ + 5;
void stray_load_fwd(const Cfg& c, In x, Out y, I32 bad) {
  auto [n] = dims1(x);
  auto [i] = grid({cdiv(n, c.bn)});
  auto own = i * c.bn + iota(c.bn);
  auto v = x.gather({place(own, bad, n + 2)}, own < n);
  y.scatter(v, {own}, own < n);
}
const auto stray_load = with_fields(kernel("stray_load_fwd", stray_load_fwd, {"x", "y", "bad"}));

constexpr int store_line = __LINE__ + 5;
void stray_store_fwd(const Cfg& c, In x, Out y, I32 bad) {
  auto [n] = dims1(x);
  auto [i] = grid({cdiv(n, c.bn)});
  auto own = i * c.bn + iota(c.bn);
  y.scatter(x.gather({own}, own < n), {place(own, bad, full(i32, {}, -1))}, own < n);
}
const auto stray_store = with_fields(kernel("stray_store_fwd", stray_store_fwd, {"x", "y", "bad"}));

constexpr int atomic_line = __LINE__ + 5;
void stray_atomic_fwd(const Cfg& c, In x, InOut y, I32 bad) {
  auto [n] = dims1(x);
  auto [i] = grid({cdiv(n, c.bn)});
  auto own = i * c.bn + iota(c.bn);
  y.atomic_add(x.gather({own}, own < n), {place(own, bad, n)}, {.mask = own < n});
}
const auto stray_atomic =
    with_fields(kernel("stray_atomic_fwd", stray_atomic_fwd, {"x", "y", "bad"}));

constexpr int workspace_line = __LINE__ + 6;
void stray_scratch_fwd(const Cfg& c, In x, Out y, I32 bad) {
  auto [n] = dims1(x);
  auto [i] = grid({cdiv(n, c.bn)});
  auto own = i * c.bn + iota(c.bn);
  auto scratch = workspace(f32, {n});
  scratch.scatter(x.gather({own}, own < n), {place(own, bad, n + 1)}, own < n);
  y.scatter(x.gather({own}, own < n), {own}, own < n);
}
const auto stray_scratch =
    with_fields(kernel("stray_scratch_fwd", stray_scratch_fwd, {"x", "y", "bad"}));

constexpr int unwritten_line = __LINE__ + 7;
void unwritten_fwd(const Cfg& c, In x, Out y, I32 bad) {
  auto [n] = dims1(x);
  auto [i] = grid({cdiv(n, c.bn)});
  auto own = i * c.bn + iota(c.bn);
  auto scratch = workspace(f32, {n});
  scratch.scatter(x.gather({own}, own < n), {own}, (own < n) & (own != bad));
  y.scatter(scratch.gather({own}, own < n), {own}, own < n);
}
const auto unwritten = with_fields(kernel("unwritten_fwd", unwritten_fwd, {"x", "y", "bad"}));

/// Element 0 is written by its own block and by that of `bad`.
constexpr int race_line = __LINE__ + 5;
void race_fwd(const Cfg& c, In x, Out y, I32 bad) {
  auto [n] = dims1(x);
  auto [i] = grid({cdiv(n, c.bn)});
  auto own = i * c.bn + iota(c.bn);
  y.scatter(x.gather({own}, own < n), {place(own, bad, full(i32, {}, 0))}, own < n);
}
const auto race = with_fields(kernel("race_fwd", race_fwd, {"x", "y", "bad"}));

constexpr int assert_line = __LINE__ + 5;
void asserted_fwd(const Cfg& c, In x, Out y, I32 bad) {
  auto [n] = dims1(x);
  auto [i] = grid({cdiv(n, c.bn)});
  auto own = i * c.bn + iota(c.bn);
  assert_that(own != bad, "not this one");
  y.scatter(x.gather({own}, own < n), {own}, own < n);
}
const auto asserted = with_fields(kernel("asserted_fwd", asserted_fwd, {"x", "y", "bad"}));

/// The block of `bad` goes round for ever.
constexpr int endless_line = __LINE__ + 5;
void endless_fwd(const Cfg& c, In x, Out y, I32 bad) {
  auto [n] = dims1(x);
  auto [i] = grid({cdiv(n, c.bn)});
  Tile count = full(i32, {}, 0);
  while_([&] { return (count < 3) | (i == bad / c.bn); }, [&] { count = (count + 1) & 0xffff; });
  auto own = i * c.bn + iota(c.bn);
  y.scatter(x.gather({own}, own < n) + count.to(f32), {own}, own < n);
}
const auto endless = with_fields(kernel("endless_fwd", endless_fwd, {"x", "y", "bad"}));

class SeededBugs : public KernelTest {
 protected:
  using Bug = Kernel<Cfg, In, Out, I32>;

  /// Launches with the bug in each of a few elements, and without.
  template <class K>
  void expect_found(const K& kernel, const std::string& name, const std::string& check, int line,
                    const std::string& text, bool whole_block = false) {
    device->options().threads = 1;
    constexpr std::int64_t n = 300;
    const Tensor x = floats(f32, {n}, random_floats(f32, n));
    launch(kernel, Cfg{}, x, filled(f32, {n}, 0), -1000);
    EXPECT_TRUE(device->reports().empty());
    for (const int bad : {64, 101, 255, 299}) {
      device->reset_statistics();
      try {
        launch(kernel, Cfg{}, x, filled(f32, {n}, 0), bad);
        ADD_FAILURE() << "no error for element " << bad;
        continue;
      } catch (const Error& error) {
        EXPECT_EQ(error_code_name(error.code()), error_code_name(ErrorCode::device_fault));
        EXPECT_THAT(error.what(), HasSubstr("seeded_bug_test.cpp:" + std::to_string(line) + ":"));
        EXPECT_THAT(error.what(), HasSubstr(name + ": " + check + ": "));
        EXPECT_THAT(error.what(), HasSubstr(text));
      }
      ASSERT_EQ(device->reports().size(), 1U);
      const SimReport& report = device->reports().front();
      EXPECT_EQ(report.check, check);
      EXPECT_EQ(report.kernel, name);
      EXPECT_THAT(report.location.file, HasSubstr("seeded_bug_test.cpp"));
      EXPECT_EQ(report.location.line, static_cast<std::uint32_t>(line));
      EXPECT_EQ(report.block[0], static_cast<std::uint32_t>(bad / 64));
      const int thread = whole_block ? 0 : bad % 64;
      EXPECT_EQ(report.warp, static_cast<std::uint32_t>(thread / 32)) << report.message;
      EXPECT_EQ(report.lane, static_cast<std::uint32_t>(thread % 32)) << report.message;
    }
  }
};
INSTANTIATE_TEST_SUITE_P(Targets, SeededBugs, ::testing::ValuesIn(sim_targets), target_name);

TEST_P(SeededBugs, LoadOutOfBounds) {
  expect_found(stray_load, "stray_load_fwd", "bounds", load_line,
               "load of 4 bytes at x+1208, 8 bytes past its end (tensor of 1200 bytes)");
}

TEST_P(SeededBugs, StoreOutOfBounds) {
  expect_found(stray_store, "stray_store_fwd", "bounds", store_line,
               "store of 4 bytes at y-4, 4 bytes before its start");
}

TEST_P(SeededBugs, AtomicOutOfBounds) {
  expect_found(stray_atomic, "stray_atomic_fwd", "bounds", atomic_line, "at y+1200");
}

TEST_P(SeededBugs, WorkspaceOutOfBounds) {
  expect_found(stray_scratch, "stray_scratch_fwd", "bounds", workspace_line,
               "store of 4 bytes at workspace_0+1204");
}

TEST_P(SeededBugs, WorkspaceNotWritten) {
  expect_found(unwritten, "unwritten_fwd", "uninitialised", unwritten_line, "workspace_0");
}

TEST_P(SeededBugs, RaceOfBlocks) {
  expect_found(race, "race_fwd", "race", race_line, "block (0, 0, 0)");
}

TEST_P(SeededBugs, Assertion) {
  expect_found(asserted, "asserted_fwd", "assert", assert_line, "not this one");
}

TEST_P(SeededBugs, EndlessLoop) {
  device->options().step_limit = 5000;
  expect_found(endless, "endless_fwd", "limit", endless_line, "warp instructions", true);
}

}  // namespace
}  // namespace tegula::testing
