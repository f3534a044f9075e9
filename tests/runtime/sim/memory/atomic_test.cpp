// Atomics: values, and what they order.
#include <bit>
#include <numeric>

#include "runtime/sim/values/half.h"
#include "tests/runtime/sim/checks/reports_of.h"

namespace tegula::testing {
namespace {

using format::Order;
using format::Scope;

/// Every lane of every block applies `opcode` with its thread's number to y[0].
format::Image apply(Opcode opcode, Scalar scalar) {
  ImageBuilder b;
  const Reg y = b.parameter(Scalar::i64), threads = b.i32(32);
  const Reg block = b.special(Special::ctaid_x);
  const Reg thread =
      b.op(Opcode::iadd, Scalar::i32, 1,
           {b.op(Opcode::imul, Scalar::i32, 1, {block, threads}), b.special(Special::lane)});
  Reg value = thread;
  if (scalar == Scalar::i64) value = b.op(Opcode::zext, scalar, 1, {thread});
  if (format::is_float(scalar)) value = b.op(Opcode::uitofp, scalar, 1, {thread});
  b.atomic(no_register, opcode, {y, value});
  b.ret();
  return b.image();
}

template <class T>
T result_of(Opcode opcode, Scalar scalar, T start, std::uint32_t blocks) {
  std::vector<T> y = {start};
  const auto device = make_sim_device("sm_90a", {.threads = 4});
  run_image(*device, apply(opcode, scalar), {out("y", y)}, {{blocks, 1, 1}});
  return y[0];
}

TEST(SimAtomic, IntegersOnSeveralHostThreads) {
  const std::uint32_t n = 40 * 32;
  EXPECT_EQ(result_of<std::uint32_t>(Opcode::atomic_add, Scalar::i32, 5, 40), 5 + n * (n - 1) / 2);
  EXPECT_EQ(result_of<std::uint64_t>(Opcode::atomic_add, Scalar::i64, ~0ull, 40),
            n * (n - 1) / 2 - 1ull);
  EXPECT_EQ(result_of<std::uint32_t>(Opcode::atomic_umax, Scalar::i32, 7, 40), n - 1);
  EXPECT_EQ(result_of<std::uint32_t>(Opcode::atomic_umin, Scalar::i32, ~0u, 40), 0u);
  EXPECT_EQ(result_of<std::int32_t>(Opcode::atomic_smax, Scalar::i32, -7, 40),
            static_cast<std::int32_t>(n) - 1);
  EXPECT_EQ(result_of<std::int64_t>(Opcode::atomic_smin, Scalar::i64, -7, 40), -7);
  EXPECT_EQ(result_of<std::uint32_t>(Opcode::atomic_or, Scalar::i32, 0, 4), 127u);
  EXPECT_EQ(result_of<std::uint32_t>(Opcode::atomic_and, Scalar::i32, ~0u, 4), 0u);
  EXPECT_EQ(result_of<std::uint32_t>(Opcode::atomic_xor, Scalar::i32, 3, 4), 3u);
}

TEST(SimAtomic, Floats) {
  const std::uint32_t n = 8 * 32;
  EXPECT_EQ(result_of<float>(Opcode::atomic_fadd, Scalar::f32, 0.5f, 8), n * (n - 1) / 2 + 0.5f);
  EXPECT_EQ(result_of<double>(Opcode::atomic_fadd, Scalar::f64, 0.25, 8), n * (n - 1) / 2 + 0.25);
  // 0 + 1 + ... + 31 = 496 is exact in both.
  const auto half = result_of<std::uint16_t>(Opcode::atomic_fadd, Scalar::f16, 0, 1);
  EXPECT_EQ(sim::widen(sim::F16{half}), 496.0f);
  EXPECT_EQ(result_of<std::uint16_t>(Opcode::atomic_fadd, Scalar::bf16, 0, 1) >> 7,
            std::bit_cast<std::uint32_t>(496.0f) >> 23);
}

TEST(SimAtomic, ResultsAreTheValuesBefore) {
  ImageBuilder b;
  const Reg counter = b.parameter(Scalar::i64), y = b.parameter(Scalar::i64);
  const Reg lane = b.special(Special::lane), one = b.i32(1), limit = b.i32(20);
  const Reg before = b.reg(Scalar::i32);
  b.atomic(before, Opcode::atomic_add, {counter, one, b.icmp(ICmp::slt, lane, limit)});
  b.store(b.address(y, lane, 4), before, 4);
  b.ret();
  std::vector<std::int32_t> count = {100}, y_values(32);
  const auto device = make_sim_device("sm_90a");
  run_image(*device, b.image(), {out("counter", count), out("y", y_values)});
  EXPECT_EQ(count[0], 120);
  for (int k = 0; k < 32; ++k)
    EXPECT_EQ(y_values[static_cast<std::size_t>(k)], k < 20 ? 100 + k : 0);
}

TEST(SimAtomic, CompareAndSwapAndExchangeOnSharedMemory) {
  ImageBuilder b(1, 16);
  const Reg y = b.parameter(Scalar::i64), lane = b.special(Special::lane), at = b.i32(8);
  const Reg seven = b.i32(7), zero = b.i32(0), nine = b.i32(9);
  const Reg first = b.icmp(ICmp::eq, lane, zero);
  const Reg old = b.reg(Scalar::i32), older = b.reg(Scalar::i32);
  b.store(at, seven, 4, first);
  b.effect(Opcode::warp_sync);
  // Lane 0 finds 7 and puts its own number; the others find that.
  b.atomic(old, Opcode::atomic_cas, {at, lane, seven});
  b.atomic(older, Opcode::atomic_exchange, {at, nine, first});
  b.store(b.address(y, lane, 8), old, 4);
  b.store(b.address(b.address(y, lane, 8), b.i32(1), 4), older, 4);
  b.ret();
  std::vector<std::int32_t> got(64);
  expect_clean(b.image(), {out("y", got)});
  EXPECT_EQ(got[0], 7);
  EXPECT_EQ(got[1], 0);
  EXPECT_EQ(got[2], 0);
  EXPECT_EQ(got[63], 0);
}

TEST(SimAtomic, MustBeAligned) {
  ImageBuilder b;
  const Reg y = b.parameter(Scalar::i64), one = b.i32(1);
  b.atomic(no_register, Opcode::atomic_add, {b.address(y, one, 2), one});
  b.ret();
  alignas(8) static std::int32_t memory[4];
  const Argument y_argument{"y", memory, sizeof memory, true};
  for (const bool checks : {true, false})
    EXPECT_EQ(reports_of(b.image(), {y_argument}, {.checks = checks}).at(0).check, "alignment");
}

/// Every block writes its partial sum and counts itself; the last one to come reads them all.
format::Image last_block(Order order, bool with_fences) {
  ImageBuilder b(1);
  const Reg parts = b.parameter(Scalar::i64), counter = b.parameter(Scalar::i64);
  const Reg y = b.parameter(Scalar::i64);
  const Reg lane = b.special(Special::lane), block = b.special(Special::ctaid_x);
  const Reg blocks = b.special(Special::nctaid_x), zero = b.i32(0), one = b.i32(1);
  const Reg leads = b.icmp(ICmp::eq, lane, zero);
  const int gpu = static_cast<int>(Scope::gpu);
  b.next_origin = 1;
  b.store(b.address(parts, block, 4), block, 4, leads);
  if (with_fences) b.effect(Opcode::fence, {}, 0, gpu);
  const Reg ticket = b.reg(Scalar::i32), next = b.reg(Scalar::i32);
  b.atomic(ticket, Opcode::atomic_add, {counter, one, leads}, order);
  if (with_fences) b.effect(Opcode::fence, {}, 0, gpu);
  b.write(next, Opcode::iadd, {ticket, one});
  const std::uint32_t split =
      b.cond_br(b.op(Opcode::iand, Scalar::i1, 1, {leads, b.icmp(ICmp::eq, next, blocks)}));
  b.aim(split, 0, b.here());
  b.next_origin = 2;
  const Reg sum = b.reg(Scalar::i32), k = b.reg(Scalar::i32);
  b.write(sum, Opcode::move, {zero});
  b.write(k, Opcode::move, {zero});
  const std::uint32_t head = b.here();
  b.write(sum, Opcode::iadd, {sum, b.load(b.address(parts, k, 4), Scalar::i32, 1, 4)});
  b.write(k, Opcode::iadd, {k, one});
  const std::uint32_t again = b.cond_br(b.icmp(ICmp::slt, k, blocks), head);
  b.aim(again, 1, b.here());
  b.store(y, sum, 4);
  b.aim(split, 1, b.here());
  b.ret();
  return b.image();
}

void expect_last_block(const format::Image& image, bool clean) {
  for (const std::uint32_t threads : {1, 4})
    for (const std::uint64_t seed : {0, 5}) {
      std::vector<std::int32_t> parts(50), counter(1), y(1);
      const auto reports =
          reports_of(image, {out("parts", parts), out("counter", counter), out("y", y)},
                     {.seed = seed, .threads = threads}, {{50, 1, 1}});
      EXPECT_EQ(reports.empty(), clean) << (clean ? reports.at(0).message : "");
      if (clean) {
        EXPECT_EQ(y[0], 49 * 50 / 2) << threads << " threads, seed " << seed;
      }
      if (reports.empty()) continue;
      EXPECT_EQ(reports[0].check, "race");
      EXPECT_THAT(reports[0].message,
                  ::testing::HasSubstr("is not ordered after the write by block"));
      EXPECT_EQ(reports[0].location.line, 42u);
      EXPECT_EQ(reports[0].other.line, 2u);
    }
}

TEST(SimAtomic, OrdersBlocks) {
  expect_last_block(last_block(Order::acq_rel, false), true);
  expect_last_block(last_block(Order::relaxed, true), true);
}
TEST(SimAtomic, RelaxedWithoutFencesOrdersNothing) {
  expect_last_block(last_block(Order::relaxed, false), false);
}
TEST(SimAtomic, ReleaseWithoutAcquireOrdersNothing) {
  expect_last_block(last_block(Order::release, false), false);
}

}  // namespace
}  // namespace tegula::testing
