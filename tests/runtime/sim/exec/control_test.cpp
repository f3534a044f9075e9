// Divergence and reconvergence, warp shuffles, barriers, orders of execution.
#include <gtest/gtest.h>

#include <numeric>

#include "tests/runtime/sim/image_builder.h"
#include "tests/runtime/sim/run_image.h"

namespace tegula::testing {
namespace {

std::uint64_t lane_instructions(const SimDevice& d) { return d.counters().lane_instructions; }

TEST(SimControl, IfElseMeetsAgain) {
  ImageBuilder b;
  const Reg y = b.parameter(Scalar::i64);
  const Reg lane = b.special(Special::lane), v = b.reg(Scalar::i32);
  const Reg ten = b.i32(10), hundred = b.i32(100), thousand = b.i32(1000);
  b.write(v, Opcode::move, {lane});
  const std::uint32_t split = b.cond_br(b.icmp(ICmp::slt, lane, ten));
  b.aim(split, 0, b.here());
  b.write(v, Opcode::iadd, {v, hundred});
  const std::uint32_t skip = b.br();
  b.aim(split, 1, b.here());
  b.write(v, Opcode::iadd, {v, thousand});
  b.aim(skip, 0, b.here());  // the else branch falls through to here
  b.store(b.address(y, lane, 4), v, 4);
  b.ret();
  std::vector<std::int32_t> got(32);
  const auto device = make_sim_device("sm_90a");
  run_image(*device, b.image(), {out("y", got)});
  for (int k = 0; k < 32; ++k)
    EXPECT_EQ(got[static_cast<std::size_t>(k)], k + (k < 10 ? 100 : 1000));
  // lane, move, icmp, cond_br, address, store, ret by 32 lanes; iadd, br by 10; iadd by 22.
  EXPECT_EQ(lane_instructions(*device), 7u * 32 + 2 * 10 + 22);
  EXPECT_EQ(device->counters().instructions.at("memory"), 1u) << "the store runs once, reconverged";
}

TEST(SimControl, LanesLeaveALoopOneByOne) {
  ImageBuilder b;
  const Reg y = b.parameter(Scalar::i64);
  const Reg lane = b.special(Special::lane);
  const Reg i = b.reg(Scalar::i32), sum = b.reg(Scalar::i32);
  const Reg zero = b.i32(0), one = b.i32(1);
  b.write(i, Opcode::move, {zero});
  b.write(sum, Opcode::move, {zero});
  const std::uint32_t head = b.here();
  const std::uint32_t leave = b.cond_br(b.icmp(ICmp::slt, i, lane));
  b.aim(leave, 0, b.here());
  b.write(sum, Opcode::iadd, {sum, i});
  b.write(i, Opcode::iadd, {i, one});
  b.br(head);
  b.aim(leave, 1, b.here());
  b.store(b.address(y, lane, 4), sum, 4);
  b.ret();
  std::vector<std::int32_t> got(32);
  const auto device = make_sim_device("sm_90a");
  run_image(*device, b.image(), {out("y", got)});
  for (int k = 0; k < 32; ++k) EXPECT_EQ(got[static_cast<std::size_t>(k)], k * (k - 1) / 2);
  EXPECT_EQ(device->counters().instructions.at("memory"), 1u);
}

TEST(SimControl, LanesMayExitEarly) {
  ImageBuilder b;
  const Reg y = b.parameter(Scalar::i64);
  const Reg lane = b.special(Special::lane), five = b.i32(5);
  const std::uint32_t split = b.cond_br(b.icmp(ICmp::ult, lane, five));
  b.aim(split, 0, b.here());
  b.ret();
  b.aim(split, 1, b.here());
  b.store(b.address(y, lane, 4), lane, 4);
  b.ret();
  std::vector<std::int32_t> got(32, -1);
  const auto device = make_sim_device("sm_90a");
  run_image(*device, b.image(), {out("y", got)});
  for (int k = 0; k < 32; ++k) EXPECT_EQ(got[static_cast<std::size_t>(k)], k < 5 ? -1 : k);
}

TEST(SimControl, ShuffleModes) {
  struct Case {
    ShuffleMode mode;
    int operand;
    int (*from)(int lane);
  };
  const Case cases[] = {
      {ShuffleMode::up, 3, [](int lane) { return lane < 3 ? lane : lane - 3; }},
      {ShuffleMode::down, 5, [](int lane) { return lane + 5 > 31 ? lane : lane + 5; }},
      {ShuffleMode::butterfly, 16, [](int lane) { return lane ^ 16; }},
      {ShuffleMode::index, 7, [](int) { return 7; }},
      {ShuffleMode::index, 32 + 9, [](int) { return 9; }},
  };
  for (const Case& c : cases) {
    ImageBuilder b;
    const Reg y = b.parameter(Scalar::i64);
    const Reg lane = b.special(Special::lane), operand = b.i32(c.operand);
    const Reg v = b.op(Opcode::sitofp, Scalar::f32, 1, {lane});
    b.write(v, Opcode::warp_shuffle, {v, operand}, {0, static_cast<int>(c.mode)});  // in place
    b.store(b.address(y, lane, 4), v, 4);
    b.ret();
    std::vector<float> got(32);
    const auto device = make_sim_device("sm_90a");
    run_image(*device, b.image(), {out("y", got)});
    for (int k = 0; k < 32; ++k)
      EXPECT_EQ(got[static_cast<std::size_t>(k)], static_cast<float>(c.from(k)));
  }
}

/// Each block sums 4 x 32 numbers: shuffles in a warp, shared memory and a barrier across warps.
format::Image block_sum() {
  ImageBuilder b(4, 16);
  const Reg x = b.parameter(Scalar::i64), y = b.parameter(Scalar::i64);
  const Reg tid = b.special(Special::tid_x), lane = b.special(Special::lane);
  const Reg block = b.special(Special::ctaid_x);
  const Reg zero = b.i32(0), threads = b.i32(128), five = b.i32(5);
  const Reg index = b.op(Opcode::iadd, Scalar::i32, 1,
                         {b.op(Opcode::imul, Scalar::i32, 1, {block, threads}), tid});
  const Reg v = b.load(b.address(x, index, 4), Scalar::f32, 1, 4);
  for (const int step : {16, 8, 4, 2, 1}) {
    const Reg mask = b.i32(step);
    const Reg other = b.op(Opcode::warp_shuffle, Scalar::f32, 1, {v, mask},
                           {0, static_cast<int>(ShuffleMode::butterfly)});
    b.write(v, Opcode::fadd, {v, other});
  }
  const Reg warp = b.op(Opcode::lshr, Scalar::i32, 1, {tid, five});
  b.store(b.address(zero, warp, 4), v, 4, b.icmp(ICmp::eq, lane, zero));
  b.barrier();
  Reg total = no_register;
  for (int k = 0; k < 4; ++k) {
    const Reg part = b.load(b.i32(4 * k), Scalar::f32, 1, 4);
    total = k == 0 ? part : b.op(Opcode::fadd, Scalar::f32, 1, {total, part});
  }
  b.store(b.address(y, block, 4), total, 4, b.icmp(ICmp::eq, tid, zero));
  b.ret();
  return b.image();
}

TEST(SimControl, BlockReductionForEverySeed) {
  std::vector<float> x(128 * 37);
  std::iota(x.begin(), x.end(), 0.0f);
  for (const std::uint64_t seed : {0, 1, 2, 99}) {
    std::vector<float> y(37, -1.0f);
    const auto device = make_sim_device("sm_90a", {.seed = seed});
    run_image(*device, block_sum(), {in("x", x), out("y", y)}, {{37, 1, 1}});
    for (std::size_t k = 0; k < y.size(); ++k)
      EXPECT_EQ(y[k], static_cast<float>(128 * (128 * k) + 127 * 64)) << seed;
    EXPECT_EQ(device->counters().barriers, 37u);
    EXPECT_EQ(device->counters().blocks, 37u);
  }
}

/// Every block appends its number to a list whose length is in memory: a race, and so unchecked.
std::vector<std::int32_t> order_of_blocks(std::uint64_t seed) {
  ImageBuilder b;
  const Reg y = b.parameter(Scalar::i64);
  const Reg lane = b.special(Special::lane), zero = b.i32(0), one = b.i32(1);
  const Reg first = b.icmp(ICmp::eq, lane, zero);
  const Reg length = b.load(y, Scalar::i32, 1, 4);
  const Reg next = b.op(Opcode::iadd, Scalar::i32, 1, {length, one});
  b.store(y, next, 4, first);
  b.store(b.address(y, next, 4), b.special(Special::ctaid_x), 4, first);
  b.ret();
  std::vector<std::int32_t> y_values(21, 0);
  const auto device = make_sim_device("sm_90a", {.checks = false, .seed = seed, .threads = 1});
  run_image(*device, b.image(), {out("y", y_values)}, {{20, 1, 1}});
  y_values.erase(y_values.begin());
  return y_values;
}

TEST(SimControl, SeedsPermuteBlocks) {
  std::vector<std::int32_t> ascending(20);
  std::iota(ascending.begin(), ascending.end(), 0);
  EXPECT_EQ(order_of_blocks(0), ascending);
  const auto shuffled = order_of_blocks(7);
  EXPECT_NE(shuffled, ascending);
  EXPECT_EQ(shuffled, order_of_blocks(7));
  EXPECT_TRUE(std::is_permutation(shuffled.begin(), shuffled.end(), ascending.begin()));
}

TEST(SimControl, AWarpThatSpinsDoesNotStarveAnother) {
  ImageBuilder b(2, 4);
  const Reg y = b.parameter(Scalar::i64);
  const Reg tid = b.special(Special::tid_x), lane = b.special(Special::lane);
  const Reg flag = b.i32(0), limit = b.i32(32), zero = b.i32(0), one = b.i32(1);
  const Reg is_first = b.icmp(ICmp::eq, tid, zero);
  const Reg leads = b.icmp(ICmp::eq, lane, zero);
  b.atomic(no_register, Opcode::atomic_store, {flag, zero, is_first});
  b.barrier();
  const std::uint32_t split = b.cond_br(b.icmp(ICmp::ult, tid, limit));
  const std::uint32_t spin = b.here();
  b.aim(split, 0, spin);
  const Reg seen = b.reg(Scalar::i32);
  b.atomic(seen, Opcode::atomic_load, {flag}, format::Order::acquire);
  const std::uint32_t again = b.cond_br(b.icmp(ICmp::ne, seen, one), spin);
  b.aim(again, 1, b.here());
  b.store(b.address(y, tid, 4), one, 4);
  b.ret();
  b.aim(split, 1, b.here());
  b.atomic(no_register, Opcode::atomic_store, {flag, one, leads}, format::Order::release);
  b.ret();
  std::vector<std::int32_t> got(32);
  const auto device = make_sim_device("sm_90a", {.step_limit = 1000000});
  run_image(*device, b.image(), {out("y", got)});
  EXPECT_EQ(got, std::vector<std::int32_t>(32, 1));
}

}  // namespace
}  // namespace tegula::testing
