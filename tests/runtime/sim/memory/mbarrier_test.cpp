// mbarriers and named barriers: what is reported of their misuse.
#include "tests/runtime/sim/checks/reports_of.h"

namespace tegula::testing {
namespace {

TEST(SimMBarrier, Mistakes) {
  const auto report_of = [](auto&& write) {
    ImageBuilder b(1, 64);
    const Reg lane = b.special(Special::lane), zero = b.i32(0);
    const Reg leads = b.icmp(ICmp::eq, lane, zero);
    write(b, leads);
    b.ret();
    std::vector<std::string> messages;
    for (const bool checks : {true, false}) {
      const auto reports = reports_of(b.image(), {}, {.checks = checks});
      messages.push_back(reports.empty() ? "" : reports[0].message);
    }
    EXPECT_EQ(messages[0], messages[1]);
    return messages[0];
  };
  using ::testing::HasSubstr;
  EXPECT_THAT(report_of([](ImageBuilder& b, Reg leads) {
                b.effect(Opcode::mbarrier_arrive, {b.i32(8), no_register, leads});
              }),
              HasSubstr("there is no mbarrier at offset 8 of shared memory"));
  EXPECT_THAT(report_of([](ImageBuilder& b, Reg leads) {
                b.effect(Opcode::mbarrier_init, {b.i32(4), b.i32(1), leads});
              }),
              HasSubstr("alignment: an mbarrier at offset 4"));
  EXPECT_THAT(report_of([](ImageBuilder& b, Reg leads) {
                b.effect(Opcode::mbarrier_init, {b.i32(64), b.i32(1), leads});
              }),
              HasSubstr("bounds: an mbarrier at offset 64"));
  EXPECT_THAT(report_of([](ImageBuilder& b, Reg leads) {
                b.effect(Opcode::mbarrier_init, {b.i32(8), b.i32(0), leads});
              }),
              HasSubstr("an mbarrier for 0 arrivals"));
  EXPECT_THAT(report_of([](ImageBuilder& b, Reg leads) {
                b.effect(Opcode::mbarrier_init, {b.i32(8), b.i32(2), leads});
                b.effect(Opcode::mbarrier_arrive, {b.i32(8), b.i32(3), leads});
              }),
              HasSubstr("3 arrivals at the mbarrier at offset 8, whose phase has 2 of 2 to come"));
}

TEST(SimMBarrier, TestWaitDoesNotWait) {
  ImageBuilder b(1, 64);
  const Reg y = b.parameter(Scalar::i64), lane = b.special(Special::lane), zero = b.i32(0);
  const Reg one = b.i32(1), at = b.i32(8), leads = b.icmp(ICmp::eq, lane, zero);
  const auto test = [&](int slot) {
    const Reg passed = b.op(Opcode::mbarrier_test_wait, Scalar::i1, 1, {at, zero});
    b.store(b.address(b.address(y, lane, 8), b.i32(slot), 4),
            b.op(Opcode::zext, Scalar::i32, 1, {passed}), 4);
  };
  b.effect(Opcode::mbarrier_init, {at, one, leads});
  b.effect(Opcode::warp_sync);
  test(0);
  b.effect(Opcode::mbarrier_arrive, {at, no_register, leads});
  test(1);
  b.effect(Opcode::mbarrier_inval, {at, leads});
  b.ret();
  std::vector<std::int32_t> got(64);
  expect_clean(b.image(), {out("y", got)});
  EXPECT_EQ(got[10], 0);
  EXPECT_EQ(got[11], 1);
}

TEST(SimNamedBarrier, AWrongCountIsADeadlockOrAMismatch) {
  // Two warps meet at barrier 1; it is for three.
  for (const int threads : {64, 96}) {
    ImageBuilder b(3);
    const Reg warp = b.special(Special::warp), two = b.i32(2);
    const std::uint32_t split = b.cond_br(b.icmp(ICmp::slt, warp, two));
    b.aim(split, 0, b.here());
    b.next_origin = 2;
    b.named_barrier(1, threads);
    b.aim(split, 1, b.here());
    b.ret();
    if (threads == 64)
      expect_clean(b.image(), {});
    else
      expect_report(b.image(), {}, "deadlock",
                    "warp 0 waits at barrier 1, where 64 of 96 threads have arrived");
  }
  ImageBuilder b(3);
  const Reg warp = b.special(Special::warp), two = b.i32(2);
  const std::uint32_t split = b.cond_br(b.icmp(ICmp::slt, warp, two));
  b.aim(split, 0, b.here());
  b.barrier_arrive(1, 96);
  b.ret();
  b.aim(split, 1, b.here());
  b.named_barrier(1, 64);
  b.ret();
  expect_report(b.image(), {}, "barrier", "barrier 1 is for ");
}

}  // namespace
}  // namespace tegula::testing
