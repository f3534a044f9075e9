// Damaged images: each is rejected, or is valid and then runs, with checks on, without touching
// memory that is not its own. (The sanitizers' builds make that a hard claim.)
#include <gtest/gtest.h>

#include "tests/runtime/sim/image_builder.h"
#include "tests/runtime/sim/run_image.h"

namespace tegula::testing {
namespace {

/// Something of everything: constants, tables, memory of both kinds, control, a barrier.
format::Image small_kernel() {
  ImageBuilder b(2, 256);
  const Reg x = b.parameter(Scalar::i64), y = b.parameter(Scalar::i64);
  const Reg tid = b.special(Special::tid_x), zero = b.i32(0), forty = b.i32(40);
  const Reg inside = b.icmp(ICmp::slt, tid, forty);
  const Reg v = b.load(b.address(x, tid, 8), Scalar::bf16, 4, 8, inside);
  const std::uint32_t table = b.table({3, 2, 1, 4});
  const Reg turned = b.op(Opcode::shuffle, Scalar::bf16, 4, {v, v}, {table, 0});
  const Reg wide = b.op(Opcode::fpext, Scalar::f32, 4, {turned});
  const Reg root = b.op(Opcode::fsqrt, Scalar::f32, 4, {wide});
  const Reg one = b.op(Opcode::extract, Scalar::f32, 1, {root}, {1, 0});
  b.store(b.address(zero, tid, 4), one, 4);
  b.barrier();
  const std::uint32_t split = b.cond_br(inside);
  b.aim(split, 0, b.here());
  const Reg back = b.load(b.address(zero, tid, 4), Scalar::f32, 1, 4);
  b.store(b.address(y, tid, 4), back, 4);
  b.aim(split, 1, b.here());
  b.ret();
  return b.image();
}

/// Whether the bytes made an image that could run.
bool try_to_run(const std::vector<std::byte>& bytes) {
  static const auto device =
      make_sim_device("sm_90a", {.throw_on_report = false, .step_limit = 2000});
  device->reset_statistics();
  std::vector<std::uint16_t> x(160, 0x3f80);
  std::vector<float> y(40);
  format::Image image;
  try {
    image = format::read_image(bytes);
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::corrupt_data);
    return false;
  }
  if (image.arch != "sm_90a" || image.parameters.size() != 2) return false;
  format::Entry entry = entry_of(image);
  entry.payload = bytes;
  const auto kernel = device->load(entry, {});
  launch(*device, *kernel, image.warps, {in("x", x), out("y", y)},
         {{2 * image.cluster[0], image.cluster[1], image.cluster[2]}});
  return true;
}

TEST(SimDamage, EveryTruncationIsRejected) {
  const auto bytes = serialise(small_kernel());
  ASSERT_TRUE(try_to_run(bytes));
  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_FALSE(try_to_run({bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size)}));
}

TEST(SimDamage, EveryFlippedByteIsRejectedOrHarmless) {
  const auto bytes = serialise(small_kernel());
  int valid = 0;
  for (std::size_t at = 0; at < bytes.size(); ++at)
    for (const unsigned flip : {0x01u, 0x02u, 0x04u, 0x10u, 0x80u, 0xffu}) {
      auto damaged = bytes;
      damaged[at] ^= static_cast<std::byte>(flip);
      valid += try_to_run(damaged);
    }
  EXPECT_GT(valid, 0) << "some flips only change a constant";
}

}  // namespace
}  // namespace tegula::testing
