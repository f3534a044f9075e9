// Sectors, wavefronts and bytes of known access patterns.
#include <gtest/gtest.h>

#include "runtime/sim/checks/coalescing.h"
#include "tests/runtime/sim/image_builder.h"
#include "tests/runtime/sim/run_image.h"

namespace tegula::testing {
namespace {

using sim::Request;

template <class F>
Request request(std::uint32_t size, F&& address_of, std::uint32_t active = sim::all_lanes) {
  Request r;
  r.size = size;
  r.active = active;
  for (std::uint32_t lane = 0; lane < 32; ++lane) r.address[lane] = address_of(lane);
  return r;
}

TEST(SimCoalescing, Sectors) {
  const auto check = [](const Request& r, std::uint64_t sectors, std::uint64_t bytes) {
    const sim::Footprint f = footprint(r);
    EXPECT_EQ(f.sectors, sectors);
    EXPECT_EQ(f.distinct_bytes, bytes);
  };
  check(request(16, [](auto l) { return 4096 + 16 * l; }), 16, 512);
  check(request(4, [](auto l) { return 4096 + 4 * l; }), 4, 128);
  check(request(4, [](auto l) { return 4096 + 16 + 4 * l; }), 5, 128);    // across a sector's edge
  check(request(4, [](auto l) { return 4096 + 64 * l; }), 32, 128);       // stride
  check(request(4, [](auto l) { return 4096 + 4 * (31 - l); }), 4, 128);  // backwards
  check(request(4, [](auto) { return 4096; }), 1, 4);                     // broadcast
  check(request(4, [](auto l) { return 4096 + 4 * (l / 2); }), 2, 64);    // in pairs
  check(request(8, [](auto l) { return 4096 + 4 * l; }), 5, 132);         // overlapping
  check(request(32, [](auto l) { return 4096 + 16 + 32 * l; }), 33, 1024);
  check(request(
            4, [](auto l) { return 4096 + 4 * l; }, 0x5),
        1, 8);  // two lanes
}

TEST(SimCoalescing, WavefrontsAndBankConflicts) {
  const auto strided = [](std::uint32_t words) {
    return shared_wavefronts(request(4, [&](auto l) { return 4 * words * l; }));
  };
  EXPECT_EQ(strided(1), 1u);
  EXPECT_EQ(strided(2), 2u);
  EXPECT_EQ(strided(4), 4u);
  EXPECT_EQ(strided(32), 32u);
  EXPECT_EQ(strided(33), 1u);
  EXPECT_EQ(shared_wavefronts(request(4, [](auto) { return 64; })), 1u);
  EXPECT_EQ(shared_wavefronts(request(2, [](auto l) { return 2 * l; })), 1u);
  EXPECT_EQ(shared_wavefronts(request(1, [](auto l) { return 128 * l; })), 32u);
  EXPECT_EQ(shared_wavefronts(request(8, [](auto l) { return 8 * l; })), 2u);
  EXPECT_EQ(shared_wavefronts(request(16, [](auto l) { return 16 * l; })), 4u);
  EXPECT_EQ(shared_wavefronts(request(16, [](auto l) { return 16 * (l % 8); })), 1u) << "reread";
  EXPECT_EQ(shared_wavefronts(request(16, [](auto l) { return 128 * l; })), 32u);
  EXPECT_EQ(shared_wavefronts(request(
                16, [](auto l) { return 16 * l; }, 0xff)),
            1u);
}

struct Access {
  Scalar scalar;
  int elements;
  std::int64_t alignment;
  std::int64_t stride;  ///< bytes from lane to lane
  std::int64_t start = 0;
  bool even_lanes_only = false;
};

/// One warp loads from x and stores the same way to y.
SimCounters copy_counters(const Access& a) {
  ImageBuilder b;
  const Reg x = b.parameter(Scalar::i64), y = b.parameter(Scalar::i64);
  const Reg lane = b.special(Special::lane), one = b.i64(1);
  const Reg odd = b.op(Opcode::trunc, Scalar::i1, 1, {lane});
  const Reg truth = b.constant(Scalar::i1, {1});
  const Reg predicate =
      a.even_lanes_only ? b.op(Opcode::ixor, Scalar::i1, 1, {odd, truth}) : no_register;
  const auto at = [&](Reg base) {
    return b.address(b.address(base, one, a.start), lane, a.stride);
  };
  b.store(at(y), b.load(at(x), a.scalar, a.elements, a.alignment, predicate), a.alignment,
          predicate);
  b.ret();
  std::vector<double> from(1024), to(1024);  // 8 KiB
  const auto device = make_sim_device("sm_90a");
  auto* x_data = static_cast<std::byte*>(device->allocate(8192));
  auto* y_data = static_cast<std::byte*>(device->allocate(8192));
  run_image(*device, b.image(), {{"x", x_data, 8192}, {"y", y_data, 8192, true}});
  device->deallocate(x_data);
  device->deallocate(y_data);
  return device->counters();
}

TEST(SimCounters, ContiguousVectors) {
  const SimCounters c = copy_counters({Scalar::f32, 4, 16, 16});
  EXPECT_EQ(c.arguments.at("x").load_bytes, 512u);
  EXPECT_EQ(c.arguments.at("x").store_bytes, 0u);
  EXPECT_EQ(c.arguments.at("y").store_bytes, 512u);
  EXPECT_EQ(c.global_sectors, 32u);
  EXPECT_EQ(c.min_sectors, 32u);
  EXPECT_EQ(c.global_bytes, 1024u);
  EXPECT_EQ(c.vector128_fraction(), 1.0);
  EXPECT_EQ(c.instructions.at("memory"), 2u);
}

TEST(SimCounters, WhatTheCodeDoesNotRelyOnIsNoVector) {
  EXPECT_EQ(copy_counters({Scalar::f32, 4, 4, 16}).vector128_fraction(), 0.0);
  EXPECT_EQ(copy_counters({Scalar::f32, 1, 4, 4}).vector128_fraction(), 0.0);
}

TEST(SimCounters, StridesBroadcastsAndMisalignment) {
  const SimCounters stride = copy_counters({Scalar::f32, 1, 4, 128});
  EXPECT_EQ(stride.global_sectors, 64u);
  EXPECT_EQ(stride.min_sectors, 8u);
  const SimCounters broadcast = copy_counters({Scalar::f32, 1, 4, 0});
  EXPECT_EQ(broadcast.global_sectors, 2u);
  EXPECT_EQ(broadcast.min_sectors, 2u);
  EXPECT_EQ(broadcast.arguments.at("x").load_bytes, 128u);
  const SimCounters off = copy_counters({Scalar::f32, 1, 4, 4, 4});
  EXPECT_EQ(off.global_sectors, 10u);
  EXPECT_EQ(off.min_sectors, 8u);
}

TEST(SimCounters, PredicatedLanesDoNotCount) {
  const SimCounters c = copy_counters({Scalar::f32, 1, 4, 4, 0, true});
  EXPECT_EQ(c.arguments.at("x").load_bytes, 64u);
  EXPECT_EQ(c.global_sectors, 8u);
  EXPECT_EQ(c.min_sectors, 4u);
}

TEST(SimCounters, SharedMemory) {
  const auto wavefronts = [](std::int64_t stride) {
    ImageBuilder b(1, 4096);
    const Reg base = b.i32(0), lane = b.special(Special::lane);
    b.store(b.address(base, lane, stride), lane, 4);
    b.ret();
    const auto device = make_sim_device("sm_90a", {.checks = false});  // lanes meet for stride 0
    run_image(*device, b.image(), {});
    return std::pair(device->counters().shared_wavefronts,
                     device->counters().min_shared_wavefronts);
  };
  using Pair = std::pair<std::uint64_t, std::uint64_t>;
  EXPECT_EQ(wavefronts(4), Pair(1, 1));
  EXPECT_EQ(wavefronts(8), Pair(2, 1));
  EXPECT_EQ(wavefronts(124), Pair(1, 1));
  EXPECT_EQ(wavefronts(0), Pair(1, 1));
  EXPECT_EQ(wavefronts(16), Pair(4, 1));
}

TEST(SimCounters, ARequestOfNoLaneCountsNothing) {
  ImageBuilder b;
  const Reg x = b.parameter(Scalar::i64);
  const Reg no = b.constant(Scalar::i1, {0});
  b.store(x, b.load(x, Scalar::f32, 1, 4, no), 4, no);
  b.ret();
  const auto device = make_sim_device("sm_90a");
  run_image(*device, b.image(), {{"x", nullptr, 0, true}});
  EXPECT_EQ(device->counters().global_sectors, 0u);
  EXPECT_EQ(device->counters().global_bytes, 0u);
  EXPECT_EQ(device->counters().vector128_fraction(), 1.0);
  device->reset_statistics();
  EXPECT_EQ(device->counters().blocks, 0u);
}

TEST(SimCounters, SharedMemoryOfTwoArguments) {
  // In place: x and y are one tensor. Loads count for x, stores for y.
  ImageBuilder b;
  const Reg x = b.parameter(Scalar::i64), y = b.parameter(Scalar::i64);
  const Reg lane = b.special(Special::lane);
  b.store(b.address(y, lane, 4), b.load(b.address(x, lane, 4), Scalar::f32, 1, 4), 4);
  b.ret();
  std::vector<float> values(32, 1.0f);
  const auto device = make_sim_device("sm_90a");
  run_image(*device, b.image(), {in("x", values), out("y", values)});
  EXPECT_EQ(device->counters().arguments.at("x").load_bytes, 128u);
  EXPECT_EQ(device->counters().arguments.at("y").store_bytes, 128u);
  EXPECT_EQ(device->counters().arguments.at("y").load_bytes, 0u);
}

}  // namespace
}  // namespace tegula::testing
