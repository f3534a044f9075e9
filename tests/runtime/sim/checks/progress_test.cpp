// Launches end: those whose blocks wait for what never comes, and those in which a block that
// others wait for has been stopped.
#include "tests/runtime/sim/checks/reports_of.h"

namespace tegula::testing {
namespace {

using format::Order;
using ::testing::HasSubstr;

/// Every block takes the lock at `lock`; block `faulty` has a fault while it holds it, and block
/// `forgetful` keeps it.
format::Image locked(std::int32_t faulty, std::int32_t forgetful) {
  ImageBuilder b;
  const Reg lock = b.parameter(Scalar::i64), block = b.special(Special::ctaid_x);
  const Reg zero = b.i32(0), one = b.i32(1), minus_one = b.i32(-1);
  const Reg leads = b.icmp(ICmp::eq, b.special(Special::lane), zero);
  const Reg taken = b.reg(Scalar::i32);
  const std::uint32_t spin = b.here();
  b.next_origin = 1;
  b.atomic(taken, Opcode::atomic_cas, {lock, one, zero, leads}, Order::acquire);
  const std::uint32_t again = b.cond_br(b.icmp(ICmp::eq, taken, one), spin);
  b.aim(again, 1, b.here());
  b.next_origin = 2;
  const Reg index = b.op(Opcode::select, Scalar::i32, 1,
                         {b.icmp(ICmp::eq, block, b.i32(faulty)), minus_one, zero});
  b.load(b.address(lock, index, 4), Scalar::i32, 1, 4, b.icmp(ICmp::slt, index, zero));
  const std::uint32_t keeps = b.cond_br(b.icmp(ICmp::eq, block, b.i32(forgetful)));
  b.aim(keeps, 1, b.here());
  b.atomic(no_register, Opcode::atomic_store, {lock, zero, leads}, Order::release);
  b.aim(keeps, 0, b.here());
  b.ret();
  return b.image();
}

TEST(SimProgress, ALockThatIsGivenBack) {
  for (const std::uint32_t threads : {1, 3}) {
    std::vector<std::int32_t> lock(1);
    EXPECT_TRUE(reports_of(locked(-1, -1), {out("lock", lock)}, {.threads = threads}, {{500, 1, 1}})
                    .empty());
  }
}

TEST(SimProgress, AFaultEndsTheLaunchThoughOthersWait) {
  for (const std::uint32_t threads : {1, 3}) {
    std::vector<std::int32_t> lock(1);
    const auto reports =
        reports_of(locked(5, -1), {out("lock", lock)}, {.threads = threads}, {{500, 1, 1}});
    ASSERT_EQ(reports.size(), 1u);
    EXPECT_EQ(reports[0].check, "bounds");
    EXPECT_EQ(reports[0].block[0], 5u);
  }
}

TEST(SimProgress, ALockThatIsKept) {
  for (const bool checks : {true, false})
    for (const std::uint32_t threads : {1, 3}) {
      std::vector<std::int32_t> lock(1);
      const auto reports = reports_of(locked(-1, 0), {out("lock", lock)},
                                      {.checks = checks, .threads = threads}, {{500, 1, 1}});
      ASSERT_EQ(reports.size(), 1u);
      EXPECT_EQ(reports[0].check, "deadlock");
      EXPECT_EQ(reports[0].location.line, 2u);
      EXPECT_THAT(reports[0].message,
                  HasSubstr("a.cpp:2:2: error: hand_made: deadlock: the warps go on for ever and "
                            "change nothing, with 49"));
      EXPECT_THAT(reports[0].message,
                  HasSubstr(" blocks still to begin: warp 0 goes round at a.cpp:2:2; "));
    }
}

/// What a warp does while it waits for `flag`, which nobody sets.
enum class Pastime { none, stores_the_same, adds_zero, meets_at_a_barrier, shuffles, counts, adds };

format::Image waiting(Pastime pastime, bool first_is_faulty = false) {
  ImageBuilder b(2, 64);
  const Reg flag = b.parameter(Scalar::i64), spare = b.address(flag, b.i32(1), 4);
  const Reg zero = b.i32(0), one = b.i32(1), base = b.i32(0), iterations = b.reg(Scalar::i32);
  const Reg leads = b.icmp(ICmp::eq, b.special(Special::tid_x), zero);
  b.write(iterations, Opcode::move, {zero});
  if (first_is_faulty)
    b.load(b.address(flag, b.i32(-1), 4), Scalar::i32, 1, 4,
           b.icmp(ICmp::eq, b.special(Special::ctaid_x), zero));
  const std::uint32_t spin = b.here();
  b.next_origin = 3;
  const Reg seen = b.reg(Scalar::i32);
  b.atomic(seen, Opcode::atomic_load, {flag}, Order::acquire);
  if (pastime == Pastime::stores_the_same) {
    b.store(b.address(flag, b.i32(2), 4), one, 4, leads);
    b.store(base, one, 4, leads);
  }
  if (pastime == Pastime::adds_zero) b.atomic(no_register, Opcode::atomic_add, {spare, zero});
  if (pastime == Pastime::adds) b.atomic(no_register, Opcode::atomic_add, {spare, one});
  if (pastime == Pastime::meets_at_a_barrier) b.barrier();
  if (pastime == Pastime::shuffles)
    b.op(Opcode::warp_shuffle, Scalar::i32, 1, {seen, zero},
         {0, static_cast<int>(ShuffleMode::index)});
  if (pastime == Pastime::counts) b.write(iterations, Opcode::iadd, {iterations, one});
  const std::uint32_t again = b.cond_br(b.icmp(ICmp::eq, seen, zero), spin);
  b.aim(again, 1, b.here());
  b.ret();
  return b.image();
}

TEST(SimProgress, WaysToWaitForNothing) {
  for (const Pastime pastime : {Pastime::none, Pastime::stores_the_same, Pastime::adds_zero,
                                Pastime::meets_at_a_barrier, Pastime::shuffles})
    for (const std::uint32_t threads : {1, 2}) {
      std::vector<std::int32_t> memory(3);
      const auto reports = reports_of(waiting(pastime), {out("memory", memory)},
                                      {.seed = 7, .threads = threads}, {{3, 1, 1}});
      ASSERT_EQ(reports.size(), 1u) << static_cast<int>(pastime);
      EXPECT_EQ(reports[0].check, "deadlock");
      EXPECT_EQ(reports[0].location.line, 43u);
      EXPECT_THAT(reports[0].message, HasSubstr("warp 0 "));
      EXPECT_THAT(reports[0].message, HasSubstr("warp 1 "));
    }
}

TEST(SimProgress, WhoCountsWhileWaitingIsStoppedAtALimit) {
  std::vector<std::int32_t> memory(2);
  const auto reports = reports_of(waiting(Pastime::counts), {out("memory", memory)},
                                  {.idle_limit = 1 << 20, .threads = 1}, {{3, 1, 1}});
  ASSERT_EQ(reports.size(), 1u);
  EXPECT_EQ(reports[0].check, "limit");
  EXPECT_THAT(reports[0].message, HasSubstr("nothing has changed memory for "));
  EXPECT_THAT(reports[0].message, HasSubstr("goes round at kernels/scale.cpp:43:9"));
}

TEST(SimProgress, AfterAFaultNobodyGoesOnForEver) {
  for (const std::uint32_t threads : {1, 2}) {
    std::vector<std::int32_t> memory(2);
    const auto reports = reports_of(waiting(Pastime::adds, true), {out("memory", memory)},
                                    {.threads = threads}, {{100, 1, 1}});
    ASSERT_EQ(reports.size(), 1u);
    EXPECT_EQ(reports[0].check, "bounds");
  }
}

/// A copy lands when nothing can go on without it, which those that ask for it again and again
/// cannot either.
TEST(SimProgress, WhoAsksForACopyGetsIt) {
  ImageBuilder b(1, 32);
  const Reg x = b.parameter(Scalar::i64), y = b.parameter(Scalar::i64);
  const Reg zero = b.i32(0), barrier = b.i32(16), bytes = b.i32(16);
  const Reg leads = b.icmp(ICmp::eq, b.special(Special::lane), zero);
  b.effect(Opcode::mbarrier_init, {barrier, b.i32(1), leads});
  b.effect(Opcode::warp_sync);
  b.effect(Opcode::mbarrier_expect_tx, {barrier, bytes, leads}, 0, 1);
  b.effect(Opcode::bulk_load, {zero, x, bytes, barrier, leads});
  const std::uint32_t ask = b.here();
  const Reg there = b.op(Opcode::mbarrier_test_wait, Scalar::i1, 1, {barrier, zero});
  const std::uint32_t again = b.cond_br(there, 0, ask);
  b.aim(again, 0, b.here());
  b.store(y, b.load(zero, Scalar::i32, 4, 16), 16, leads);
  b.ret();
  std::vector<std::int32_t> from = {3, 1, 4, 1}, to(4);
  expect_clean(b.image(), {in("x", from), out("y", to)});
  EXPECT_EQ(to, from);
}

/// Block 0 waits for block 1, which counts for long before it sets the flag.
TEST(SimProgress, WhoWaitsForALongTimeGoesOn) {
  ImageBuilder b;
  const Reg flag = b.parameter(Scalar::i64), block = b.special(Special::ctaid_x);
  const Reg zero = b.i32(0), one = b.i32(1), iterations = b.reg(Scalar::i32);
  const Reg leads = b.icmp(ICmp::eq, b.special(Special::lane), zero);
  b.write(iterations, Opcode::move, {zero});
  const std::uint32_t split = b.cond_br(b.icmp(ICmp::eq, block, zero));
  const std::uint32_t spin = b.here();
  b.aim(split, 0, spin);
  const Reg seen = b.reg(Scalar::i32);
  b.atomic(seen, Opcode::atomic_load, {flag}, Order::acquire);
  const std::uint32_t again = b.cond_br(b.icmp(ICmp::eq, seen, zero), spin);
  b.aim(again, 1, b.here());
  b.ret();
  const std::uint32_t count = b.here();
  b.aim(split, 1, count);
  b.write(iterations, Opcode::iadd, {iterations, one});
  const std::uint32_t more = b.cond_br(b.icmp(ICmp::ult, iterations, b.i32(1 << 20)), count);
  b.aim(more, 1, b.here());
  b.atomic(no_register, Opcode::atomic_store, {flag, one, leads}, Order::release);
  b.ret();
  std::vector<std::int32_t> memory(1);
  for (const SimReport& r :
       reports_of(b.image(), {out("flag", memory)}, {.threads = 2}, {{2, 1, 1}}))
    ADD_FAILURE() << r.message;
  EXPECT_EQ(memory[0], 1);
}

}  // namespace
}  // namespace tegula::testing
