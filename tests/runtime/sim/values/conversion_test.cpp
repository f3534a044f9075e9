// Conversions among integers and wide floats (half_test.cpp has the two-byte floats).
#include <cmath>
#include <limits>

#include "tests/runtime/sim/values/elementwise.h"

namespace tegula::testing {
namespace {

Bits edge_bits() {
  return {0,
          1,
          2,
          0x7f,
          0x80,
          0xff,
          0x7fff,
          0x8000,
          0xffff,
          0x7fffffff,
          0x80000000,
          0xffffffff,
          0x7fffffffffffffff,
          0x8000000000000000,
          0xffffffffffffffff,
          0x123456789abcdef0};
}
Bits masked(Scalar scalar) {
  const int width = scalar == Scalar::i1 ? 1 : 8 * format::scalar_bytes(scalar);
  Bits values = edge_bits();
  for (auto& v : values) v = width == 64 ? v : v & ((1ull << width) - 1);
  return values;
}
std::int64_t sign_extended(std::uint64_t bits, Scalar scalar) {
  const int width = scalar == Scalar::i1 ? 1 : 8 * format::scalar_bytes(scalar);
  return static_cast<std::int64_t>(bits << (64 - width)) >> (64 - width);
}

TEST(SimConversion, AmongIntegers) {
  const Scalar scalars[] = {Scalar::i1, Scalar::i8, Scalar::i16, Scalar::i32, Scalar::i64};
  for (int narrow = 0; narrow < 5; ++narrow)
    for (int wide = std::max(narrow + 1, 1); wide < 5; ++wide) {
      const Scalar n = scalars[narrow], w = scalars[wide];
      const Bits small = masked(n), large = masked(w);
      const Bits zext = compute({Opcode::zext, w, {n}}, {small});
      const Bits sext = compute({Opcode::sext, w, {n}}, {small});
      const Bits trunc = compute({Opcode::trunc, n, {w}}, {large});
      const int bits = 8 * format::scalar_bytes(w);
      const std::uint64_t mask = bits == 64 ? ~0ull : (1ull << bits) - 1;
      for (std::size_t k = 0; k < small.size(); ++k) {
        EXPECT_EQ(zext[k], small[k]);
        EXPECT_EQ(sext[k], static_cast<std::uint64_t>(sign_extended(small[k], n)) & mask);
        EXPECT_EQ(trunc[k], n == Scalar::i1
                                ? large[k] & 1
                                : large[k] & ((1ull << 8 * format::scalar_bytes(n)) - 1));
      }
    }
}

TEST(SimConversion, IntegersToFloats) {
  for (const Scalar from : {Scalar::i1, Scalar::i8, Scalar::i16, Scalar::i32, Scalar::i64}) {
    const Bits values = masked(from);
    const Bits sf = compute({Opcode::sitofp, Scalar::f32, {from}}, {values});
    const Bits uf = compute({Opcode::uitofp, Scalar::f32, {from}}, {values});
    const Bits sd = compute({Opcode::sitofp, Scalar::f64, {from}}, {values});
    const Bits ud = compute({Opcode::uitofp, Scalar::f64, {from}}, {values});
    for (std::size_t k = 0; k < values.size(); ++k) {
      const std::int64_t s = sign_extended(values[k], from);
      EXPECT_EQ(sf[k], std::bit_cast<std::uint32_t>(static_cast<float>(s)));
      EXPECT_EQ(uf[k], std::bit_cast<std::uint32_t>(static_cast<float>(values[k])));
      EXPECT_EQ(sd[k], std::bit_cast<std::uint64_t>(static_cast<double>(s)));
      EXPECT_EQ(ud[k], std::bit_cast<std::uint64_t>(static_cast<double>(values[k])));
    }
  }
}

TEST(SimConversion, FloatsToIntegersSaturate) {
  std::vector<double> values = {
      0.0,          -0.0,         0.9,           -0.9,         1.5,    -1.5,    127.0,
      128.0,        -128.0,       -129.0,        255.5,        256.0,  65535.0, 65536.0,
      2147483647.0, 2147483648.0, -2147483648.0, 4294967296.0, 9.2e18, 9.3e18,  -9.3e18,
      1e19,         2e19,         INFINITY,      -INFINITY,    NAN,    1e-310};
  const auto reference = [](double x, int width, bool is_signed) -> std::uint64_t {
    const std::uint64_t mask = width == 64 ? ~0ull : (1ull << width) - 1;
    if (std::isnan(x)) return 0;
    const long double low = is_signed ? -std::ldexp(1.0L, width - 1) : 0.0L;
    const long double high = std::ldexp(1.0L, is_signed ? width - 1 : width) - 1;
    const long double clamped =
        std::min(std::max(std::trunc(static_cast<long double>(x)), low), high);
    return (clamped < 0 ? static_cast<std::uint64_t>(static_cast<std::int64_t>(clamped))
                        : static_cast<std::uint64_t>(clamped)) &
           mask;
  };
  for (const Scalar from : {Scalar::f32, Scalar::f64}) {
    Bits bits;
    for (const double x : values)
      bits.push_back(from == Scalar::f32 ? std::bit_cast<std::uint32_t>(static_cast<float>(x))
                                         : std::bit_cast<std::uint64_t>(x));
    for (const Scalar to : {Scalar::i8, Scalar::i16, Scalar::i32, Scalar::i64}) {
      const Bits s = compute({Opcode::fptosi, to, {from}}, {bits});
      const Bits u = compute({Opcode::fptoui, to, {from}}, {bits});
      for (std::size_t k = 0; k < values.size(); ++k) {
        const double x = from == Scalar::f32 ? static_cast<float>(values[k]) : values[k];
        const int width = 8 * format::scalar_bytes(to);
        EXPECT_EQ(s[k], reference(x, width, true)) << x << " to signed " << scalar_name(to);
        EXPECT_EQ(u[k], reference(x, width, false)) << x << " to unsigned " << scalar_name(to);
      }
    }
  }
  // 65504 and infinity, from f16.
  EXPECT_EQ(
      compute({Opcode::fptosi, Scalar::i16, {Scalar::f16}}, {{0x7bff, 0xfc00, 0x3c00, 0x7fff}}),
      (Bits{0x7fff, 0x8000, 1, 0}));
}

TEST(SimConversion, BetweenSinglesAndDoubles) {
  const std::vector<double> values = {0.0, -0.0, 0.1, 1e-310, 1e-40, 3e38, 3.5e38, INFINITY};
  Bits bits;
  for (const double x : values) bits.push_back(std::bit_cast<std::uint64_t>(x));
  const Bits down = compute({Opcode::fptrunc, Scalar::f32, {Scalar::f64}}, {bits});
  const Bits up = compute({Opcode::fpext, Scalar::f64, {Scalar::f32}}, {down});
  for (std::size_t k = 0; k < values.size(); ++k) {
    const auto single = static_cast<float>(values[k]);
    EXPECT_EQ(down[k], std::bit_cast<std::uint32_t>(single));
    EXPECT_EQ(up[k], std::bit_cast<std::uint64_t>(static_cast<double>(single)));
  }
}

}  // namespace
}  // namespace tegula::testing
