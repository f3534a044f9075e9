// Every check with a bug that it must find, and the words in which it says so.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/runtime/sim/checks/reports_of.h"

namespace tegula::testing {
namespace {

using ::testing::HasSubstr;

/// Stores the lane's number at y + start + stride * lane.
format::Image store_at(std::int64_t start, std::int64_t stride, std::int64_t alignment = 4) {
  ImageBuilder b;
  const Reg y = b.parameter(Scalar::i64), one = b.i64(1);
  const Reg lane = b.special(Special::lane);
  b.next_origin = 2;
  b.store(b.address(b.address(y, one, start), lane, stride), lane, alignment);
  b.ret();
  return b.image();
}

TEST(SimChecks, StorePastTheEnd) {
  std::vector<std::int32_t> y(31, -1);
  const auto reports = reports_of(store_at(0, 4), {out("y", y)});
  ASSERT_EQ(reports.size(), 1u);
  const SimReport& r = reports[0];
  EXPECT_EQ(r.check, "bounds");
  EXPECT_EQ(r.kernel, "hand_made");
  EXPECT_EQ(r.location.file, "kernels/scale.cpp");
  EXPECT_EQ(r.lane, 31u);
  EXPECT_EQ(r.message,
            "kernels/scale.cpp:42:7: error: hand_made: bounds: store of 4 bytes at y+124, 0 bytes "
            "past its end (tensor of 124 bytes); block (0, 0, 0), warp 0, lane 31");
  EXPECT_EQ(y, std::vector<std::int32_t>(31, -1)) << "nothing of a faulty request is done";
}

TEST(SimChecks, AccessBeforeTheStartAndAcrossTheEnd) {
  std::vector<std::int32_t> y(32);
  EXPECT_THAT(reports_of(store_at(-8, 4), {out("y", y)})[0].message,
              HasSubstr("store of 4 bytes at y-8, 8 bytes before its start (tensor of 128 bytes)"));
  EXPECT_THAT(reports_of(store_at(2, 4, 1), {out("y", y)})[0].message,
              HasSubstr("at y+126, reaching 2 bytes past its end (tensor of 128 bytes)"));
  EXPECT_THAT(reports_of(store_at(16 - 4 * 31, 8), {out("y", y)})[0].message,
              HasSubstr("before its start"));
}

TEST(SimChecks, StoreToWhatIsOnlyRead) {
  const std::vector<std::int32_t> y(32);
  EXPECT_THAT(reports_of(store_at(0, 4), {in("y", y)})[0].message,
              HasSubstr("store of 4 bytes at y+0, a tensor that the kernel only reads"));
}

TEST(SimChecks, NullPointer) {
  ImageBuilder b;
  const Reg address = b.i64(16);
  b.load(address, Scalar::f32, 1, 4);
  b.ret();
  EXPECT_THAT(reports_of(b.image(), {})[0].message,
              HasSubstr("load of 4 bytes at address 0x10, near no tensor argument"));
}

TEST(SimChecks, PredicateGuardsALoadAndPads) {
  ImageBuilder b;
  const Reg x = b.parameter(Scalar::i64), y = b.parameter(Scalar::i64);
  const Reg lane = b.special(Special::lane), limit = b.i32(20), pad = b.f32(-7.0f);
  const Reg inside = b.icmp(ICmp::slt, lane, limit);
  const Reg padded = b.load(b.address(x, lane, 4), Scalar::f32, 1, 4, inside, pad);
  const Reg zeroed = b.load(b.address(x, lane, 4), Scalar::f32, 1, 4, inside);
  b.store(b.address(y, lane, 8), padded, 4);
  const Reg one = b.i64(1);
  b.store(b.address(b.address(y, one, 4), lane, 8), zeroed, 4);
  b.ret();
  const std::vector<float> x_values(20, 3.0f);
  std::vector<float> y_values(64, 9.0f);
  EXPECT_TRUE(reports_of(b.image(), {in("x", x_values), out("y", y_values)}).empty());
  for (std::size_t k = 0; k < 32; ++k) {
    EXPECT_EQ(y_values[2 * k], k < 20 ? 3.0f : -7.0f);
    EXPECT_EQ(y_values[2 * k + 1], k < 20 ? 3.0f : 0.0f);
  }
}

TEST(SimChecks, Alignment) {
  alignas(64) static std::byte memory[1024];
  const Argument y{"y", memory, sizeof memory, true};
  const auto reports = reports_of(store_at(2, 4), {y});
  ASSERT_EQ(reports.size(), 1u);
  EXPECT_EQ(reports[0].check, "alignment");
  EXPECT_THAT(reports[0].message, HasSubstr("store of 4 bytes at y+2 is not aligned to 4 bytes"));
  EXPECT_TRUE(reports_of(store_at(2, 4, 2), {y}).empty()) << "the code relies on two bytes only";
}

TEST(SimChecks, SharedMemoryBounds) {
  ImageBuilder b(1, 64);
  const Reg base = b.i32(0), lane = b.special(Special::lane);
  b.store(b.address(base, lane, 4), lane, 4);
  b.ret();
  EXPECT_THAT(reports_of(b.image(), {})[0].message,
              HasSubstr("store of 4 bytes at offset 64 of shared memory, reaching 4 bytes past its "
                        "end (64 bytes)"));
  EXPECT_TRUE(reports_of(b.image(), {}, {}, {{1, 1, 1}, 64}).empty()) << "with dynamic memory";
}

TEST(SimChecks, SharedMemoryAlignment) {
  ImageBuilder b(1, 256);
  const Reg base = b.i32(2), lane = b.special(Special::lane);
  b.store(b.address(base, lane, 4), lane, 4);
  b.ret();
  EXPECT_THAT(reports_of(b.image(), {})[0].message,
              HasSubstr("at offset 2 of shared memory is not aligned to 4 bytes"));
}

/// Warps (or lanes) below `limit` wait at barrier 0, the others at barrier 1.
format::Image split_barriers(std::int32_t limit) {
  ImageBuilder b(2);
  const Reg tid = b.special(Special::tid_x), bound = b.i32(limit);
  const std::uint32_t split = b.cond_br(b.icmp(ICmp::ult, tid, bound));
  b.next_origin = 1;
  b.aim(split, 0, b.here());
  b.barrier(0);
  b.ret();
  b.aim(split, 1, b.here());
  b.barrier(1);
  b.ret();
  return b.image();
}

TEST(SimChecks, DifferentBarriers) {
  const auto reports = reports_of(split_barriers(32), {});
  ASSERT_EQ(reports.size(), 1u);
  EXPECT_EQ(reports[0].check, "barrier");
  EXPECT_EQ(reports[0].location.line, 2u);
  EXPECT_THAT(reports[0].message,
              HasSubstr("the warp is at barrier 1 while warp 0 waits at barrier 0"));
}

TEST(SimChecks, WithoutChecksThatIsADeadlock) {
  const auto reports = reports_of(split_barriers(32), {}, {.checks = false});
  ASSERT_EQ(reports.size(), 1u);
  EXPECT_EQ(reports[0].check, "deadlock");
  EXPECT_THAT(reports[0].message, HasSubstr("no warp can run"));
}

TEST(SimChecks, DivergedBarrier) {
  const auto reports = reports_of(split_barriers(7), {});
  ASSERT_EQ(reports.size(), 1u);
  EXPECT_EQ(reports[0].check, "barrier");
  EXPECT_THAT(reports[0].message,
              HasSubstr("7 lanes of the warp are at barrier 0, and the others are elsewhere"));
}

TEST(SimChecks, ExitedWarpsCountAsArrived) {
  ImageBuilder b(3);
  const Reg tid = b.special(Special::tid_x), bound = b.i32(32);
  const std::uint32_t split = b.cond_br(b.icmp(ICmp::ult, tid, bound));
  b.aim(split, 0, b.here());
  b.ret();
  b.aim(split, 1, b.here());
  b.barrier();
  b.ret();
  EXPECT_TRUE(reports_of(b.image(), {}).empty());
}

TEST(SimChecks, ShuffleNeedsAllLanes) {
  ImageBuilder b;
  const Reg lane = b.special(Special::lane), ten = b.i32(10);
  const std::uint32_t split = b.cond_br(b.icmp(ICmp::ult, lane, ten));
  b.aim(split, 0, b.here());
  b.op(Opcode::warp_shuffle, Scalar::i32, 1, {lane, ten});
  b.aim(split, 1, b.here());
  b.ret();
  const auto reports = reports_of(b.image(), {});
  ASSERT_EQ(reports.size(), 1u);
  EXPECT_EQ(reports[0].check, "shuffle");
  EXPECT_THAT(reports[0].message, HasSubstr("needs all 32 lanes, and 22 of them are not there"));
  EXPECT_TRUE(reports_of(b.image(), {}, {.checks = false}).empty());
}

TEST(SimChecks, TrapAndStepLimit) {
  ImageBuilder trap;
  trap.write(no_register, Opcode::trap, {});
  EXPECT_EQ(reports_of(trap.image(), {}, {.checks = false})[0].check, "trap");
  ImageBuilder endless;
  endless.br(0);
  const auto reports = reports_of(endless.image(), {}, {.step_limit = 1000}, {{1000, 1, 1}});
  ASSERT_EQ(reports.size(), 1u);
  EXPECT_EQ(reports[0].check, "limit");
}

TEST(SimChecks, AFaultEndsItsBlockAlone) {
  // Block k stores at y + 4 * k from all lanes; y has room for all but block 2.
  ImageBuilder b;
  const Reg y = b.parameter(Scalar::i64), block = b.special(Special::ctaid_x);
  const Reg two = b.i32(2), far = b.i32(1000), one = b.i32(1);
  const Reg index =
      b.op(Opcode::select, Scalar::i32, 1, {b.icmp(ICmp::eq, block, two), far, block});
  b.store(b.address(y, index, 4), one, 4);
  b.ret();
  std::vector<std::int32_t> y_values(4, 0);
  const auto reports = reports_of(b.image(), {out("y", y_values)}, {}, {{4, 1, 1}});
  ASSERT_EQ(reports.size(), 1u);
  EXPECT_EQ(reports[0].block[0], 2u);
  EXPECT_EQ(y_values, (std::vector<std::int32_t>{1, 1, 0, 1}));
}

TEST(SimChecks, TheSameBugIsReportedOnceAndSixteenAtMost) {
  std::vector<std::int32_t> y(31);
  EXPECT_EQ(reports_of(store_at(0, 4), {out("y", y)}, {}, {{50, 1, 1}}).size(), 1u);
  // Block k faults at the k-th of twenty traps.
  ImageBuilder b;
  const Reg block = b.special(Special::ctaid_x);
  for (std::uint32_t k = 0; k < 20; ++k) {
    b.next_origin = k;
    const Reg number = b.i32(static_cast<std::int32_t>(k));
    const std::uint32_t split = b.cond_br(b.icmp(ICmp::eq, block, number));
    b.aim(split, 0, b.here());
    b.write(no_register, Opcode::trap, {});
    b.aim(split, 1, b.here());
  }
  b.ret();
  EXPECT_EQ(reports_of(b.image(), {}, {}, {{20, 1, 1}}).size(), 16u);
}

TEST(SimChecks, ThrowsTheFirstAndCountsTheRest) {
  ImageBuilder b;
  const Reg block = b.special(Special::ctaid_x), zero = b.i32(0);
  const std::uint32_t split = b.cond_br(b.icmp(ICmp::eq, block, zero));
  for (const int way : {0, 1}) {
    b.next_origin = static_cast<std::uint32_t>(way + 1);
    b.aim(split, way, b.here());
    b.write(no_register, Opcode::trap, {});
  }
  const auto device = make_sim_device("sm_90a");
  try {
    run_image(*device, b.image(), {}, {{5, 1, 1}}, sample_locations());
    FAIL() << "nothing was thrown";
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::device_fault);
    EXPECT_EQ(std::string(e.what()), device->reports()[0].message + "; and 1 further report");
  }
  EXPECT_EQ(device->reports().size(), 2u);
  EXPECT_EQ(device->counters().blocks, 5u) << "counters are kept, too";
  device->reset_statistics();
  EXPECT_TRUE(device->reports().empty());
}

}  // namespace
}  // namespace tegula::testing
