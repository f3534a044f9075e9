// Clusters: blocks that run at one time, their barrier, and reads of each other's shared memory.
#include <array>

#include "tests/runtime/sim/checks/reports_of.h"

namespace tegula::testing {
namespace {

constexpr LaunchShape two_clusters = {{2, 4, 1}, 0};

/// Clusters of four blocks along y; y[block] is what the test makes of it.
struct Sample {
  explicit Sample(std::uint32_t warps = 2) : b(warps, 64) {
    b.image().cluster = {1, 4, 1};
    y = b.parameter(Scalar::i64);
    zero = b.i32(0), one = b.i32(1), four = b.i32(4);
    tid = b.special(Special::tid_x), rank = b.special(Special::ctaid_y);
    number = b.op(Opcode::iadd, Scalar::i32, 1,
                  {b.special(Special::ctaid_x), b.op(Opcode::shl, Scalar::i32, 1, {rank, one})});
    first = b.icmp(ICmp::eq, tid, zero);
  }
  void arrive() { b.effect(Opcode::cluster_arrive); }
  void wait() { b.effect(Opcode::cluster_wait); }
  void meet() { arrive(), wait(); }
  Reg read(Reg from, Reg place) {
    return b.op(Opcode::cluster_load, Scalar::i32, 1, {place, from}, {4, 0});
  }
  /// Adds up what lies at offset 0 of all blocks.
  Reg sum() {
    Reg total = read(zero, zero);
    for (int k = 1; k < 4; ++k)
      total = b.op(Opcode::iadd, Scalar::i32, 1, {total, read(b.i32(k), zero)});
    return total;
  }
  void put(Reg value) { b.store(b.address(y, number, 4), value, 4, first); }
  format::Image done() {
    b.ret();
    return b.image();
  }

