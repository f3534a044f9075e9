// Images: bytes and back, text, and what validation rejects.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/format/opcode.h"
#include "tegula/error.h"
#include "tests/runtime/sim/image_builder.h"

namespace tegula::format {
namespace {

using tegula::testing::ImageBuilder;
using tegula::testing::Reg;
using ::testing::HasSubstr;

ImageBuilder sample() {
  ImageBuilder b(2, 64);
  const Reg x = b.parameter(Scalar::i64);
  const Reg tid = b.op(Opcode::special, Scalar::i32, 1, {}, {0, 0});
  const Reg limit = b.i32(-5), half = b.constant(Scalar::f32, {0x3f000000}, 4);
  const Reg inside = b.icmp(ICmp::slt, tid, limit);
  const Reg v = b.load(b.address(x, tid, 16), Scalar::f32, 4, 16, inside, half);
  const Reg w = b.op(Opcode::shuffle, Scalar::f32, 2, {v, half}, {b.table({0, 7}), 0});
  b.next_origin = 12;
  b.store(b.address(x, tid, 8), w, 8);
  b.aim(b.cond_br(inside), 0, 1);
  b.aim(b.here() - 1, 1, b.here());
  b.ret();
  return b;
}

template <class Damage>
std::string rejection(Damage&& damage) {
  Image image = sample().image();
  damage(image);
  try {
    validate(image);
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::corrupt_data);
    // Reading must refuse what validation refuses.
    EXPECT_THROW(read_image(serialise(image)), Error);
    return e.what();
  }
  return "";
}

ImageInstruction& first(Image& image, Opcode opcode) {
  for (auto& i : image.code)
    if (i.opcode == opcode) return i;
  throw std::logic_error("no such instruction");
}

TEST(Image, SurvivesBytes) {
  const Image image = sample().image();
  validate(image);
  const Bytes bytes = serialise(image);
  const Image again = read_image(bytes);
  EXPECT_EQ(again.kernel, image.kernel);
  EXPECT_EQ(again.registers, image.registers);
  EXPECT_EQ(again.tables, image.tables);
  EXPECT_EQ(serialise(again), bytes);
}

TEST(Image, Text) {
  const std::string text = to_text(sample().image());
  for (const char* line : {
           "image hand_made for sm_90a: 2 warps, 64 bytes of shared memory\n",
           "parameter 0: r0 : i64\n",
           "constant r2 : i32 = -5\n",
           "constant r3 : 4xf32 = 0.5\n",
           "table 0: 0 7\n",
           "     0  r1 = special.tid_x : i32\n",
           "@    1  r4 = icmp.slt r1, r2 : i1\n",
           "r5 = address r0, r1, 16 : i64\n",
           "r6 = load.global r5, r4, r3, align 16 : 4xf32\n",
           "r7 = shuffle r6, r3, table 0 : 2xf32\n",
           "store.global r8, r7, align 8  ; op 12\n",
           "cond_br r4, @1, @8",
       })
    EXPECT_THAT(text, HasSubstr(line));
}

TEST(Image, EveryOpcodeHasItsNameAndClass) {
  for (int i = 0; i < opcode_count; ++i) {
    const OpcodeRow& row = opcode_row(static_cast<Opcode>(i));
    EXPECT_EQ(static_cast<int>(row.opcode), i);
    EXPECT_EQ(row.name, opcode_name(row.opcode));
    for (int m = 0; row.modifiers > 1 && m < row.modifiers; ++m)
      EXPECT_FALSE(modifier_name(row.opcode, static_cast<std::uint8_t>(m)).empty());
  }
  EXPECT_EQ(opcode_name(Opcode::trap), "trap");
  EXPECT_EQ(opcode_name(Opcode::fma), "fma");
}

TEST(ImageValidation, Sizes) {
  EXPECT_THAT(rejection([](Image& i) { i.warps = 0; }), HasSubstr("0 warps"));
  EXPECT_THAT(rejection([](Image& i) { i.warps = 65; }), HasSubstr("65 warps"));
  EXPECT_THAT(rejection([](Image& i) { i.shared_bytes = 300000; }), HasSubstr("shared memory"));
  EXPECT_THAT(rejection([](Image& i) { i.registers[0].elements = 0; }), HasSubstr("0 elements"));
  EXPECT_THAT(rejection([](Image& i) {
                i.registers.push_back({Scalar::i8, 5000});
              }),
              HasSubstr("5000 elements"));
  EXPECT_THAT(rejection([](Image& i) {
                for (int megabyte = 0; megabyte < 256; ++megabyte)
                  i.registers.push_back({Scalar::f64, 4096});
              }),
              HasSubstr("bytes of registers a block"));
}

TEST(ImageValidation, ConstantsAndParameters) {
  EXPECT_THAT(rejection([](Image& i) { i.constants[0].reg = 99; }), HasSubstr("not there"));
  EXPECT_THAT(rejection([](Image& i) { i.constants.push_back(i.constants[0]); }),
              HasSubstr("twice"));
  EXPECT_THAT(rejection([](Image& i) { i.constants[1].bits = {1, 2}; }), HasSubstr("2 values"));
  EXPECT_THAT(rejection([](Image& i) { i.constants[0].bits = {~0ull}; }), HasSubstr("wider"));
  EXPECT_THAT(rejection([](Image& i) { i.parameters.push_back(7); }), HasSubstr("several"));
  EXPECT_THAT(rejection([](Image& i) { i.code[0].result = 2; }),
              HasSubstr("the result is a constant"));
}

TEST(ImageValidation, Operands) {
  EXPECT_THAT(rejection([](Image& i) { first(i, Opcode::icmp).operands[1] = 99; }),
              HasSubstr("out of range"));
  EXPECT_THAT(rejection([](Image& i) { first(i, Opcode::icmp).operands[1] = 0; }),
              HasSubstr("operand 1 may not be of type i64"));
  EXPECT_THAT(rejection([](Image& i) { first(i, Opcode::icmp).operands[1] = no_register; }),
              HasSubstr("operand 1 is missing"));
  EXPECT_THAT(rejection([](Image& i) { first(i, Opcode::icmp).operands[2] = 1; }),
              HasSubstr("operand 2 should not be there"));
  EXPECT_THAT(rejection([](Image& i) { first(i, Opcode::icmp).result = no_register; }),
              HasSubstr("the result is missing"));
  EXPECT_THAT(rejection([](Image& i) { first(i, Opcode::load).modifier = 1; }),
              HasSubstr("operand 0 may not be of type i64"));
  EXPECT_THAT(rejection([](Image& i) { first(i, Opcode::icmp).opcode = Opcode::fcmp; }),
              HasSubstr("i32 does not suit it"));
}

TEST(ImageValidation, ModifiersImmediatesTablesTargets) {
  EXPECT_THAT(rejection([](Image& i) { first(i, Opcode::icmp).modifier = 10; }),
              HasSubstr("modifier"));
  EXPECT_THAT(rejection([](Image& i) { first(i, Opcode::load).immediate = 3; }),
              HasSubstr("immediate 3"));
  EXPECT_THAT(rejection([](Image& i) { first(i, Opcode::shuffle).immediate = 1; }),
              HasSubstr("immediate 1"));
  EXPECT_THAT(rejection([](Image& i) { i.tables[0][1] = 8; }), HasSubstr("not there"));
  EXPECT_THAT(rejection([](Image& i) { i.tables[0].push_back(0); }), HasSubstr("entries"));
  EXPECT_THAT(rejection([](Image& i) { first(i, Opcode::cond_br).targets[1] = 99; }),
              HasSubstr("target"));
  EXPECT_THAT(rejection([](Image& i) { first(i, Opcode::ret).targets[0] = 1; }),
              HasSubstr("target"));
  EXPECT_THAT(rejection([](Image& i) { i.code.pop_back(); }), HasSubstr("target"));
  EXPECT_THAT(rejection([](Image& i) { i.code.clear(); }), HasSubstr("off the end"));
  EXPECT_THAT(rejection([](Image& i) { i.code.push_back(i.code[0]); }), HasSubstr("off the end"));
}

/// Something of each kind of operand and immediate that came with asynchronous copies.
ImageBuilder asynchronous() {
  ImageBuilder b(4, 64);
  const Reg x = b.parameter(Scalar::i64), one = b.i32(1), truth = b.constant(Scalar::i1, {1});
  const Reg old = b.reg(Scalar::f32), value = b.f32(2);
  b.atomic(old, Opcode::atomic_cas, {x, value, value, truth}, Order::acq_rel);
  b.named_barrier(3, 96);
  b.effect(Opcode::cp_async, {one, x, one, truth}, 16);
  b.effect(Opcode::cp_async_wait, {}, 2);
  b.effect(Opcode::bulk_load, {one, x, one, one, truth});
  b.effect(Opcode::bulk_wait, {}, 0, 1);
  b.effect(Opcode::print, {old, one, no_register, no_register, truth}, b.text("{} and {}"));
  b.ret();
  return b;
}

TEST(Image, TextOfAsynchronousCopies) {
  const Image image = asynchronous().image();
  EXPECT_EQ(serialise(read_image(serialise(image))), serialise(image));
  const std::string text = to_text(image);
  for (const char* line : {
           "text 0: \"{} and {}\"\n",
           "r3 = atomic_cas.global.acq_rel.gpu r0, r4, r4, r2 : f32\n",
           "named_barrier 3, 96 threads\n",
           "cp_async r1, r0, r1, r2, 16\n",
           "cp_async_wait 2\n",
           "bulk_load r1, r0, r1, r1, r2\n",
           "bulk_wait.read 0\n",
           "print r3, r1, _, _, r2, text 0\n",
       })
    EXPECT_THAT(text, HasSubstr(line));
}

TEST(ImageValidation, AsynchronousCopies) {
  const auto rejected = [](Opcode opcode, auto&& damage) {
    Image image = asynchronous().image();
    damage(first(image, opcode));
    EXPECT_THROW(validate(image), Error) << opcode_name(opcode);
  };
  using I = ImageInstruction;
  rejected(Opcode::atomic_cas, [](I& i) { i.modifier = atomic_modifier_count; });
  rejected(Opcode::atomic_cas, [](I& i) { i.modifier |= 1; });  // an i64 address in shared memory
  rejected(Opcode::atomic_cas, [](I& i) { i.operands[2] = no_register; });
  rejected(Opcode::atomic_cas, [](I& i) { i.opcode = Opcode::atomic_add; });
  rejected(Opcode::named_barrier, [](I& i) { i.immediate = 3 + 16 * 48; });
  rejected(Opcode::named_barrier, [](I& i) { i.immediate = 3; });
  rejected(Opcode::named_barrier, [](I& i) { i.immediate = 3 + 16 * 160; });
  rejected(Opcode::cp_async, [](I& i) { i.immediate = 12; });
  rejected(Opcode::cp_async, [](I& i) { std::swap(i.operands[0], i.operands[1]); });
  rejected(Opcode::cp_async_wait, [](I& i) { i.immediate = -2; });
  rejected(Opcode::bulk_load, [](I& i) { i.operands[3] = no_register; });
  rejected(Opcode::bulk_wait, [](I& i) { i.modifier = 2; });
  rejected(Opcode::print, [](I& i) { i.immediate = 1; });
  rejected(Opcode::print, [](I& i) { i.operands[4] = i.operands[1]; });
}

TEST(ImageValidation, TypeRules) {
  const auto rejected = [](auto&& write) {
    ImageBuilder b;
    write(b);
    b.ret();
    EXPECT_THROW(validate(b.image()), Error);
  };
  rejected([](ImageBuilder& b) { b.op(Opcode::zext, Scalar::i32, 1, {b.i64(1)}); });
  rejected([](ImageBuilder& b) { b.op(Opcode::trunc, Scalar::i64, 1, {b.i32(1)}); });
  rejected([](ImageBuilder& b) { b.op(Opcode::fpext, Scalar::f32, 2, {b.f32(1)}); });
  rejected([](ImageBuilder& b) {
    b.op(Opcode::fpext, Scalar::bf16, 1, {b.constant(Scalar::f16, {1})});
  });
  rejected([](ImageBuilder& b) { b.op(Opcode::rsqrt_approx, Scalar::f64, 1, {b.i64(1)}); });
  rejected([](ImageBuilder& b) { b.op(Opcode::bitcast, Scalar::i64, 1, {b.f32(1)}); });
  rejected([](ImageBuilder& b) { b.op(Opcode::bitcast, Scalar::i1, 4, {b.f32(1)}); });
  rejected([](ImageBuilder& b) { b.op(Opcode::splat, Scalar::i32, 4, {b.f32(1)}); });
  rejected([](ImageBuilder& b) { b.op(Opcode::extract, Scalar::f32, 1, {b.f32(1)}, {1, 0}); });
  rejected([](ImageBuilder& b) {
    b.op(Opcode::warp_shuffle, Scalar::i64, 1, {b.i64(1), b.i32(1)});
  });
  rejected([](ImageBuilder& b) { b.load(b.i64(0), Scalar::i8, 3, 1); });
  rejected([](ImageBuilder& b) { b.load(b.i64(0), Scalar::f64, 8, 1); });
  rejected([](ImageBuilder& b) { b.barrier(16); });
  rejected([](ImageBuilder& b) { b.op(Opcode::iadd, Scalar::i1, 1, {1, 1}); });
  rejected([](ImageBuilder& b) { b.op(Opcode::special, Scalar::f32, 1, {}); });
}

}  // namespace
}  // namespace tegula::format
