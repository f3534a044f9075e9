// Bulk copies: a producer and its consumers as they should be, and with one instruction wrong.
#include <numeric>

#include "tests/runtime/sim/checks/reports_of.h"

namespace tegula::testing {
namespace {

/// One producer warp loads tiles in bulk into two buffers; three consumer warps read them all.
struct BulkBug {
  bool init_barrier = true;  ///< between the mbarriers' initialisation and their use
  bool wait_empty = true;    ///< the producer waits until a buffer has been read
  bool wait_full = true;     ///< the consumers wait until it has been filled
  bool arrive_empty = true;  ///< the consumers say that they have read it
  int full_parity = 0;       ///< added to the right parity
  int empty_parity = 0;
  int bytes = 512;               ///< expected
  bool first_half_only = false;  ///< the second copy of a tile is not issued
};

format::Image bulk_pipeline(const BulkBug& bug) {
  constexpr int tile = 512, full = 1024, empty = 1040, tiles = 7;
  ImageBuilder b(4, 1056);
  const Reg x = b.parameter(Scalar::i64), y = b.parameter(Scalar::i64);
  const Reg tid = b.special(Special::tid_x), lane = b.special(Special::lane);
  const Reg warp = b.special(Special::warp), zero = b.i32(0), one = b.i32(1), base = b.i32(0);
  const Reg first = b.icmp(ICmp::eq, tid, zero), leads = b.icmp(ICmp::eq, lane, zero);
  const Reg count = b.i32(tiles), consumers = b.i32(3), half = b.i32(tile / 2);
  const Reg k = b.reg(Scalar::i32), sum = b.reg(Scalar::f32, 4);
  const Reg none = b.constant(Scalar::f32, {0}, 4);
  b.next_origin = 1;
  for (const int stage : {0, 1}) {
    b.effect(Opcode::mbarrier_init, {b.i32(full + 8 * stage), one, first});
    b.effect(Opcode::mbarrier_init, {b.i32(empty + 8 * stage), consumers, first});
  }
  if (bug.init_barrier) b.barrier();
  b.write(k, Opcode::move, {zero});
  b.write(sum, Opcode::move, {none});
  // Buffer k % 2, in its round k / 2; parities as of phases 0, 1, 0, ...
  const auto stage = [&] { return b.op(Opcode::iand, Scalar::i32, 1, {k, one}); };
  const auto parity = [&](int plus) {
    const Reg round = b.op(Opcode::lshr, Scalar::i32, 1, {k, one});
    return b.op(Opcode::iadd, Scalar::i32, 1, {round, b.i32(plus)});
  };
  const auto next = [&](std::uint32_t head) {
    b.write(k, Opcode::iadd, {k, one});
    const std::uint32_t again = b.cond_br(b.icmp(ICmp::slt, k, count), head);
    b.aim(again, 1, b.here());
  };

  const std::uint32_t split = b.cond_br(b.icmp(ICmp::eq, warp, zero));
  b.aim(split, 0, b.here());
  std::uint32_t head = b.here();
  b.next_origin = 2;
  // Fresh buffers are empty: the phase before the first one counts as complete.
  if (bug.wait_empty) b.wait(b.address(b.i32(empty), stage(), 8), parity(1 + bug.empty_parity));
  const Reg at_full = b.address(b.i32(full), stage(), 8);
  b.effect(Opcode::mbarrier_expect_tx, {at_full, b.i32(bug.bytes), leads}, 0, 1);
  const Reg to = b.address(base, stage(), tile), from = b.address(x, k, tile);
  b.effect(Opcode::bulk_load, {to, from, half, at_full, leads});
  if (!bug.first_half_only)
    b.effect(Opcode::bulk_load,
             {b.address(to, one, tile / 2), b.address(from, one, tile / 2), half, at_full, leads});
  next(head);
  b.ret();

  b.aim(split, 1, b.here());
  head = b.here();
  b.next_origin = 3;
  if (bug.wait_full) b.wait(b.address(b.i32(full), stage(), 8), parity(bug.full_parity));
  const Reg v = b.load(b.address(b.address(base, stage(), tile), lane, 16), Scalar::f32, 4, 16);
  b.write(sum, Opcode::fadd, {sum, v});
  b.effect(Opcode::warp_sync);
  if (bug.arrive_empty)
    b.effect(Opcode::mbarrier_arrive, {b.address(b.i32(empty), stage(), 8), no_register, leads});
  next(head);
  b.store(b.address(y, tid, 16), sum, 16);
  b.ret();
  return b.image();
}

class Bulk : public ::testing::Test {
 protected:
  Bulk() : x(7 * 128 + 4), y(4 * 32 * 4) { std::iota(x.begin(), x.end(), 0.0f); }
  /// The bulk copies' sources are multiples of 16.
  std::vector<Argument> arguments() { return {{"x", aligned(), 7 * 512}, out("y", y)}; }
  float* aligned() {
    auto at = reinterpret_cast<std::uintptr_t>(x.data());
    auto* start = reinterpret_cast<float*>((at + 15) / 16 * 16);
    std::iota(start, start + 7 * 128, 0.0f);
    return start;
  }
  std::vector<float> x, y;
};

TEST_F(Bulk, Right) {
  expect_clean(bulk_pipeline({}), arguments());
  for (std::size_t thread = 32; thread < 128; ++thread)
    EXPECT_EQ(y[4 * thread + 1], 7.0f * (4 * (thread % 32) + 1) + 128 * 21) << thread;
}
TEST_F(Bulk, TheInitialisationIsNotOrdered) {
  for (const std::uint64_t seed : {0, 1, 2, 3}) {
    const auto reports =
        reports_of(bulk_pipeline({.init_barrier = false}), arguments(), {.seed = seed});
    ASSERT_FALSE(reports.empty());
    EXPECT_TRUE(reports[0].check == "race" || reports[0].check == "mbarrier");
  }
}
TEST_F(Bulk, TheProducerIgnoresTheEmptyBarrier) {
  // Its second arrival comes in the phase of the first one, since copies land late.
  expect_report(bulk_pipeline({.wait_empty = false}), arguments(), "mbarrier",
                "1 arrivals at the mbarrier at offset 1024, whose phase has 0 of 1 to come");
}
TEST_F(Bulk, TheConsumersDoNotWait) {
  for (const std::uint64_t seed : {0, 1, 2, 3}) {
    const auto reports =
        reports_of(bulk_pipeline({.wait_full = false}), arguments(), {.seed = seed});
    ASSERT_FALSE(reports.empty());
    EXPECT_TRUE(reports[0].check == "wait" || reports[0].check == "uninitialised");
  }
}
TEST_F(Bulk, TheConsumersWaitForTheWrongParity) {
  for (const std::uint64_t seed : {0, 1, 2, 3}) {
    const auto reports = reports_of(bulk_pipeline({.full_parity = 1}), arguments(), {.seed = seed});
    ASSERT_FALSE(reports.empty());
    EXPECT_TRUE(reports[0].check == "wait" || reports[0].check == "uninitialised");
  }
}
TEST_F(Bulk, TheProducerWaitsForTheWrongParity) {
  expect_report(bulk_pipeline({.empty_parity = 1}), arguments(), "deadlock",
                "waits at the mbarrier at offset 1040 for parity 0 (3 of 3 arrivals and 0 bytes to "
                "come, phase 0)");
}
TEST_F(Bulk, TheConsumersDoNotArrive) {
  expect_report(bulk_pipeline({.arrive_empty = false}), arguments(), "deadlock", "no warp can run");
}
TEST_F(Bulk, MoreBytesAreExpectedThanCome) {
  expect_report(bulk_pipeline({.bytes = 528}), arguments(), "deadlock", "and 16 bytes to come");
  expect_report(bulk_pipeline({.first_half_only = true}), arguments(), "deadlock",
                "and 256 bytes to come");
}

/// A warp stores a tile to shared memory and from there in bulk.
struct BulkStoreBug {
  bool fence = true;
  bool barrier = true;
  bool wait = true;  ///< before the tile is overwritten, and at the end
};

format::Image bulk_store(const BulkStoreBug& bug) {
  ImageBuilder b(2, 256);
  const Reg y = b.parameter(Scalar::i64), tid = b.special(Special::tid_x);
  const Reg base = b.i32(0), zero = b.i32(0), bytes = b.i32(256);
  const Reg first = b.icmp(ICmp::eq, tid, zero);
  b.next_origin = 1;
  b.store(b.address(base, tid, 4), tid, 4);
  if (bug.fence) b.effect(Opcode::fence_proxy_async);
  if (bug.barrier) b.barrier();
  b.next_origin = 2;
  b.effect(Opcode::bulk_store, {y, base, bytes, first});
  b.effect(Opcode::bulk_commit);
  if (bug.wait) b.effect(Opcode::bulk_wait, {}, 0, 1);
  b.next_origin = 3;
  b.store(b.address(base, tid, 4), zero, 4, first);
  b.ret();
  return b.image();
}

TEST(SimBulkStore, Checks) {
  alignas(16) static std::int32_t memory[64];
  const std::vector<Argument> arguments = {{"y", memory, sizeof memory, true}};
  expect_clean(bulk_store({}), arguments);
  for (int k = 0; k < 64; ++k) EXPECT_EQ(memory[k], k);
  expect_report(bulk_store({.fence = false}), arguments, "proxy", "no proxy fence lies between");
  expect_report(bulk_store({.wait = false}), arguments, "wait",
                "which the bulk store issued at kernels/scale.cpp:42:7 has still to read");
  for (const std::uint64_t seed : {0, 1, 2, 3}) {
    const auto reports = reports_of(bulk_store({.barrier = false}), arguments, {.seed = seed});
    ASSERT_FALSE(reports.empty());
    EXPECT_TRUE(reports[0].check == "race" || reports[0].check == "uninitialised");
  }
}

TEST(SimBulkStore, AWarpMayNotExitBeforeItsStoresAreDone) {
  ImageBuilder b(1, 256);
  const Reg y = b.parameter(Scalar::i64), lane = b.special(Special::lane), base = b.i32(0);
  const Reg zero = b.i32(0), bytes = b.i32(128);
  b.store(b.address(base, lane, 4), lane, 4);
  b.effect(Opcode::fence_proxy_async);
  b.effect(Opcode::warp_sync);
  b.next_origin = 2;
  b.effect(Opcode::bulk_store, {y, base, bytes, b.icmp(ICmp::eq, lane, zero)});
  b.effect(Opcode::bulk_commit);
  b.ret();
  alignas(16) static std::int32_t memory[32];
  expect_report(b.image(), {{"y", memory, sizeof memory, true}}, "wait", "the warp exits");
}

}  // namespace
}  // namespace tegula::testing
