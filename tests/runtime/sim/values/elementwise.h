// Runs one elementwise instruction over lists of values, given and returned as bits.
#pragma once

#include <gtest/gtest.h>

#include <bit>
#include <cstdint>
#include <cstring>
#include <vector>

#include "tests/runtime/sim/image_builder.h"
#include "tests/runtime/sim/run_image.h"

namespace tegula::testing {

using Bits = std::vector<std::uint64_t>;

inline std::vector<std::byte> pack(const Bits& values, Scalar scalar, std::size_t count) {
  const auto size = static_cast<std::size_t>(format::scalar_bytes(scalar));
  std::vector<std::byte> bytes(count * size);
  for (std::size_t k = 0; k < count; ++k)
    std::memcpy(bytes.data() + k * size, &values[k % values.size()], size);
  return bytes;
}

struct Elementwise {
  Opcode opcode;
  Scalar result;
  std::vector<Scalar> operands;
  int modifier = 0;
};

/// All operand lists have one length. Each thread computes `elements` of them.
inline Bits compute_with(const Elementwise& what, const std::vector<Bits>& operands, int elements) {
  const std::size_t n = static_cast<std::size_t>(elements);
  const std::size_t size = operands[0].size();
  const std::size_t blocks = (size + 32 * n - 1) / (32 * n), count = blocks * 32 * n;
  ImageBuilder b;
  std::vector<std::vector<std::byte>> memory;
  std::vector<Argument> arguments;
  std::vector<Reg> values;
  const Reg lanes = b.i32(32);
  const Reg thread = b.op(Opcode::iadd, Scalar::i32, 1,
                          {b.op(Opcode::imul, Scalar::i32, 1, {b.special(Special::ctaid_x), lanes}),
                           b.special(Special::tid_x)});
  memory.reserve(operands.size());
  for (std::size_t k = 0; k < operands.size(); ++k) {
    const Scalar scalar = what.operands[k];
    const int bytes = format::scalar_bytes(scalar) * elements;
    memory.push_back(pack(operands[k], scalar, count));
    arguments.push_back(in("operand" + std::to_string(k), memory.back()));
    values.push_back(
        b.load(b.address(b.parameter(Scalar::i64), thread, bytes), scalar, elements, bytes));
  }
  const Reg result = b.reg(what.result, elements);
  const ImageBuilder::Extra extra{0, what.modifier};
  if (values.size() == 1) b.write(result, what.opcode, {values[0]}, extra);
  if (values.size() == 2) b.write(result, what.opcode, {values[0], values[1]}, extra);
  if (values.size() == 3) b.write(result, what.opcode, {values[0], values[1], values[2]}, extra);
  const int bytes = format::scalar_bytes(what.result) * elements;
  b.store(b.address(b.parameter(Scalar::i64), thread, bytes), result, bytes);
  b.ret();

  std::vector<std::byte> stored(count *
                                static_cast<std::size_t>(format::scalar_bytes(what.result)));
  arguments.push_back(out("result", stored));
  const auto device = make_sim_device("sm_90a");
  run_image(*device, b.image(), arguments, {{static_cast<std::uint32_t>(blocks), 1, 1}});
  Bits results(size, 0);
  const auto width = static_cast<std::size_t>(format::scalar_bytes(what.result));
  for (std::size_t k = 0; k < size; ++k) std::memcpy(&results[k], stored.data() + k * width, width);
  return results;
}

/// With one and with two elements a thread; both must agree.
inline Bits compute(const Elementwise& what, const std::vector<Bits>& operands) {
  const Bits one = compute_with(what, operands, 1);
  EXPECT_EQ(one, compute_with(what, operands, 2)) << opcode_name(what.opcode);
  return one;
}

/// Every pair of `values`, as two lists.
inline std::vector<Bits> pairs(const Bits& values) {
  std::vector<Bits> lists(2);
  for (const std::uint64_t a : values)
    for (const std::uint64_t b : values) {
      lists[0].push_back(a);
      lists[1].push_back(b);
    }
  return lists;
}

}  // namespace tegula::testing
