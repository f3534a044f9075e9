// Races, each with the synchronisation that prevents it, and without.
#include "tests/runtime/sim/checks/reports_of.h"

namespace tegula::testing {
namespace {

/// Every thread stores to shared memory, and reads what thread tid ^ `distance` has stored.
format::Image swap_values(int distance, Opcode sync, bool sync_before_rewrite = true) {
  ImageBuilder b(2, 256);
  const Reg y = b.parameter(Scalar::i64), tid = b.special(Special::tid_x);
  const Reg base = b.i32(0), mask = b.i32(distance);
  const auto synchronise = [&] {
    if (sync != Opcode::move) b.effect(sync);
  };
  b.next_origin = 1;
  b.store(b.address(base, tid, 4), tid, 4);
  synchronise();
  b.next_origin = 2;
  const Reg other = b.op(Opcode::ixor, Scalar::i32, 1, {tid, mask});
  b.store(b.address(y, tid, 4), b.load(b.address(base, other, 4), Scalar::i32, 1, 4), 4);
  if (sync_before_rewrite) synchronise();
  b.next_origin = 3;
  b.store(b.address(base, tid, 4), mask, 4);
  b.ret();
  return b.image();
}

TEST(SimRace, BetweenWarps) {
  std::vector<std::int32_t> y(64);
  expect_clean(swap_values(32, Opcode::barrier), {out("y", y)});
  EXPECT_EQ(y[3], 35);
  // Which warp comes first, and so whether it reads too early, is up to the seed.
  for (const std::uint64_t seed : {0, 1, 2, 3}) {
    const auto reports =
        reports_of(swap_values(32, Opcode::warp_sync), {out("y", y)}, {.seed = seed});
    ASSERT_FALSE(reports.empty());
    EXPECT_TRUE(reports[0].check == "race" || reports[0].check == "uninitialised");
  }
}

TEST(SimRace, BetweenLanesOfAWarp) {
  std::vector<std::int32_t> y(64);
  expect_clean(swap_values(1, Opcode::warp_sync), {out("y", y)});
  expect_clean(swap_values(0, Opcode::move), {out("y", y)});
  expect_report(swap_values(1, Opcode::move), {out("y", y)}, "race",
                "kernels/scale.cpp:42:7: error: hand_made: race: load of 4 bytes at offset");
  expect_report(swap_values(1, Opcode::move), {out("y", y)}, "race", "at a.cpp:2:2");
}

TEST(SimRace, ARewriteMustWaitForTheReaders) {
  std::vector<std::int32_t> y(64);
  // The rewrite or the read comes first, as the order of the warps has it.
  expect_report(swap_values(32, Opcode::barrier, false), {out("y", y)}, "race",
                "is not ordered after the ");
  expect_report(swap_values(1, Opcode::warp_sync, false), {out("y", y)}, "race",
                "43:9: error: hand_made: race: store of 4 bytes");
}

TEST(SimRace, NamesTheOtherAccess) {
  std::vector<std::int32_t> y(64);
  const auto reports = reports_of(swap_values(1, Opcode::move), {out("y", y)});
  ASSERT_FALSE(reports.empty());
  EXPECT_EQ(reports[0].location.line, 42u);
  EXPECT_EQ(reports[0].other.line, 2u);
  EXPECT_EQ(reports[0].other.file, "a.cpp");
}

/// All warps read what one wrote, several times over: readers of one cell are listed.
format::Image broadcast(bool with_second_barrier) {
  ImageBuilder b(4, 4);
  const Reg y = b.parameter(Scalar::i64), tid = b.special(Special::tid_x);
  const Reg at = b.i32(0), zero = b.i32(0), one = b.i32(1), five = b.i32(5);
  const Reg leads = b.icmp(ICmp::eq, tid, zero), round = b.reg(Scalar::i32);
  b.write(round, Opcode::move, {zero});
  const std::uint32_t head = b.here();
  b.store(at, round, 4, leads);
  b.barrier();
  b.store(b.address(y, tid, 4), b.load(at, Scalar::i32, 1, 4), 4);
  if (with_second_barrier) b.barrier();
  b.write(round, Opcode::iadd, {round, one});
  const std::uint32_t again = b.cond_br(b.icmp(ICmp::slt, round, five), head);
  b.aim(again, 1, b.here());
  b.ret();
  return b.image();
}

TEST(SimRace, ManyReaders) {
  std::vector<std::int32_t> y(128);
  expect_clean(broadcast(true), {out("y", y)});
  EXPECT_EQ(y[100], 4);
  expect_report(broadcast(false), {out("y", y)}, "race", "not ordered");
}

TEST(SimRace, ShufflesOrderNothing) {
  ImageBuilder b(1, 128);
  const Reg lane = b.special(Special::lane), base = b.i32(0), one = b.i32(1);
  b.store(b.address(base, lane, 4), lane, 4);
  const Reg next = b.op(Opcode::warp_shuffle, Scalar::i32, 1, {lane, one},
                        {0, static_cast<int>(ShuffleMode::butterfly)});
  b.load(b.address(base, next, 4), Scalar::i32, 1, 4);
  b.ret();
  expect_report(b.image(), {}, "race", "load of 4 bytes");
}

TEST(SimRace, TheSameValueTwiceIsNone) {
  ImageBuilder b(2, 4);
  const Reg at = b.i32(0), value = b.i32(7), y = b.parameter(Scalar::i64);
  b.store(at, value, 4);  // by all lanes of both warps
  b.store(y, value, 4);
  b.ret();
  std::vector<std::int32_t> y_values(1);
  expect_clean(b.image(), {out("y", y_values)}, {{3, 1, 1}});
}

TEST(SimRace, NarrowNeighboursAreApart) {
  ImageBuilder b(1, 64);
  const Reg lane = b.special(Special::lane), base = b.i32(0);
  const Reg half = b.op(Opcode::trunc, Scalar::i16, 1, {lane});
  b.store(b.address(base, lane, 2), half, 2);
  b.effect(Opcode::warp_sync);
  b.load(b.address(base, lane, 2), Scalar::i16, 1, 2);
  b.ret();
  expect_clean(b.image(), {});
}

TEST(SimRace, NamedBarriersOrderTheirWarps) {
  // Warp 0 stores and arrives; warp 1 waits and reads. Warp 2 has nothing to do with it.
  for (const bool right : {true, false}) {
    ImageBuilder b(3, 128);
    const Reg y = b.parameter(Scalar::i64), warp = b.special(Special::warp);
    const Reg lane = b.special(Special::lane), base = b.i32(0), zero = b.i32(0), one = b.i32(1);
    const std::uint32_t split = b.cond_br(b.icmp(ICmp::eq, warp, zero));
    b.aim(split, 0, b.here());
    if (!right) b.barrier_arrive(1, 64);
    b.store(b.address(base, lane, 4), lane, 4);
    if (right) b.barrier_arrive(1, 64);
    b.ret();
    b.aim(split, 1, b.here());
    const std::uint32_t second = b.cond_br(b.icmp(ICmp::eq, warp, one));
    b.aim(second, 0, b.here());
    b.named_barrier(1, 64);
    b.store(b.address(y, lane, 4), b.load(b.address(base, lane, 4), Scalar::i32, 1, 4), 4);
    b.aim(second, 1, b.here());
    b.ret();
    std::vector<std::int32_t> got(32);
    if (right) {
      expect_clean(b.image(), {out("y", got)});
      EXPECT_EQ(got[9], 9);
    } else {
      const auto reports = reports_of(b.image(), {out("y", got)});
      ASSERT_EQ(reports.size(), 1u);
      EXPECT_EQ(reports[0].check, "race");
    }
  }
}

TEST(SimRace, UnwrittenSharedMemory) {
  ImageBuilder b(1, 256);
  const Reg lane = b.special(Special::lane), base = b.i32(0), ten = b.i32(10);
  b.store(b.address(base, lane, 4), lane, 4, b.icmp(ICmp::slt, lane, ten));
  b.next_origin = 2;
  b.load(b.address(base, lane, 4), Scalar::i32, 1, 4);
  b.ret();
  expect_report(b.image(), {}, "uninitialised",
                "load of 4 bytes at offset 40 of shared memory, which nobody has written; block "
                "(0, 0, 0), warp 0, lane 10");
}

TEST(SimRace, ABlockDoesNotSeeItsPredecessorsSharedMemory) {
  ImageBuilder b(1, 128);
  const Reg lane = b.special(Special::lane), base = b.i32(0), one = b.i32(1);
  const Reg block = b.special(Special::ctaid_x);
  b.store(b.address(base, lane, 4), lane, 4, b.icmp(ICmp::slt, block, one));
  b.load(b.address(base, lane, 4), Scalar::i32, 1, 4);
  b.ret();
  EXPECT_TRUE(reports_of(b.image(), {}, {.threads = 1}).empty());
  const auto reports = reports_of(b.image(), {}, {.threads = 1}, {{2, 1, 1}});
  ASSERT_EQ(reports.size(), 1u);
  EXPECT_EQ(reports[0].check, "uninitialised");
  EXPECT_EQ(reports[0].block[0], 1u);
}

/// Blocks write y[block * stride + tid] and, with `reads`, read what the next block writes.
format::Image blocks_write(std::int32_t stride, bool reads) {
  ImageBuilder b(2);
  const Reg y = b.parameter(Scalar::i64), block = b.special(Special::ctaid_x);
  const Reg tid = b.special(Special::tid_x), width = b.i32(stride);
  const Reg start = b.op(Opcode::imul, Scalar::i32, 1, {block, width});
  const Reg index = b.op(Opcode::iadd, Scalar::i32, 1, {start, tid});
  const Reg value = b.op(Opcode::ixor, Scalar::i32, 1, {index, start});
  b.next_origin = 1;
  b.store(b.address(y, index, 4), value, 4);
  b.next_origin = 2;
  if (reads)
    b.load(b.address(y, b.op(Opcode::iadd, Scalar::i32, 1, {index, width}), 4), Scalar::i32, 1, 4);
  b.ret();
  return b.image();
}

TEST(SimRace, BetweenBlocks) {
#ifdef __SANITIZE_THREAD__
  GTEST_SKIP() << "SKIP: a kernel's race between blocks is one of the simulator's threads as well";
#endif
  std::vector<std::int32_t> y(64 * 21);
  for (const std::uint32_t threads : {1, 4}) {
    const SimOptions options{.threads = threads};
    const LaunchShape shape{{20, 1, 1}};
    EXPECT_TRUE(reports_of(blocks_write(64, false), {out("y", y)}, options, shape).empty());
    const auto overlap = reports_of(blocks_write(63, false), {out("y", y)}, options, shape);
    ASSERT_EQ(overlap.size(), 1u);
    EXPECT_EQ(overlap[0].check, "race");
    EXPECT_EQ(overlap[0].location.line, 2u);
    EXPECT_THAT(overlap[0].message, ::testing::HasSubstr("store of 4 bytes at y+"));
    const auto read = reports_of(blocks_write(64, true), {out("y", y)}, options, shape);
    ASSERT_FALSE(read.empty());
    EXPECT_EQ(read[0].check, "race");
    EXPECT_THAT(read[0].message, ::testing::HasSubstr("by block ("));
  }
}

TEST(SimRace, WithinABlockOnGlobalMemory) {
  for (const bool right : {true, false}) {
    ImageBuilder b(2);
    const Reg y = b.parameter(Scalar::i64), tid = b.special(Special::tid_x), mask = b.i32(32);
    b.store(b.address(y, tid, 4), tid, 4);
    if (right) b.barrier();
    const Reg other = b.op(Opcode::ixor, Scalar::i32, 1, {tid, mask});
    b.load(b.address(y, other, 4), Scalar::i32, 1, 4);
    b.ret();
    std::vector<std::int32_t> got(64);
    if (right)
      expect_clean(b.image(), {out("y", got)}, {{1, 1, 1}});
    else
      expect_report(b.image(), {out("y", got)}, "race", "by the same block, warp");
  }
}

TEST(SimRace, OfTwoArgumentsNamesBoth) {
  ImageBuilder b(2);
  const Reg x = b.parameter(Scalar::i64), y = b.parameter(Scalar::i64);
  const Reg tid = b.special(Special::tid_x), mask = b.i32(32);
  const Reg from = b.address(x, b.op(Opcode::ixor, Scalar::i32, 1, {tid, mask}), 4);
  b.store(b.address(y, tid, 4), b.load(from, Scalar::i32, 1, 4), 4);
  b.ret();
  std::vector<std::int32_t> memory(80);
  Argument read = in("x", memory), written = out("y", memory);
  read.bytes = written.bytes = 64 * 4;
  written.data = memory.data() + 16;
  expect_report(b.image(), {read, written}, "race",
                "; x and y overlap: 192 bytes from x+64 and y+0; block (0, 0, 0)");
}

TEST(SimRace, LaunchesAreOrdered) {
  // In place, twice, on one device: what an earlier launch did is no race.
  std::vector<std::int32_t> y(64 * 21);
  const auto device = make_sim_device("sm_90a");
  for (int k = 0; k < 3; ++k)
    run_image(*device, blocks_write(64, false), {out("y", y)}, {{20, 1, 1}});
}

TEST(SimRace, UndefinedOutputs) {
  ImageBuilder b;
  const Reg y = b.parameter(Scalar::i64), lane = b.special(Special::lane), ten = b.i32(10);
  b.store(b.address(y, lane, 4), lane, 4, b.icmp(ICmp::slt, lane, ten));
  b.load(b.address(y, lane, 4), Scalar::i32, 1, 4);
  b.ret();
  std::vector<std::int32_t> values(32);
  Argument y_argument = out("y", values);
  expect_clean(b.image(), {y_argument});
  y_argument.undefined = true;
  expect_report(b.image(), {y_argument}, "uninitialised",
                "load of 4 bytes at y+40, which the launch has not written");
}

}  // namespace
}  // namespace tegula::testing
