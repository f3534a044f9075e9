// Integer arithmetic and comparison against plain C++ on __int128, which overflows nowhere.
#include <functional>

#include "tests/runtime/sim/values/elementwise.h"

namespace tegula::testing {
namespace {

using Wide = __int128;

constexpr Scalar integer_scalars[] = {Scalar::i8, Scalar::i16, Scalar::i32, Scalar::i64};

Bits edge_values(int width) {
  const std::uint64_t mask = width == 64 ? ~0ull : (1ull << width) - 1;
  const std::uint64_t top = 1ull << (width - 1);
  Bits values = {0,
                 1,
                 2,
                 3,
                 7,
                 static_cast<std::uint64_t>(width - 1),
                 static_cast<std::uint64_t>(width),
                 0x5a,
                 top - 1,
                 top,
                 top + 1,
                 mask - 1,
                 mask,
                 0x123456789abcdef0 & mask};
  return values;
}

struct Operand {
  int width;
  Wide u;  ///< as unsigned
  Wide s;  ///< as signed
};
Operand operand(std::uint64_t bits, int width) {
  const Wide u = bits;
  return {width, u, (bits >> (width - 1) & 1) != 0 ? u - (Wide{1} << width) : u};
}

struct BinaryCase {
  Opcode opcode;
  std::function<Wide(Operand, Operand)> reference;
};

const BinaryCase binary_cases[] = {
    {Opcode::iadd, [](Operand a, Operand b) { return a.u + b.u; }},
    {Opcode::isub, [](Operand a, Operand b) { return a.u - b.u; }},
    {Opcode::imul,
     [](Operand a, Operand b) {
       return static_cast<Wide>(static_cast<unsigned __int128>(a.u) *
                                static_cast<unsigned __int128>(b.u));
     }},
    {Opcode::udiv, [](Operand a, Operand b) { return b.u == 0 ? Wide{-1} : a.u / b.u; }},
    {Opcode::sdiv, [](Operand a, Operand b) { return b.s == 0 ? Wide{-1} : a.s / b.s; }},
    {Opcode::urem, [](Operand a, Operand b) { return b.u == 0 ? a.u : a.u % b.u; }},
    {Opcode::srem, [](Operand a, Operand b) { return b.s == 0 ? a.s : a.s % b.s; }},
    {Opcode::umin, [](Operand a, Operand b) { return a.u < b.u ? a.u : b.u; }},
    {Opcode::umax, [](Operand a, Operand b) { return a.u > b.u ? a.u : b.u; }},
    {Opcode::smin, [](Operand a, Operand b) { return a.s < b.s ? a.s : b.s; }},
    {Opcode::smax, [](Operand a, Operand b) { return a.s > b.s ? a.s : b.s; }},
    {Opcode::umulh,
     [](Operand a, Operand b) {
       return static_cast<Wide>(
           (static_cast<unsigned __int128>(a.u) * static_cast<unsigned __int128>(b.u)) >> a.width);
     }},
    {Opcode::smulh, [](Operand a, Operand b) { return (a.s * b.s) >> a.width; }},
    {Opcode::iand, [](Operand a, Operand b) { return a.u & b.u; }},
    {Opcode::ior, [](Operand a, Operand b) { return a.u | b.u; }},
    {Opcode::ixor, [](Operand a, Operand b) { return a.u ^ b.u; }},
    {Opcode::shl,
     [](Operand a, Operand b) {
       return b.u < a.width
                  ? static_cast<Wide>(static_cast<unsigned __int128>(a.u) << static_cast<int>(b.u))
                  : 0;
     }},
    {Opcode::lshr,
     [](Operand a, Operand b) { return b.u < a.width ? a.u >> static_cast<int>(b.u) : 0; }},
    {Opcode::ashr,
     [](Operand a, Operand b) {
       return a.s >> (b.u < a.width ? static_cast<int>(b.u) : a.width - 1);
     }},
};

TEST(SimInteger, BinaryOperationsMatchWideArithmetic) {
  for (const Scalar scalar : integer_scalars) {
    const int width = 8 * format::scalar_bytes(scalar);
    const std::uint64_t mask = width == 64 ? ~0ull : (1ull << width) - 1;
    const auto lists = pairs(edge_values(width));
    for (const BinaryCase& c : binary_cases) {
      const Bits got = compute({c.opcode, scalar, {scalar, scalar}}, lists);
      for (std::size_t k = 0; k < got.size(); ++k) {
        const Wide wanted = c.reference(operand(lists[0][k], width), operand(lists[1][k], width));
        ASSERT_EQ(got[k], static_cast<std::uint64_t>(wanted) & mask)
            << opcode_name(c.opcode) << " " << scalar_name(scalar) << " of " << lists[0][k]
            << " and " << lists[1][k];
      }
    }
  }
}

TEST(SimInteger, FunnelShifts) {
  for (const Scalar scalar : integer_scalars) {
    const int width = 8 * format::scalar_bytes(scalar);
    const std::uint64_t mask = width == 64 ? ~0ull : (1ull << width) - 1;
    std::vector<Bits> lists(3);
    for (const std::uint64_t a : edge_values(width))
      for (const std::uint64_t b : edge_values(width))
        for (const int count : {0, 1, 3, width - 1, width, width + 5}) {
          lists[0].push_back(a);
          lists[1].push_back(b);
          lists[2].push_back(static_cast<std::uint64_t>(count));
        }
    const Bits left = compute({Opcode::fshl, scalar, {scalar, scalar, scalar}}, lists);
    const Bits right = compute({Opcode::fshr, scalar, {scalar, scalar, scalar}}, lists);
    for (std::size_t k = 0; k < left.size(); ++k) {
      const int count = static_cast<int>(lists[2][k]) % width;
      const unsigned __int128 both =
          static_cast<unsigned __int128>(lists[0][k] & mask) << width | (lists[1][k] & mask);
      ASSERT_EQ(left[k], static_cast<std::uint64_t>(both >> (width - count)) & mask) << width;
      ASSERT_EQ(right[k], static_cast<std::uint64_t>(both >> count) & mask) << width;
    }
  }
}

TEST(SimInteger, UnaryOperations) {
  for (const Scalar scalar : integer_scalars) {
    const int width = 8 * format::scalar_bytes(scalar);
    const std::uint64_t mask = width == 64 ? ~0ull : (1ull << width) - 1;
    const Bits values = edge_values(width);
    const Bits abs = compute({Opcode::iabs, scalar, {scalar}}, {values});
    const Bits ones = compute({Opcode::ctpop, scalar, {scalar}}, {values});
    const Bits zeros = compute({Opcode::ctlz, scalar, {scalar}}, {values});
    for (std::size_t k = 0; k < values.size(); ++k) {
      const Wide s = operand(values[k], width).s;
      EXPECT_EQ(abs[k], static_cast<std::uint64_t>(s < 0 ? -s : s) & mask);
      std::uint64_t count = 0, leading = 0;
      for (int bit = width - 1; bit >= 0; --bit) {
        const bool set = (values[k] >> bit & 1) != 0;
        if (count == 0 && !set) ++leading;
        count += set;
      }
      EXPECT_EQ(ones[k], count);
      EXPECT_EQ(zeros[k], leading);
    }
  }
}

TEST(SimInteger, Comparisons) {
  const std::function<bool(Operand, Operand)> references[] = {
      [](Operand a, Operand b) { return a.u == b.u; },
      [](Operand a, Operand b) { return a.u != b.u; },
      [](Operand a, Operand b) { return a.u < b.u; },
      [](Operand a, Operand b) { return a.u <= b.u; },
      [](Operand a, Operand b) { return a.u > b.u; },
      [](Operand a, Operand b) { return a.u >= b.u; },
      [](Operand a, Operand b) { return a.s < b.s; },
      [](Operand a, Operand b) { return a.s <= b.s; },
      [](Operand a, Operand b) { return a.s > b.s; },
      [](Operand a, Operand b) { return a.s >= b.s; },
  };
  for (const Scalar scalar : {Scalar::i1, Scalar::i8, Scalar::i16, Scalar::i32, Scalar::i64}) {
    const int width = scalar == Scalar::i1 ? 1 : 8 * format::scalar_bytes(scalar);
    const auto lists = pairs(scalar == Scalar::i1 ? Bits{0, 1} : edge_values(width));
    for (int predicate = 0; predicate < format::icmp_count; ++predicate) {
      const Bits got = compute({Opcode::icmp, Scalar::i1, {scalar, scalar}, predicate}, lists);
      for (std::size_t k = 0; k < got.size(); ++k)
        ASSERT_EQ(got[k],
                  references[predicate](operand(lists[0][k], width), operand(lists[1][k], width)))
            << predicate << " " << scalar_name(scalar);
    }
  }
}

TEST(SimInteger, TruthsTakeBitwiseOperations) {
  const auto lists = pairs({0, 1});
  const Elementwise base{Opcode::iand, Scalar::i1, {Scalar::i1, Scalar::i1}};
  Elementwise what = base;
  EXPECT_EQ(compute(what, lists), (Bits{0, 0, 0, 1}));
  what.opcode = Opcode::ior;
  EXPECT_EQ(compute(what, lists), (Bits{0, 1, 1, 1}));
  what.opcode = Opcode::ixor;
  EXPECT_EQ(compute(what, lists), (Bits{0, 1, 1, 0}));
}

}  // namespace
}  // namespace tegula::testing
