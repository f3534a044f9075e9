// Blocks on several host threads: the same results, counters and reports as on one.
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <numeric>
#include <thread>

#include "tests/runtime/sim/checks/reports_of.h"

namespace tegula::testing {
namespace {

/// y[i] = 2 * x[i] in blocks of 32, through shared memory; block `bad` reads beyond x.
format::Image doubling(std::int32_t bad) {
  ImageBuilder b(2, 256);
  const Reg x = b.parameter(Scalar::i64), y = b.parameter(Scalar::i64);
  const Reg block = b.special(Special::ctaid_x), tid = b.special(Special::tid_x);
  const Reg threads = b.i32(64), far = b.i32(1 << 20), base = b.i32(0), mask = b.i32(32);
  const Reg index = b.op(Opcode::iadd, Scalar::i32, 1,
                         {b.op(Opcode::imul, Scalar::i32, 1, {block, threads}), tid});
  const Reg from =
      b.op(Opcode::select, Scalar::i32, 1, {b.icmp(ICmp::slt, block, b.i32(bad)), index, far});
  b.next_origin = 2;
  const Reg v = b.load(b.address(x, from, 4), Scalar::f32, 1, 4);
  b.store(b.address(base, tid, 4), b.op(Opcode::fadd, Scalar::f32, 1, {v, v}), 4);
  b.barrier();
  const Reg other = b.op(Opcode::ixor, Scalar::i32, 1, {tid, mask});
  const Reg place = b.op(Opcode::ixor, Scalar::i32, 1, {index, mask});
  b.store(b.address(y, place, 4), b.load(b.address(base, other, 4), Scalar::f32, 1, 4), 4);
  b.ret();
  return b.image();
}

TEST(SimThreads, CountersAreExact) {
  std::vector<float> x(64 * 300), y(64 * 300);
  std::iota(x.begin(), x.end(), 0.0f);
  std::vector<SimCounters> counters;
  for (const std::uint32_t threads : {1, 2, 3, 8, 0}) {
    std::fill(y.begin(), y.end(), 0.0f);
    const auto device = make_sim_device("sm_90a", {.seed = 3, .threads = threads});
    run_image(*device, doubling(300), {in("x", x), out("y", y)}, {{300, 1, 1}});
    for (std::size_t k = 0; k < y.size(); ++k) ASSERT_EQ(y[k], 2 * x[k]);
    counters.push_back(device->counters());
  }
  for (const SimCounters& c : counters) {
    EXPECT_EQ(c.blocks, 300u);
    EXPECT_EQ(c.barriers, 300u);
    EXPECT_EQ(c.lane_instructions, counters[0].lane_instructions);
    EXPECT_EQ(c.instructions, counters[0].instructions);
    EXPECT_EQ(c.global_sectors, counters[0].global_sectors);
    EXPECT_EQ(c.shared_wavefronts, counters[0].shared_wavefronts);
    EXPECT_EQ(c.arguments.at("x").load_bytes, 4 * x.size());
    EXPECT_EQ(c.arguments.at("y").store_bytes, 4 * y.size());
  }
}

TEST(SimThreads, ReportsAreThoseOfOneThread) {
  std::vector<float> x(64 * 300), y(64 * 300);
  const std::vector<Argument> arguments = {in("x", x), out("y", y)};
  const LaunchShape shape{{300, 1, 1}};
  for (const std::uint64_t seed : {0, 4}) {
    const auto one = reports_of(doubling(20), arguments, {.seed = seed, .threads = 1}, shape);
    ASSERT_EQ(one.size(), 1u);
    for (int again = 0; again < 10; ++again) {
      const auto many = reports_of(doubling(20), arguments, {.seed = seed, .threads = 4}, shape);
      ASSERT_EQ(many.size(), 1u);
      EXPECT_EQ(many[0].message, one[0].message);
    }
  }
}

/// In a child that the system grants so many threads, one of which it has.
int double_with_few_threads(rlim_t granted) {
  // The limit does not bind root, and counts all that a user has.
  if (::geteuid() == 0 && ::setuid(54321) != 0) return 77;
  const rlimit limit = {granted, granted};
  if (::setrlimit(RLIMIT_NPROC, &limit) != 0) return 77;
  try {
    std::vector<std::jthread> all;
    for (rlim_t t = 1; t <= granted; ++t) all.emplace_back([] { ::usleep(1000); });
    return 77;  // no limit after all
  } catch (const std::system_error&) {
  }
  std::vector<float> x(64 * 300, 1.5f), y(64 * 300);
  const auto device = make_sim_device("sm_90a", {.threads = 8});
  run_image(*device, doubling(300), {in("x", x), out("y", y)}, {{300, 1, 1}});
  if (device->counters().blocks != 300) return 2;
  for (const float value : y)
    if (value != 3) return 3;
  return 0;
}

TEST(SimThreads, FewerThanAskedForDoItAll) {
  for (const rlim_t granted : {1, 3}) {
    const pid_t child = ::fork();
    if (child == 0) {
      int status = 1;
      try {
        status = double_with_few_threads(granted);
      } catch (const std::exception& error) {
        std::fprintf(stderr, "child: %s\n", error.what());
      }
      ::_exit(status);
    }
    int status = -1;
    ::waitpid(child, &status, 0);
    ASSERT_TRUE(WIFEXITED(status)) << status;
    if (WEXITSTATUS(status) == 77) GTEST_SKIP() << "SKIP: threads cannot be limited here";
    EXPECT_EQ(WEXITSTATUS(status), 0) << "with " << granted;
  }
}

TEST(SimThreads, TheStepLimitEndsTheLaunch) {
  ImageBuilder b;
  b.br(0);
  const auto reports =
      reports_of(b.image(), {}, {.step_limit = 1000, .threads = 4}, {{1 << 20, 1, 1}});
  ASSERT_EQ(reports.size(), 1u);
  EXPECT_EQ(reports[0].check, "limit");
}

}  // namespace
}  // namespace tegula::testing
