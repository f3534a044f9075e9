// cp.async: a pipeline as it should be, and with one instruction wrong.
#include <numeric>

#include "tests/runtime/sim/checks/reports_of.h"

namespace tegula::testing {
namespace {

/// A two-stage cp.async loop. Each of 64 threads copies 16 bytes a tile, and adds to its sum what
/// the thread on the other side of the block has copied.
struct CpAsyncBug {
  int pending = 1;  ///< groups that a wait leaves
  bool barrier_after_wait = true;
  bool barrier_after_use = true;
  bool commit = true;
};

format::Image cp_async_loop(const CpAsyncBug& bug) {
  constexpr int tile = 64 * 16;
  ImageBuilder b(2, 2 * tile);
  const Reg x = b.parameter(Scalar::i64), y = b.parameter(Scalar::i64);
  const Reg tid = b.special(Special::tid_x), last = b.i32(63), one = b.i32(1), zero = b.i32(0);
  const Reg tiles = b.i32(5);
  const Reg other = b.op(Opcode::isub, Scalar::i32, 1, {last, tid});
  const Reg base = b.i32(0), k = b.reg(Scalar::i32), sum = b.reg(Scalar::f32, 4);
  const Reg none = b.constant(Scalar::f32, {0}, 4);
  const auto buffer = [&](Reg number) {
    return b.address(base, b.op(Opcode::iand, Scalar::i32, 1, {number, one}), tile);
  };
  const auto copy = [&](Reg number) {
    b.next_origin = 1;
    const Reg there = b.icmp(ICmp::slt, number, tiles);
    const Reg from = b.address(b.address(x, number, tile), tid, 16);
    b.effect(Opcode::cp_async, {b.address(buffer(number), tid, 16), from, no_register, there}, 16);
    if (bug.commit) b.effect(Opcode::cp_async_commit);
  };
  b.write(k, Opcode::move, {zero});
  b.write(sum, Opcode::move, {none});
  copy(k);
  const std::uint32_t head = b.here();
  copy(b.op(Opcode::iadd, Scalar::i32, 1, {k, one}));
  b.effect(Opcode::cp_async_wait, {}, bug.pending);
  if (bug.barrier_after_wait) b.barrier();
  b.next_origin = 2;
  const Reg v = b.load(b.address(buffer(k), other, 16), Scalar::f32, 4, 16);
  b.write(sum, Opcode::fadd, {sum, v});
  if (bug.barrier_after_use) b.barrier();
  b.write(k, Opcode::iadd, {k, one});
  const std::uint32_t again = b.cond_br(b.icmp(ICmp::slt, k, tiles), head);
  b.aim(again, 1, b.here());
  b.store(b.address(y, tid, 16), sum, 16);
  b.ret();
  return b.image();
}

class CpAsync : public ::testing::Test {
 protected:
  CpAsync() : x(5 * 256), y(256) { std::iota(x.begin(), x.end(), 0.0f); }
  std::vector<Argument> arguments() { return {in("x", x), out("y", y)}; }
  std::vector<float> x, y;
};

TEST_F(CpAsync, Right) {
  expect_clean(cp_async_loop({}), arguments());
  for (std::size_t e = 0; e < 4; ++e)
    EXPECT_EQ(y[4 * 10 + e], 5 * (4 * 53 + e) + 256.0f * (0 + 1 + 2 + 3 + 4));
  expect_clean(cp_async_loop({.pending = 0}), arguments());
  expect_clean(cp_async_loop({.pending = -1, .commit = false}), arguments());
}
TEST_F(CpAsync, WaitsForTooFewGroups) {
  expect_report(
      cp_async_loop({.pending = 2}), arguments(), "wait",
      "where the copy issued at a.cpp:2:2 has still to arrive: it has not been waited for");
  // The value is the old one, too.
  reports_of(cp_async_loop({.pending = 2}), arguments(), {.checks = false});
  EXPECT_NE(y[0], 5 * 252.0f + 2560);
}
TEST_F(CpAsync, NothingIsCommitted) {
  expect_report(cp_async_loop({.commit = false}), arguments(), "wait", "has still to arrive");
}
TEST_F(CpAsync, NoBarrierAfterTheWait) {
  for (const std::uint64_t seed : {0, 1, 2, 3})
    EXPECT_FALSE(
        reports_of(cp_async_loop({.barrier_after_wait = false}), arguments(), {.seed = seed})
            .empty());
}
TEST_F(CpAsync, NoBarrierBeforeTheBufferIsUsedAgain) {
  for (const std::uint64_t seed : {0, 1, 2, 3}) {
    const auto reports =
        reports_of(cp_async_loop({.barrier_after_use = false}), arguments(), {.seed = seed});
    ASSERT_FALSE(reports.empty());
    EXPECT_TRUE(reports[0].check == "race" || reports[0].check == "wait") << reports[0].message;
  }
}

TEST(SimCopies, ShortSourcesArePaddedWithZeros) {
  ImageBuilder b(1, 512);
  const Reg x = b.parameter(Scalar::i64), y = b.parameter(Scalar::i64);
  const Reg lane = b.special(Special::lane), base = b.i32(0), ten = b.i32(10);
  const Reg bytes = b.op(Opcode::smin, Scalar::i32, 1, {lane, ten});
  const Reg at = b.address(base, lane, 16);
  b.effect(Opcode::cp_async, {at, b.address(x, lane, 16), bytes}, 16);
  b.effect(Opcode::cp_async_wait, {}, -1);
  b.store(b.address(y, lane, 16), b.load(at, Scalar::i8, 16, 16), 16);
  b.ret();
  // No lane reads beyond its bytes.
  std::vector<std::uint8_t> x_values(31 * 16 + 10, 7), y_values(512);
  expect_clean(b.image(), {in("x", x_values), out("y", y_values)});
  for (std::size_t k = 0; k < 512; ++k)
    EXPECT_EQ(y_values[k], k % 16 < std::min<std::size_t>(k / 16, 10) ? 7 : 0);
}

TEST(SimCopies, Misaligned) {
  ImageBuilder b(1, 512);
  const Reg x = b.parameter(Scalar::i64), lane = b.special(Special::lane), base = b.i32(8);
  b.effect(Opcode::cp_async, {b.address(base, lane, 8), b.address(x, lane, 16)}, 16);
  b.ret();
  alignas(16) static std::byte memory[512];
  expect_report(b.image(), {{"x", memory, 512}}, "alignment",
                "copy to of 16 bytes at offset 8 of shared memory is not aligned to 16 bytes");
}

}  // namespace
}  // namespace tegula::testing
