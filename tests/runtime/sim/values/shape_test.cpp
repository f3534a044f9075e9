// Registers taken apart and put together: bitcast, splat, extract, insert, shuffle, select.
#include <gtest/gtest.h>

#include <numeric>

#include "tests/runtime/sim/image_builder.h"
#include "tests/runtime/sim/run_image.h"

namespace tegula::testing {
namespace {

/// Runs one warp that loads four i16 a lane into `v`, lets `body` make a register, and stores it.
template <class Out, class Body>
std::vector<Out> from_four(Body&& body) {
  ImageBuilder b;
  std::vector<std::uint16_t> input(128);
  std::iota(input.begin(), input.end(), std::uint16_t{1000});
  const Reg x = b.parameter(Scalar::i64), y = b.parameter(Scalar::i64);
  const Reg tid = b.special(Special::tid_x);
  const Reg v = b.load(b.address(x, tid, 8), Scalar::i16, 4, 8);
  const Reg result = body(b, v);
  const int bytes = static_cast<int>(format::lane_bytes(b.image().registers[result]));
  b.store(b.address(y, tid, bytes), result, bytes);
  b.ret();
  std::vector<Out> output(32 * static_cast<std::size_t>(bytes) / sizeof(Out));
  const auto device = make_sim_device("sm_90a");
  run_image(*device, b.image(), {in("x", input), out("y", output)});
  return output;
}

TEST(SimShape, ExtractAndInsert) {
  const auto third = from_four<std::uint16_t>([](ImageBuilder& b, Reg v) {
    return b.op(Opcode::extract, Scalar::i16, 1, {v}, {2, 0});
  });
  const auto replaced = from_four<std::uint16_t>([](ImageBuilder& b, Reg v) {
    const Reg seven = b.constant(Scalar::i16, {7});
    b.write(v, Opcode::insert, {v, seven}, {3, 0});  // in place
    return v;
  });
  for (std::size_t lane = 0; lane < 32; ++lane) {
    EXPECT_EQ(third[lane], 1000 + 4 * lane + 2);
    EXPECT_EQ(replaced[4 * lane + 2], 1000 + 4 * lane + 2);
    EXPECT_EQ(replaced[4 * lane + 3], 7);
  }
}

TEST(SimShape, ShufflePicksFromBoth) {
  const auto picked = from_four<std::uint16_t>([](ImageBuilder& b, Reg v) {
    const Reg other = b.constant(Scalar::i16, {1, 2, 3, 4}, 4);
    const std::uint32_t table = b.table({6, 0, 3, 3});
    b.write(v, Opcode::shuffle, {v, other}, {table, 0});  // in place, elements crossing
    return v;
  });
  for (std::size_t lane = 0; lane < 32; ++lane) {
    EXPECT_EQ(picked[4 * lane], 3);
    EXPECT_EQ(picked[4 * lane + 1], 1000 + 4 * lane);
    EXPECT_EQ(picked[4 * lane + 2], 1000 + 4 * lane + 3);
    EXPECT_EQ(picked[4 * lane + 3], 1000 + 4 * lane + 3);
  }
  const auto wider = from_four<std::uint16_t>([](ImageBuilder& b, Reg v) {
    const std::uint32_t table = b.table({0, 1, 2, 3, 4, 5, 6, -1});
    return b.op(Opcode::shuffle, Scalar::i16, 8, {v, v}, {table, 0});
  });
  for (std::size_t lane = 0; lane < 32; ++lane)
    for (std::size_t e = 0; e < 7; ++e) EXPECT_EQ(wider[8 * lane + e], 1000 + 4 * lane + e % 4);
}

TEST(SimShape, BitcastJoinsElements) {
  const auto words = from_four<std::uint32_t>(
      [](ImageBuilder& b, Reg v) { return b.op(Opcode::bitcast, Scalar::f32, 2, {v}); });
  for (std::size_t k = 0; k < 64; ++k)
    EXPECT_EQ(words[k], (1000 + 2 * k) | (1000 + 2 * k + 1) << 16);
}

TEST(SimShape, SplatAndSelect) {
  const auto splat = from_four<std::uint16_t>([](ImageBuilder& b, Reg v) {
    const Reg last = b.op(Opcode::extract, Scalar::i16, 1, {v}, {3, 0});
    return b.op(Opcode::splat, Scalar::i16, 8, {last});
  });
  const auto by_element = from_four<std::uint16_t>([](ImageBuilder& b, Reg v) {
    const Reg truths = b.constant(Scalar::i1, {1, 0, 0, 1}, 4);
    const Reg zero = b.constant(Scalar::i16, {0}, 4);
    return b.op(Opcode::select, Scalar::i16, 4, {truths, v, zero});
  });
  const auto by_lane = from_four<std::uint16_t>([](ImageBuilder& b, Reg v) {
    const Reg odd = b.op(Opcode::trunc, Scalar::i1, 1, {b.special(Special::lane)});
    const Reg zero = b.constant(Scalar::i16, {0}, 4);
    b.write(v, Opcode::select, {odd, zero, v});  // in place
    return v;
  });
  for (std::size_t lane = 0; lane < 32; ++lane)
    for (std::size_t e = 0; e < 4; ++e) {
      const std::size_t own = 1000 + 4 * lane + e;
      EXPECT_EQ(splat[8 * lane + 2 * e], 1000 + 4 * lane + 3);
      EXPECT_EQ(by_element[4 * lane + e], e == 0 || e == 3 ? own : 0);
      EXPECT_EQ(by_lane[4 * lane + e], lane % 2 == 0 ? own : 0);
    }
}

TEST(SimShape, AddressesSignExtendAndWrap) {
  const auto sums = from_four<std::uint64_t>([](ImageBuilder& b, Reg) {
    const Reg base = b.i64(100), minus_three = b.i32(-3);
    return b.address(base, minus_three, 16);
  });
  EXPECT_EQ(sums[0], 52u);
  const auto shared = from_four<std::uint32_t>([](ImageBuilder& b, Reg) {
    const Reg base = b.i32(100), index = b.i64(-3);
    return b.address(base, index, 50);
  });
  EXPECT_EQ(shared[31], static_cast<std::uint32_t>(-50));
}

TEST(SimShape, SpecialRegisters) {
  ImageBuilder b(2);
  const Reg y = b.parameter(Scalar::i64);
  const Reg tid = b.special(Special::tid_x);
  const Reg width = b.i32(format::special_count), blocks = b.i32(2);
  // Row: ((z * 3 + y) * 2 + x) * 64 + tid, a value for each special register.
  Reg row = b.special(Special::ctaid_z);
  const auto step = [&](Reg extent, Reg next) {
    row = b.op(Opcode::iadd, Scalar::i32, 1,
               {b.op(Opcode::imul, Scalar::i32, 1, {row, extent}), next});
  };
  step(b.special(Special::nctaid_y), b.special(Special::ctaid_y));
  step(blocks, b.special(Special::ctaid_x));
  step(b.special(Special::ntid_x), tid);
  const Reg first = b.op(Opcode::imul, Scalar::i32, 1, {row, width});
  for (int k = 0; k < format::special_count; ++k) {
    const Reg value = b.op(Opcode::special, k % 2 == 0 ? Scalar::i32 : Scalar::i64, 1, {}, {0, k});
    const Reg narrow = k % 2 == 0 ? value : b.op(Opcode::trunc, Scalar::i32, 1, {value});
    const Reg offset = b.i32(k);
    b.store(b.address(y, b.op(Opcode::iadd, Scalar::i32, 1, {first, offset}), 4), narrow, 4);
  }
  b.ret();
  std::vector<std::uint32_t> got(std::size_t{2} * 3 * 4 * 64 * format::special_count);
  const auto device = make_sim_device("sm_90a");
  run_image(*device, b.image(), {out("y", got)}, {{2, 3, 4}});
  std::size_t at = 0;
  for (std::uint32_t cz = 0; cz < 4; ++cz)
    for (std::uint32_t cy = 0; cy < 3; ++cy)
      for (std::uint32_t cx = 0; cx < 2; ++cx)
        for (std::uint32_t t = 0; t < 64; ++t, at += format::special_count) {
          const std::vector<std::uint32_t> wanted = {t, 64, cx, cy, cz, 2, 3, 4, t % 32, t / 32, 2};
          const auto start = got.begin() + static_cast<std::ptrdiff_t>(at);
          ASSERT_EQ(std::vector<std::uint32_t>(start, start + format::special_count), wanted);
        }
}

}  // namespace
}  // namespace tegula::testing
