// Writes simulator images by hand, an instruction at a time.
#pragma once

#include <bit>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

#include "runtime/format/image.h"

namespace tegula::testing {

using format::FCmp;
using format::ICmp;
using format::no_register;
using format::Opcode;
using format::Scalar;
using format::ShuffleMode;
using format::Space;
using format::Special;

using Reg = std::uint32_t;

class ImageBuilder {
 public:
  explicit ImageBuilder(std::uint32_t warps = 1, std::uint32_t shared_bytes = 0) {
    image_.kernel = "hand_made";
    image_.arch = "sm_90a";
    image_.warps = warps;
    image_.shared_bytes = shared_bytes;
  }

  Reg reg(Scalar scalar, int elements = 1) {
    image_.registers.push_back({scalar, static_cast<std::uint16_t>(elements)});
    return static_cast<Reg>(image_.registers.size() - 1);
  }
  Reg parameter(Scalar scalar) {
    image_.parameters.push_back(reg(scalar));
    return image_.parameters.back();
  }
  Reg constant(Scalar scalar, std::vector<std::uint64_t> bits, int elements = 1) {
    const Reg r = reg(scalar, elements);
    image_.constants.push_back({r, std::move(bits)});
    return r;
  }
  Reg i32(std::int32_t value) { return constant(Scalar::i32, {static_cast<std::uint32_t>(value)}); }
  Reg i64(std::int64_t value) { return constant(Scalar::i64, {static_cast<std::uint64_t>(value)}); }
  Reg f32(float value) { return constant(Scalar::f32, {std::bit_cast<std::uint32_t>(value)}); }

  struct Extra {
    std::int64_t immediate = 0;
    int modifier = 0;
  };
  /// An instruction that writes `result`.
  void write(Reg result, Opcode opcode, std::initializer_list<Reg> operands) {
    write(result, opcode, operands, Extra{});
  }
  void write(Reg result, Opcode opcode, std::initializer_list<Reg> operands, Extra extra) {
    format::ImageInstruction i;
    i.opcode = opcode;
    i.modifier = static_cast<std::uint8_t>(extra.modifier);
    i.result = result;
    std::size_t k = 0;
    for (const Reg operand : operands) i.operands[k++] = operand;
    i.immediate = extra.immediate;
    i.origin = next_origin;
    image_.code.push_back(i);
  }
  /// An instruction with a new result of the given type.
  Reg op(Opcode opcode, Scalar scalar, int elements, std::initializer_list<Reg> operands) {
    return op(opcode, scalar, elements, operands, Extra{});
  }
  Reg op(Opcode opcode, Scalar scalar, int elements, std::initializer_list<Reg> operands,
         Extra extra) {
    const Reg result = reg(scalar, elements);
    write(result, opcode, operands, extra);
    return result;
  }

  Reg special(Special which) {
    return op(Opcode::special, Scalar::i32, 1, {}, {0, static_cast<int>(which)});
  }
  Reg icmp(ICmp predicate, Reg a, Reg b) {
    return op(Opcode::icmp, Scalar::i1, 1, {a, b}, {0, static_cast<int>(predicate)});
  }
  /// base + index * scale, of the base's type.
  Reg address(Reg base, Reg index, std::int64_t scale) {
    return op(Opcode::address, image_.registers[base].scalar, 1, {base, index}, {scale, 0});
  }
  Reg load(Reg address, Scalar scalar, int elements, std::int64_t alignment,
           Reg predicate = no_register, Reg other = no_register) {
    return op(Opcode::load, scalar, elements, {address, predicate, other},
              {alignment, space_of(address)});
  }
  void store(Reg address, Reg value, std::int64_t alignment, Reg predicate = no_register) {
    write(no_register, Opcode::store, {address, value, predicate}, {alignment, space_of(address)});
  }
  /// An atomic of gpu scope; `result` may be none.
  void atomic(Reg result, Opcode opcode, std::initializer_list<Reg> operands,
              format::Order order = format::Order::relaxed) {
    const auto space = static_cast<Space>(space_of(*operands.begin()));
    write(result, opcode, operands,
          {0, format::AtomicModifier{space, order, format::Scope::gpu}.pack()});
  }
  /// An instruction without a result.
  void effect(Opcode opcode, std::initializer_list<Reg> operands = {}, std::int64_t immediate = 0,
              int modifier = 0) {
    write(no_register, opcode, operands, {immediate, modifier});
  }
  void named_barrier(int number, int threads) {
    effect(Opcode::named_barrier, {}, number + 16 * threads);
  }
  void barrier_arrive(int number, int threads) {
    effect(Opcode::barrier_arrive, {}, number + 16 * threads);
  }
  void wait(Reg mbarrier, Reg parity) {
    op(Opcode::mbarrier_try_wait, Scalar::i1, 1, {mbarrier, parity});
  }
  std::int64_t text(std::string text) {
    image_.texts.push_back(std::move(text));
    return static_cast<std::int64_t>(image_.texts.size() - 1);
  }
  void barrier(int number = 0) { write(no_register, Opcode::barrier, {}, {number, 0}); }
  void ret() { write(no_register, Opcode::ret, {}); }

  /// Where the next instruction goes: a target for branches.
  std::uint32_t here() const { return static_cast<std::uint32_t>(image_.code.size()); }
  /// Branches give their own number, for `aim` when the target is known.
  std::uint32_t br(std::uint32_t target = 0) {
    write(no_register, Opcode::br, {});
    image_.code.back().targets[0] = target;
    return here() - 1;
  }
  std::uint32_t cond_br(Reg condition, std::uint32_t if_true = 0, std::uint32_t if_false = 0) {
    write(no_register, Opcode::cond_br, {condition});
    image_.code.back().targets = {if_true, if_false};
    return here() - 1;
  }
  void aim(std::uint32_t branch, int which, std::uint32_t target) {
    image_.code[branch].targets[static_cast<std::size_t>(which)] = target;
  }

  std::uint32_t table(std::vector<std::int32_t> picks) {
    image_.tables.push_back(std::move(picks));
    return static_cast<std::uint32_t>(image_.tables.size() - 1);
  }

  format::Image& image() { return image_; }

  std::uint32_t next_origin = 0xffffffff;  ///< of the instructions written from now on

 private:
  int space_of(Reg address) const {
    return image_.registers[address].scalar == Scalar::i64 ? 0 : 1;
  }
  format::Image image_;
};

}  // namespace tegula::testing
