// Conversions between all dtypes: rounding to nearest even, ties, ranges, truncation.
#include <algorithm>
#include <cmath>
#include <limits>
#include <regex>

#include "ops/reference/number_format.h"
#include "tests/kernels/harness.h"

namespace tegula::testing {
namespace {

constexpr DType float_dtypes[] = {f16, bf16, f32, f64};
constexpr DType integer_dtypes[] = {i8, i16, i32, i64, u8, u16, u32, u64};

struct Cfg {
  int bn = 64;
  int warps = 1;
};

void cast_fwd(const Cfg& c, In x, Out y) {
  auto [n] = dims1(x);
  auto [i] = grid({cdiv(n, c.bn)});
  y.tiles({c.bn}).store(x.tiles({c.bn}).load({i}).to(y.dtype()), {i});
}
const auto cast_kernel =
    kernel("cast_fwd", cast_fwd, {"x", "y"}).field("bn", &Cfg::bn).field("warps", &Cfg::warps);

class Casts : public KernelTest {};
INSTANTIATE_TEST_SUITE_P(Targets, Casts, ::testing::ValuesIn(kernel_targets()), target_name);

/// Numbers of `to` and the ties between neighbours, as `from` can hold them.
std::vector<double> ties(DType from, DType to) {
  std::vector<double> values = {0.0, -0.0, std::nan(""), std::numeric_limits<double>::infinity(),
                                -std::numeric_limits<double>::infinity()};
  for (const double magnitude : {1.0, 1.5, 3.140625, 100.0, 0x1p-14, 0x1p-15, 0x1p-126, 0x1p-130,
                                 65504.0, 65536.0, 0x1.fep127}) {
    const double unit = reference::ulp(to, magnitude);
    for (int k = 0; k < 4; ++k)
      for (const double part : {0.0, 0.25, 0.5, 0.75, 0.5 + 0x1p-20})
        for (const double sign : {1.0, -1.0})
          values.push_back(sign * (magnitude + (k + part) * unit));
  }
  return rounded(from, values);
}

TEST_P(Casts, FloatToFloat) {
  for (const DType from : float_dtypes)
    for (const DType to : float_dtypes) {
      SCOPED_TRACE(std::string(dtype_name(from)) + " to " + std::string(dtype_name(to)));
      const auto values = ties(from, to);
      const Dims shape = {static_cast<std::int64_t>(values.size())};
      const Tensor out = stream.empty(to, shape);
      launch(cast_kernel, Cfg{}, floats(from, shape, values), out);
      expect_floats(out, rounded(to, values));
    }
}

TEST_P(Casts, FloatToIntegerTruncates) {
  for (const DType from : float_dtypes)
    for (const DType to : integer_dtypes) {
      SCOPED_TRACE(std::string(dtype_name(from)) + " to " + std::string(dtype_name(to)));
      std::vector<double> values = {0.0, -0.0, 0.5, 0.99, 1.0, 1.5, 2.5, 100.75, 126.5};
      if (is_signed_integer(to))
        for (const double v : {-0.5, -0.99, -1.5, -2.5, -100.75, -127.5}) values.push_back(v);
      if (dtype_bits(to) >= 32) values.push_back(60000.0);
      if (dtype_bits(to) >= 64 && from != f16) values.push_back(0x1p60);
      if (to == u64 && from != f16) values.push_back(0x1p63);
      values = rounded(from, values);
      std::vector<std::int64_t> wanted;
      for (const double v : values)
        wanted.push_back(v >= 0x1p63 ? std::numeric_limits<std::int64_t>::min()
                                     : static_cast<std::int64_t>(v));
      const Dims shape = {static_cast<std::int64_t>(values.size())};
      const Tensor out = stream.empty(to, shape);
      launch(cast_kernel, Cfg{}, floats(from, shape, values), out);
      expect_integers(out, wanted);
    }
}

/// Rounded once, from the exact integer.
double to_float(DType from, DType to, std::int64_t v) {
  const long double exact = is_signed_integer(from)
                                ? static_cast<long double>(v)
                                : static_cast<long double>(static_cast<std::uint64_t>(v));
  if (to == f64) return static_cast<double>(exact);
  if (to == f32) return static_cast<double>(static_cast<float>(exact));
  // To 53 bits with the last one sticky: rounding that once more is rounding once.
  double part = static_cast<double>(exact);
  if (static_cast<long double>(part) != exact) {
    if (std::abs(static_cast<long double>(part)) > std::abs(exact))
      part = std::nextafter(part, 0.0);
    int exponent = 0;
    const double fraction = std::frexp(part, &exponent);
    auto digits = static_cast<std::int64_t>(std::ldexp(fraction, 53));
    digits |= 1;
    part = std::ldexp(static_cast<double>(digits), exponent - 53);
  }
  return reference::round_to(to, part);
}

TEST_P(Casts, IntegerToFloat) {
  for (const DType from : integer_dtypes)
    for (const DType to : float_dtypes) {
      SCOPED_TRACE(std::string(dtype_name(from)) + " to " + std::string(dtype_name(to)));
      std::vector<std::int64_t> values = {0, 1, -1, 127, 255, 257, 2049, 2051, 65519, 65520};
      // Ties of f32, bf16 and f64, and just above them.
      for (const int bits : {8, 24, 53})
        for (const int shift : {1, 3, 8})
          for (const std::int64_t add : {-1, 0, 1}) {
            const std::int64_t tie =
                (((std::int64_t{1} << bits) | 1) << shift) | (std::int64_t{1} << (shift - 1));
            values.push_back(tie + add), values.push_back(-tie + add);
          }
      // Just off a tie of bf16 and f16, by less than f64 can tell.
      for (const std::int64_t tie : {std::int64_t{0x101} << 54, std::int64_t{0x103} << 54})
        for (const std::int64_t add : {-1, 0, 1}) values.push_back(tie + add);
      for (const std::int64_t v : random_integers(std::numeric_limits<std::int64_t>::min(),
                                                  std::numeric_limits<std::int64_t>::max(), 50))
        values.push_back(v);
      std::vector<double> wanted;
      for (std::int64_t& v : values) {
        v = wrapped(from, v);
        wanted.push_back(to_float(from, to, v));
      }
      const Dims shape = {static_cast<std::int64_t>(values.size())};
      const Tensor out = stream.empty(to, shape);
      launch(cast_kernel, Cfg{}, integers(from, shape, values), out);
      expect_floats(out, wanted);
    }
}

TEST_P(Casts, IntegerToIntegerKeepsTheLowBits) {
  const auto values = random_integers(std::numeric_limits<std::int64_t>::min(),
                                      std::numeric_limits<std::int64_t>::max(), 70);
  for (const DType from : integer_dtypes)
    for (const DType to : integer_dtypes) {
      SCOPED_TRACE(std::string(dtype_name(from)) + " to " + std::string(dtype_name(to)));
      std::vector<std::int64_t> wanted;
      for (const std::int64_t v : values) wanted.push_back(wrapped(to, wrapped(from, v)));
      const Tensor out = stream.empty(to, {70});
      launch(cast_kernel, Cfg{}, integers(from, {70}, values), out);
      expect_integers(out, wanted);
    }
}

TEST_P(Casts, I1ToEveryDType) {
  const auto values = random_integers(0, 1, 70);
  for (const DType to : integer_dtypes) {
    const Tensor out = stream.empty(to, {70});
    launch(cast_kernel, Cfg{}, integers(i1, {70}, values), out);
    expect_integers(out, values);
  }
  for (const DType to : float_dtypes) {
    const Tensor out = stream.empty(to, {70});
    launch(cast_kernel, Cfg{}, integers(i1, {70}, values), out);
    expect_floats(out, std::vector<double>(values.begin(), values.end()));
  }
}

/// Out of range: to the nearest end of the range; NaN to 0.
TEST_P(Casts, FloatToIntegerSaturates) {
  for (const DType from : float_dtypes)
    for (const DType to : integer_dtypes) {
      SCOPED_TRACE(std::string(dtype_name(from)) + " to " + std::string(dtype_name(to)));
      const double top = std::ldexp(1.0, dtype_bits(to) - (is_signed_integer(to) ? 1 : 0));
      const double bottom = is_signed_integer(to) ? -top : 0.0;
      const auto values = rounded(from, {top, -top, 2 * top, -2 * top, 1e5, -1e5, 300.0, -300.0,
                                         std::nan(""), std::numeric_limits<double>::infinity(),
                                         -std::numeric_limits<double>::infinity()});
      std::vector<std::int64_t> wanted;
      for (const double v : values) {
        const std::int64_t last =
            is_signed_integer(to) && dtype_bits(to) == 64
                ? std::numeric_limits<std::int64_t>::max()
                : wrapped(to, is_signed_integer(to) ? static_cast<std::int64_t>(top) - 1 : -1);
        wanted.push_back(std::isnan(v) ? 0
                         : v >= top    ? last
                         : v <= bottom ? static_cast<std::int64_t>(bottom)
                                       : static_cast<std::int64_t>(v));
      }
      const Tensor out = stream.empty(to, {11});
      launch(cast_kernel, Cfg{}, floats(from, {11}, values), out);
      expect_integers(out, wanted);
    }
}

/// An integer to float to an integer, at once and through memory between the two, which no pass
/// looks through; and a constant.
void there_and_back_fwd(const Cfg& c, In x, InOut between, Out y, Out at_once, Out constant) {
  auto [n] = dims1(x);
  auto [i] = grid({cdiv(n, c.bn)});
  const Tile real = x.tiles({c.bn}).load({i}).to(between.dtype());
  at_once.tiles({c.bn}).store(real.to(y.dtype()), {i});
  between.tiles({c.bn}).store(real, {i});
  const Tile edges = select(iota(c.bn) % 2 == 0, full(between.dtype(), {c.bn}, 6e4),
                            full(between.dtype(), {c.bn}, -6e4));
  constant.tiles({c.bn}).store(edges.to(y.dtype()), {i});
}
const auto there_and_back =
    kernel("there_and_back_fwd", there_and_back_fwd, {"x", "between", "y", "at_once", "constant"})
        .field("bn", &Cfg::bn)
        .field("warps", &Cfg::warps);

/// The nearest number of the dtype; 0 for NaN.
std::int64_t saturated(DType to, double v) {
  const double top = std::ldexp(1.0, dtype_bits(to) - (is_signed_integer(to) ? 1 : 0));
  if (std::isnan(v)) return 0;
  if (v >= top)
    return is_signed_integer(to)
               ? static_cast<std::int64_t>(~std::uint64_t{0} >> 1) >> (64 - dtype_bits(to))
               : wrapped(to, -1);
  if (v <= (is_signed_integer(to) ? -top : 0.0))
    return is_signed_integer(to) ? std::numeric_limits<std::int64_t>::min() >> (64 - dtype_bits(to))
                                 : 0;
  return v >= 0x1p63 ? static_cast<std::int64_t>(static_cast<std::uint64_t>(v))
                     : static_cast<std::int64_t>(v);
}

TEST_P(Casts, IntegerToFloatToIntegerSaturates) {
  for (const DType from : integer_dtypes)
    for (const DType between : float_dtypes)
      for (const DType to : integer_dtypes) {
        SCOPED_TRACE(std::string(dtype_name(from)) + " to " + std::string(dtype_name(between)) +
                     " to " + std::string(dtype_name(to)));
        if (assembles() && from != i32) continue;
        std::vector<std::int64_t> values = {0,    1,   -1,  127,   128,   -128,
                                            -129, 255, 256, 70000, -70000};
        for (const int bits : {31, 32, 62, 63})
          for (const std::int64_t add : {-1, 0, 1})
            values.push_back(static_cast<std::int64_t>((std::uint64_t{1} << bits) +
                                                       static_cast<std::uint64_t>(add)));
        std::vector<std::int64_t> wanted, of_constant;
        for (std::int64_t& v : values) {
          v = wrapped(from, v);
          const double real = to_float(from, between, v);
          wanted.push_back(saturated(to, real));
        }
        for (std::size_t k = 0; k < values.size(); ++k)
          of_constant.push_back(saturated(to, rounded(between, {k % 2 == 0 ? 6e4 : -6e4})[0]));
        const Dims shape = {static_cast<std::int64_t>(values.size())};
        const Tensor real = stream.empty(between, shape), y = stream.empty(to, shape),
                     at_once = stream.empty(to, shape), constant = stream.empty(to, shape);
        launch(there_and_back, Cfg{}, integers(from, shape, values), real, y, at_once, constant);
        launch(cast_kernel, Cfg{}, real, y);
        expect_integers(y, wanted);
        expect_integers(at_once, wanted);
        expect_integers(constant, of_constant);
      }
}

/// What an integer gives as f32 is an f32, wherever it came from.
void through_u32_fwd(const Cfg& c, In x, Out y) {
  auto [n] = dims1(x);
  auto [i] = grid({cdiv(n, c.bn)});
  y.tiles({c.bn}).store(x.tiles({c.bn}).load({i}).to(u32).to(f32).to(f64), {i});
}
const auto through_u32 = kernel("through_u32_fwd", through_u32_fwd, {"x", "y"})
                             .field("bn", &Cfg::bn)
                             .field("warps", &Cfg::warps);

TEST_P(Casts, AnIntegerMadeOfAFloatIsRoundedLikeAnyOther) {
  const Tensor out = stream.empty(f64, {4});
  launch(through_u32, Cfg{}, floats(f32, {4}, {0x1p32, 1e20, 3.75, 0x1.fffffep31}), out);
  expect_floats(out, {0x1p32, 0x1p32, 3, 0x1.fffffep31});
}

/// On a GPU one instruction converts and saturates; the rest is what it lacks: 8 bits, and 0 for
/// the NaN of an f64 or in 64 bits.
TEST_P(Casts, TheHardwareSaturates) {
  const auto count = [](const std::string& text, const char* pattern) {
    const std::regex regex(pattern);
    return std::distance(std::sregex_iterator(text.begin(), text.end(), regex),
                         std::sregex_iterator());
  };
  for (const DType from : float_dtypes)
    for (const DType to : integer_dtypes) {
      SCOPED_TRACE(std::string(dtype_name(from)) + " to " + std::string(dtype_name(to)));
      const Tensor x = stream.empty(from, {32}), y = stream.empty(to, {32});
      const std::string ptx = ptx_of(cast_kernel, Cfg{.bn = 32}, x, y);
      const bool is_byte = dtype_bits(to) == 8;
      EXPECT_EQ(count(ptx, "cvt\\.rzi\\.[su](16|32|64)\\.f(16|32|64)"), 1);
      EXPECT_EQ(count(ptx, "setp\\.(nan|num)\\.f"), from == f64 || dtype_bits(to) == 64 ? 1 : 0);
      EXPECT_EQ(count(ptx, "(min|max)\\.[su]32[^;]*, (-128|127|255);"), !is_byte ? 0
                                                                        : is_signed_integer(to)
                                                                            ? 2
                                                                            : 1);
    }
}

/// Two conversions are two roundings.
void twice_fwd(const Cfg& c, In x, Out y) {
  auto [n] = dims1(x);
  auto [i] = grid({cdiv(n, c.bn)});
  y.tiles({c.bn}).store(x.tiles({c.bn}).load({i}).to(f32).to(y.dtype()), {i});
}
const auto twice =
    kernel("twice_fwd", twice_fwd, {"x", "y"}).field("bn", &Cfg::bn).field("warps", &Cfg::warps);

TEST_P(Casts, ThroughF32RoundsTwice) {
  for (const DType from : {i32, u32, i64, u64, f64})
    for (const DType to : {bf16, f16}) {
      SCOPED_TRACE(std::string(dtype_name(from)) + " to " + std::string(dtype_name(to)));
      // Above a tie of the narrow type by less than f32 can tell.
      std::vector<std::int64_t> values = {0x80800001, 0x01010001, 0x10100001, 0x04020001, 33555457};
      std::vector<double> wanted;
      for (std::int64_t& v : values) {
        if (is_integer(from)) v = wrapped(from, v);
        if (to == f16) v /= 1024;
        wanted.push_back(static_cast<double>(static_cast<float>(v)));
      }
      const Dims shape = {static_cast<std::int64_t>(values.size())};
      const Tensor x = is_float(from)
                           ? floats(from, shape, std::vector<double>(values.begin(), values.end()))
                           : integers(from, shape, values);
      const Tensor out = stream.empty(to, shape);
      launch(twice, Cfg{}, x, out);
      expect_floats(out, rounded(to, wanted));
    }
}

/// Conversions that LLVM takes to be in range, or that code generation gets wrong for some
/// architectures, which no simulator shows, since it runs the module from before: wide integers to
/// bf16 (rounded twice).
TEST_P(Casts, NothingIsLeftToCodeGenerationThatRoundsTwiceOrWraps) {
  const std::regex unchecked("fpto[su]i ");
  const std::regex to_bf16("[su]itofp [^\n]* to [^\n]*bfloat");
  for (const DType from : float_dtypes)
    for (const DType to : integer_dtypes) {
      SCOPED_TRACE(std::string(dtype_name(from)) + " to " + std::string(dtype_name(to)));
      const Tensor x = stream.empty(from, {64}), y = stream.empty(to, {64});
      EXPECT_FALSE(std::regex_search(llvm_of(cast_kernel, Cfg{}, x, y), unchecked));
    }
  for (const DType from : {i32, u32, i64, u64}) {
    SCOPED_TRACE(dtype_name(from));
    const Tensor x = stream.empty(from, {64}), y = stream.empty(bf16, {64});
    EXPECT_FALSE(std::regex_search(llvm_of(cast_kernel, Cfg{}, x, y), to_bf16));
  }
}

}  // namespace
}  // namespace tegula::testing
