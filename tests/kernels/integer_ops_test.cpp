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

struct IdiomCfg {
  int op = 0;
  int bn = 64;
  int warps = 1;
};

/// What LLVM makes other intrinsics of: divisions by powers of two of trailing zeros, a product
/// that is divided again of whether it overflows, and so on.
void idioms_fwd(const IdiomCfg& c, In a, In b, Out y) {
  auto [n] = dims1(a);
  auto [i] = grid({cdiv(n, c.bn)});
  const Tile x = a.tiles({c.bn}).load({i}), k = b.tiles({c.bn}).load({i});
  const auto switched = [&]() -> Tile {
    switch (c.op) {
      case 0:
        return x / (2 << k);
      case 1:
        return x % (8 << k);
      case 2:
        return x / (x & (0 - x));
      case 3:
        return select((x * k) / k != x, 1, 0);
      case 4:
        return select(x + k < x, 1, 0);
      case 5:
        return select(x > k, x - k, 0);
      default:
        return (x << k) | (x >> (dtype_bits(x.dtype()) - k));
    }
  };
  y.tiles({c.bn}).store(switched().to(y.dtype()), {i});
}
const auto idioms = kernel("idioms_fwd", idioms_fwd, {"a", "b", "y"})
                        .field("op", &IdiomCfg::op)
                        .field("bn", &IdiomCfg::bn)
                        .field("warps", &IdiomCfg::warps);

TEST_P(IntegerOps, WhatBecomesAnIntrinsic) {
  for (const DType dtype : {u8, u16, u32, u64})
    for (int op = 0; op < 7; ++op) {
      SCOPED_TRACE(std::string(dtype_name(dtype)) + " op " + std::to_string(op));
      const int bits = dtype_bits(dtype);
      const std::uint64_t most = ~std::uint64_t{0} >> (64 - bits);
      std::vector<std::int64_t> a, b, wanted;
      for (const std::uint64_t x : {std::uint64_t{1}, std::uint64_t{100}, std::uint64_t{96}, most,
                                    most - 7, most / 3, (most >> 1) + 1})
        for (std::uint64_t k = 1; k < 7; ++k) {
          a.push_back(static_cast<std::int64_t>(x)), b.push_back(static_cast<std::int64_t>(k));
          const std::uint64_t results[] = {
              (2ull << k & most) == 0 ? 0 : x / (2ull << k & most),
              (8ull << k & most) == 0 ? 0 : x % (8ull << k & most),
              x / (x & (0 - x)),
              x > most / k,
              x + k > most || x + k<x, x> k ? x - k : 0,
              ((x << k) | (x >> (static_cast<unsigned>(bits) - k))) & most};
          // Beyond the width the divisor is 0, and nothing is promised.
          if (op == 1 && k + 3 >= static_cast<unsigned>(bits)) {
            a.pop_back(), b.pop_back();
            continue;
          }
          wanted.push_back(wrapped(dtype, static_cast<std::int64_t>(results[op])));
        }
      const Dims shape = {static_cast<std::int64_t>(a.size())};
      const Tensor out = stream.empty(dtype, shape);
      launch(idioms, IdiomCfg{.op = op}, integers(dtype, shape, a), integers(dtype, shape, b), out);
      expect_integers(out, wanted);
    }
}

/// Of the least number: its negative, magnitude and quotient by -1 are itself, and nothing is left.
void least_fwd(const Cfg& c, In a, In b, Out y) {
  auto [n] = dims1(a);
  auto [i] = grid({cdiv(n, c.bn)});
  const Tile x = a.tiles({c.bn}).load({i}), minus_one = b.tiles({c.bn}).load({i});
  const auto agree = (-x == x) & (abs(x) == x) & (x / minus_one == x) & (x / -1 == x) &
                     (x % minus_one == 0) & (x % -1 == 0) & (x - 1 > x) & (x * minus_one == x);
  y.tiles({c.bn}).store(select(agree, 1, 0), {i});
}
const auto at_least = kernel("least_fwd", least_fwd, {"a", "b", "y"})
                          .field("op", &Cfg::op)
                          .field("bn", &Cfg::bn)
                          .field("warps", &Cfg::warps);

TEST_P(IntegerOps, WrapAtTheLeastNumber) {
  for (const DType dtype : {i8, i16, i32, i64}) {
    SCOPED_TRACE(dtype_name(dtype));
    const Tensor out = stream.empty(i32, {64});
    launch(at_least, Cfg{}, integers(dtype, {64}, std::vector<std::int64_t>(64, least(dtype))),
           integers(dtype, {64}, std::vector<std::int64_t>(64, -1)), out);
    expect_integers(out, std::vector<std::int64_t>(64, 1));
  }
}

}  // namespace
}  // namespace tegula::testing