  ImageBuilder b;
  Reg y, zero, one, four, tid, rank, number, first;
};

std::vector<std::int32_t> results(const format::Image& image, std::uint64_t seed = 0,
                                  std::uint32_t threads = 1) {
  std::vector<std::int32_t> y(8, -1);
  const auto device = make_sim_device("sm_90a", {.seed = seed, .threads = threads});
  run_image(*device, image, {out("y", y)}, two_clusters);
  return y;
}
void clean(const format::Image& image) {
  std::vector<std::int32_t> y(8, -1);
  expect_clean(image, {out("y", y)}, two_clusters);
}
void report(const format::Image& image, const std::string& check, const std::string& text) {
  std::vector<std::int32_t> y(8, -1);
  expect_report(image, {out("y", y)}, check, text, two_clusters);
}

TEST(SimCluster, BlocksReadEachOther) {
  Sample s;
  s.b.store(s.zero, s.b.op(Opcode::iadd, Scalar::i32, 1, {s.number, s.one}), 4, s.first);
  s.meet();
  const Reg total = s.sum();
  s.meet();
  s.put(total);
  const format::Image image = s.done();
  clean(image);
  // Blocks (0, k) have the numbers 0, 2, 4, 6, blocks (1, k) the odd ones; one more is summed.
  const std::vector<std::int32_t> wanted = {16, 20, 16, 20, 16, 20, 16, 20};
  for (std::uint64_t seed = 0; seed < 20; ++seed)
    for (const std::uint32_t threads : {1, 2}) EXPECT_EQ(results(image, seed, threads), wanted);
}

/// A block goes on while others read, and waits before it writes there again.
TEST(SimCluster, HalvesOfTheBarrierStandApart) {
  Sample s;
  const Reg k = s.b.reg(Scalar::i32), total = s.b.reg(Scalar::i32);
  s.b.write(k, Opcode::move, {s.zero});
  s.b.write(total, Opcode::move, {s.zero});
  const std::uint32_t head = s.b.here();
  s.b.store(s.zero, s.b.op(Opcode::iadd, Scalar::i32, 1, {s.rank, k}), 4, s.first);
  s.meet();
  s.b.write(total, Opcode::iadd, {total, s.sum()});
  s.arrive();
  s.b.write(k, Opcode::iadd, {k, s.one});
  s.wait();
  const std::uint32_t again = s.b.cond_br(s.b.icmp(ICmp::slt, k, s.four), head);
  s.b.aim(again, 1, s.b.here());
  s.put(total);
  const format::Image image = s.done();
  clean(image);
  EXPECT_EQ(results(image), std::vector<std::int32_t>(8, 4 * 6 + 4 * (0 + 1 + 2 + 3)));
}

TEST(SimCluster, RanksCountAlongXFirst) {
  ImageBuilder b(1, 16);
  b.image().cluster = {2, 2, 2};
  const Reg y = b.parameter(Scalar::i64), zero = b.i32(0), lane = b.special(Special::lane);
  const Reg place =
      b.op(Opcode::iadd, Scalar::i32, 1,
           {b.special(Special::ctaid_x),
            b.op(Opcode::imul, Scalar::i32, 1, {b.special(Special::ctaid_y), b.i32(10)})});
  const Reg mine =
      b.op(Opcode::iadd, Scalar::i32, 1,
           {place, b.op(Opcode::imul, Scalar::i32, 1, {b.special(Special::ctaid_z), b.i32(100)})});
  b.store(zero, mine, 4, b.icmp(ICmp::eq, lane, zero));
  b.effect(Opcode::cluster_arrive);
  b.effect(Opcode::cluster_wait);
  // Each lane its own rank.
  const Reg ranks = b.op(Opcode::iand, Scalar::i32, 1, {lane, b.i32(7)});
  const Reg got = b.op(Opcode::cluster_load, Scalar::i32, 1, {zero, ranks}, {4, 0});
  b.effect(Opcode::cluster_arrive);
  b.effect(Opcode::cluster_wait);
  b.store(b.address(y, lane, 4), got, 4,
          b.op(Opcode::iand, Scalar::i1, 1,
               {b.icmp(ICmp::eq, mine, b.i32(2 + 10 * 2)), b.icmp(ICmp::slt, lane, b.i32(8))}));
  b.ret();
  std::vector<std::int32_t> out_values(8, -1);
  const auto device = make_sim_device("sm_90a");
  run_image(*device, b.image(), {out("y", out_values)}, {{4, 4, 2}, 0});
  EXPECT_EQ(out_values, (std::vector<std::int32_t>{22, 23, 32, 33, 122, 123, 132, 133}));
}

TEST(SimCluster, AReadBeforeTheBarrier) {
  Sample s;
  s.b.next_origin = 2;
  s.b.store(s.zero, s.one, 4, s.first);
  s.arrive();
  s.b.next_origin = 3;
  const Reg total = s.sum();
  s.b.next_origin = no_register;
  s.wait();
  s.meet();
  s.put(total);
  s.done();
  // What comes too early has read nothing, or what may be from before the write.
  std::vector<std::int32_t> y(8, -1);
  bool race = false;
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    const auto reports = reports_of(s.b.image(), {out("y", y)}, {.seed = seed}, two_clusters);
    ASSERT_FALSE(reports.empty());
    EXPECT_EQ(reports[0].location.line, 43u);
    if (reports[0].check != "race") {
      EXPECT_EQ(reports[0].check, "uninitialised") << reports[0].message;
      continue;
    }
    race = true;
    EXPECT_THAT(reports[0].message,
                ::testing::HasSubstr("is not ordered after the write by warp 0, lane 0 at "
                                     "kernels/scale.cpp:42:7"));
  }
  EXPECT_TRUE(race);
}

TEST(SimCluster, AReadOfWhatNobodyHasWritten) {
  Sample s;
  s.meet();
  const Reg total = s.sum();
  s.meet();
  s.put(total);
  report(s.done(), "uninitialised", "of shared memory, which nobody has written");
}

TEST(SimCluster, AWriteWhileOthersRead) {
  Sample s;
  s.b.store(s.zero, s.one, 4, s.first);
  s.meet();
  s.b.next_origin = 3;
  const Reg total = s.sum();
  s.b.next_origin = 2;
  s.b.store(s.zero, s.four, 4, s.first);
  s.b.next_origin = no_register;
  s.meet();
  s.put(total);
  // Whichever comes first, the other one is reported.
  std::vector<std::int32_t> y(8, -1);
  for (const std::uint64_t seed : {0, 1, 2, 3, 17, 99}) {
    const auto reports = reports_of(s.done(), {out("y", y)}, {.seed = seed}, two_clusters);
    ASSERT_FALSE(reports.empty());
    EXPECT_EQ(reports[0].check, "race") << reports[0].message;
    EXPECT_THAT(reports[0].message,
                ::testing::AllOf(::testing::HasSubstr("kernels/scale.cpp:42:7"),
                                 ::testing::HasSubstr("kernels/scale.cpp:43:9")));
  }
}

TEST(SimCluster, ABlockThatEndsWhileOthersRead) {
  Sample s;
  s.b.store(s.zero, s.one, 4, s.first);
  s.meet();
  s.b.next_origin = 3;
  const Reg total = s.sum();
  s.b.next_origin = no_register;
  s.put(total);
  std::vector<std::int32_t> y(8, -1);
  const format::Image image = s.done();
  for (const std::uint64_t seed : {0, 1, 2, 3, 17, 99}) {
    const auto reports = reports_of(image, {out("y", y)}, {.seed = seed}, two_clusters);
    ASSERT_FALSE(reports.empty());
    EXPECT_EQ(reports[0].check, "race") << reports[0].message;
    EXPECT_THAT(
        reports[0].message,
        ::testing::AnyOf(::testing::HasSubstr("the block ends, and nothing orders that after the "
                                              "read of its shared memory by block ("),
                         ::testing::HasSubstr("which has ended")));
  }
}

TEST(SimCluster, WhatHasExitedCountsAsArrived) {
  Sample s;
  const std::uint32_t leave = s.b.cond_br(s.b.icmp(ICmp::eq, s.rank, s.one));
  const std::uint32_t stay = s.b.here();
  s.meet();
  s.put(s.four);
  s.b.ret();
  s.b.aim(leave, 0, s.b.here());
  s.b.aim(leave, 1, stay);
  const format::Image image = s.done();
  clean(image);
  EXPECT_EQ(results(image), (std::vector<std::int32_t>{4, 4, -1, -1, 4, 4, 4, 4}));
}

TEST(SimCluster, ADeadlock) {
  Sample s;
  // One warp of a block waits for the block, the others for the cluster.
  const Reg apart = s.b.op(
      Opcode::iand, Scalar::i1, 1,
      {s.b.icmp(ICmp::eq, s.rank, s.one), s.b.icmp(ICmp::eq, s.b.special(Special::warp), s.one)});
  const std::uint32_t branch = s.b.cond_br(apart);
  s.b.aim(branch, 0, s.b.here());
  s.b.barrier();
  s.b.aim(branch, 1, s.b.here());
  s.meet();
  report(s.done(), "deadlock", "at the cluster's barrier, where 7 of 8 warps have arrived");
}

TEST(SimCluster, HalvesInTheWrongOrder) {
  Sample twice;
  twice.arrive();
  twice.arrive();
  report(twice.done(), "barrier", "arrives at the cluster's barrier again before it has waited");
  Sample alone;
  alone.wait();
  report(alone.done(), "barrier", "waits at the cluster's barrier without having arrived");
}

TEST(SimCluster, LanesApart) {
  Sample s(1);
  const std::uint32_t branch = s.b.cond_br(s.first);
  s.b.aim(branch, 0, s.b.here());
  s.meet();
  s.b.aim(branch, 1, s.b.here());
  s.meet();
  report(s.done(), "barrier", "1 lanes of the warp are at the cluster's barrier");
}

TEST(SimCluster, ARankAndAPlaceThatAreNotThere) {
  Sample rank;
  rank.meet();
  rank.put(rank.read(rank.four, rank.zero));
  report(rank.done(), "bounds", "load of 4 bytes from rank 4 of a cluster of 4");
  Sample place;
  place.meet();
  place.put(place.read(place.one, place.b.i32(64)));
  report(place.done(), "bounds", "load of 4 bytes at offset 64 of shared memory");
  Sample odd;
  odd.meet();
  odd.put(odd.read(odd.one, odd.b.i32(2)));
  report(odd.done(), "alignment", "not aligned to 4 bytes");
}

/// Where checks are off, a rank that is not there is still no reason to read elsewhere.
TEST(SimCluster, ARankThatIsNotThereWithoutChecks) {
  Sample s;
  s.meet();
  s.put(s.read(s.b.i32(-1), s.zero));
  std::vector<std::int32_t> y(8, -1);
  const auto reports = reports_of(s.done(), {out("y", y)}, {.checks = false}, two_clusters);
  ASSERT_FALSE(reports.empty());
  EXPECT_EQ(reports[0].check, "bounds");
}

/// The barrier orders global memory between the cluster's blocks; between clusters nothing does.
TEST(SimCluster, OrdersGlobalMemory) {
  for (const bool meets : {true, false}) {
    Sample s;
    const Reg mine = s.b.address(s.y, s.number, 4);
    const Reg other =
        s.b.address(s.y, s.b.op(Opcode::ixor, Scalar::i32, 1, {s.number, s.b.i32(2)}), 4);
    s.b.store(mine, s.one, 4, s.first);
    if (meets) s.meet();
    const Reg got = s.b.load(other, Scalar::i32, 1, 4, s.first);
    s.b.store(s.zero, got, 4, s.first);
    const format::Image image = s.done();
    if (meets)
      clean(image);
    else
      report(image, "race", "by block (");
  }
}

TEST(SimCluster, AGridThatIsNoGridOfClusters) {
  Sample s;
  const format::Image image = s.done();
  std::vector<std::int32_t> y(8, -1);
  const auto device = make_sim_device("sm_90a");
  try {
    run_image(*device, image, {out("y", y)}, {{2, 6, 1}, 0});
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::invalid_argument);
    EXPECT_THAT(error.what(), ::testing::HasSubstr(
                                  "axis 1 of the grid is no multiple of the cluster's extent (got "
                                  "6; wanted a multiple of 4)"));
  }
}

TEST(SimCluster, AClusterThatIsTooLarge) {
  for (const std::array<std::uint32_t, 3> cluster :
       {std::array<std::uint32_t, 3>{4, 4, 1}, {0, 1, 1}, {9, 1, 1}}) {
    Sample s;
    format::Image image = s.done();
    image.cluster = cluster;
    EXPECT_THROW(format::validate(image), Error);
  }
}

}  // namespace
}  // namespace tegula::testing
