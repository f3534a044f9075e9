// Elementwise operations on integers and masks: every op over every dtype, to the bit.
#include <algorithm>
#include <limits>

#include "tests/kernels/harness.h"

namespace tegula::testing {
namespace {

constexpr DType integer_dtypes[] = {i8, i16, i32, i64, u8, u16, u32, u64};

enum class IntegerOp {
  add,
  sub,
  mul,
  div,
  rem,
  min,
  max,
  cdiv,
  bit_and,
  bit_or,
  bit_xor,
  neg,
  abs
};
constexpr int binary_ops = static_cast<int>(IntegerOp::neg);

struct Cfg {
  IntegerOp op = IntegerOp::add;
  int bn = 128;
  int warps = 1;
};

Tile apply(IntegerOp op, const Tile& a, const Tile& b) {
  switch (op) {
    case IntegerOp::add:
      return a + b;
    case IntegerOp::sub:
      return a - b;
    case IntegerOp::mul:
      return a * b;
    case IntegerOp::div:
      return a / b;
    case IntegerOp::rem:
      return a % b;
    case IntegerOp::min:
      return min(a, b);
    case IntegerOp::max:
      return max(a, b);
    case IntegerOp::cdiv:
      return cdiv(a, b);
    case IntegerOp::bit_and:
      return a & b;
    case IntegerOp::bit_or:
      return a | b;
    case IntegerOp::bit_xor:
      return a ^ b;
    case IntegerOp::neg:
      return -a;
    default:
      return abs(a);
  }
}

/// In 128 bits, of which the dtype keeps the low ones.
std::int64_t reference_of(IntegerOp op, DType dtype, std::int64_t a64, std::int64_t b64) {
  const bool is_signed = is_signed_integer(dtype);
  const auto wide = [&](std::int64_t v) {
    return is_signed ? static_cast<__int128>(v)
                     : static_cast<__int128>(static_cast<std::uint64_t>(v));
  };
  const __int128 a = wide(a64), b = wide(b64);
  __int128 result = 0;
  switch (op) {
    case IntegerOp::add:
      result = a + b;
      break;
    case IntegerOp::sub:
      result = a - b;
      break;
    case IntegerOp::mul:
      return wrapped(dtype, static_cast<std::int64_t>(static_cast<std::uint64_t>(a64) *
                                                      static_cast<std::uint64_t>(b64)));
    case IntegerOp::div:
      result = a / b;
      break;
    case IntegerOp::rem:
      result = a % b;
      break;
    case IntegerOp::min:
      result = std::min(a, b);
      break;
    case IntegerOp::max:
      result = std::max(a, b);
      break;
    case IntegerOp::cdiv:
      result = a / b + (a % b > 0 ? 1 : 0);
      break;
    case IntegerOp::bit_and:
      result = a & b;
      break;
    case IntegerOp::bit_or:
      result = a | b;
      break;
    case IntegerOp::bit_xor:
      result = a ^ b;
      break;
    case IntegerOp::neg:
      result = -a;
      break;
    default:
      result = a < 0 ? -a : a;
  }
  return wrapped(dtype, static_cast<std::int64_t>(result));
}

void integer_op_fwd(const Cfg& c, In a, In b, Out y) {
  auto [n] = dims1(a);
  require(b, {n}), require(y, {n});
  auto [i] = grid({cdiv(n, c.bn)});
  y.tiles({c.bn}).store(apply(c.op, a.tiles({c.bn}).load({i}), b.tiles({c.bn}).load({i})), {i});
}
const auto integer_op = kernel("integer_op_fwd", integer_op_fwd, {"a", "b", "y"})
                            .field("op", &Cfg::op)
                            .field("bn", &Cfg::bn)
                            .field("warps", &Cfg::warps);

std::int64_t least(DType dtype) {
  return is_signed_integer(dtype)
             ? static_cast<std::int64_t>(~std::uint64_t{0} << (dtype_bits(dtype) - 1))
             : 0;
}
std::int64_t largest(DType dtype) {
  return is_signed_integer(dtype) ? ~least(dtype) : wrapped(dtype, -1);
}

class IntegerOps : public KernelTest {};
INSTANTIATE_TEST_SUITE_P(Targets, IntegerOps, ::testing::ValuesIn(kernel_targets()), target_name);

TEST_P(IntegerOps, EveryOpAndDType) {
  for (const DType dtype : integer_dtypes) {
    std::vector<std::int64_t> values = {0,
                                        1,
                                        2,
                                        3,
                                        7,
                                        100,
                                        least(dtype),
                                        least(dtype) + 1,
                                        largest(dtype),
                                        largest(dtype) - 1,
                                        wrapped(dtype, -1),
                                        wrapped(dtype, -2),
                                        wrapped(dtype, -7)};
    for (const std::int64_t v : random_integers(least(i64), largest(i64), 8))
      values.push_back(wrapped(dtype, v));
    for (int k = 0; k <= static_cast<int>(IntegerOp::abs); ++k) {
      const auto op = static_cast<IntegerOp>(k);
      if (k >= binary_ops && !is_signed_integer(dtype)) continue;
      SCOPED_TRACE(std::string(dtype_name(dtype)) + " op " + std::to_string(k));
      const bool divides = op == IntegerOp::div || op == IntegerOp::rem || op == IntegerOp::cdiv;
      std::vector<std::int64_t> a, b, wanted;
      for (const std::int64_t x : values)
        for (const std::int64_t y : values) {
          const bool positive = is_signed_integer(dtype) ? y > 0 : y != 0;
          if (divides && y == 0) continue;
          if (op == IntegerOp::cdiv && !positive) continue;
          a.push_back(x), b.push_back(y);
          wanted.push_back(reference_of(op, dtype, x, y));
        }
      const Dims shape = {static_cast<std::int64_t>(a.size())};
      const Tensor out = stream.empty(dtype, shape);
      launch(integer_op, Cfg{.op = op}, integers(dtype, shape, a), integers(dtype, shape, b), out);
      expect_integers(out, wanted);
    }
  }
}

/// What division by zero gives is not specified, but it must not spoil anything else.
void guarded_fwd(const Cfg& c, In a, In b, Out y) {
  auto [n] = dims1(a);
  auto [i] = grid({cdiv(n, c.bn)});
  Tile x = a.tiles({c.bn}).load({i}), d = b.tiles({c.bn}).load({i});
  y.tiles({c.bn}).store(select(d == 0, 77, x / d) + select(d == 0, 0, x % d), {i});
}
const auto guarded = kernel("guarded_fwd", guarded_fwd, {"a", "b", "y"})
                         .field("op", &Cfg::op)
                         .field("bn", &Cfg::bn)
                         .field("warps", &Cfg::warps);

TEST_P(IntegerOps, DivisionByZeroSpoilsNothingElse) {
  for (const DType dtype : {i8, i32, i64, u16, u32, u64}) {
    SCOPED_TRACE(dtype_name(dtype));
    std::vector<std::int64_t> a, b, wanted;
    for (std::int64_t k = 0; k < 100; ++k) {
      a.push_back(k), b.push_back(k % 5);
      wanted.push_back(k % 5 == 0 ? 77 : k / (k % 5) + k % (k % 5));
    }
    const Tensor out = stream.empty(dtype, {100});
    launch(guarded, Cfg{}, integers(dtype, {100}, a), integers(dtype, {100}, b), out);
    expect_integers(out, wanted);
  }
}

/// x - x and the like, which a compiler folds to constants of the tile's type.
void folded_fwd(const Cfg& c, In a, Out y) {
  auto [n] = dims1(a);
  auto [i] = grid({cdiv(n, c.bn)});
  Tile x = a.tiles({c.bn}).load({i});
  Tile zero = (x - x) + (x ^ x) + (x & 0) + (x * 0) + x % 1;
  Mask yes = (x == x) & !(x != x) & (x <= x);
  y.tiles({c.bn}).store(select(yes, x / 1 + zero, 0) + select(x < x, x, zero | zero), {i});
}
const auto folded = kernel("folded_fwd", folded_fwd, {"a", "y"})
                        .field("op", &Cfg::op)
                        .field("bn", &Cfg::bn)
                        .field("warps", &Cfg::warps);

TEST_P(IntegerOps, WhatFoldsToAConstant) {
  for (const DType dtype : integer_dtypes) {
    SCOPED_TRACE(dtype_name(dtype));
    const auto a = random_integers(0, 100, 200);
    const Tensor out = stream.empty(dtype, {200});
    launch(folded, Cfg{.warps = 2}, integers(dtype, {200}, a), out);
    expect_integers(out, a);
  }
}

}  // namespace
}  // namespace tegula::testing
