// The eight-bit floats: every code to every float, and back from every f16 and bf16, from all ties
// and their neighbours, against tables of their values.
#include <algorithm>
#include <cmath>
#include <limits>

#include "ops/reference/number_format.h"
#include "tests/kernels/harness.h"

namespace tegula::testing {
namespace {

constexpr DType f8_dtypes[] = {DType::f8e4m3, DType::f8e5m2};
constexpr DType float_dtypes[] = {f16, bf16, f32, f64};

struct Cfg {
  int bn = 256;
  int warps = 2;
};
template <class K>
auto with_fields(K kernel) {
  return std::move(kernel).field("bn", &Cfg::bn).field("warps", &Cfg::warps);
}

class EightBitFloats : public KernelTest {};
INSTANTIATE_TEST_SUITE_P(Targets, EightBitFloats, ::testing::ValuesIn(kernel_targets()),
                         target_name);

/// What each code means (OCP 8-bit Floating Point Specification, section 5).
double value_of(DType dtype, int code) {
  const int fraction_bits = dtype == DType::f8e4m3 ? 3 : 2, bias = dtype == DType::f8e4m3 ? 7 : 15;
  const int fraction = code & ((1 << fraction_bits) - 1);
  const int exponent = (code & 0x7f) >> fraction_bits;
  double size = 0;
  if (dtype == DType::f8e4m3 && (code & 0x7f) == 0x7f)
    size = std::nan("");
  else if (dtype == DType::f8e5m2 && exponent == 31)
    size = fraction == 0 ? std::numeric_limits<double>::infinity() : std::nan("");
  else if (exponent == 0)
    size = std::ldexp(fraction, 1 - bias - fraction_bits);
  else
    size = std::ldexp(fraction + (1 << fraction_bits), exponent - bias - fraction_bits);
  return (code & 0x80) != 0 ? -size : size;
}
int largest_code(DType dtype) { return dtype == DType::f8e4m3 ? 0x7e : 0x7b; }

/// The nearest code by search; of two as near, the even one.
std::int64_t code_of(DType dtype, double value) {
  if (std::isnan(value)) return 0x7f;
  static std::vector<double> tables[2];
  std::vector<double>& table = tables[dtype == DType::f8e5m2];
  for (int code = static_cast<int>(table.size()); code <= largest_code(dtype); ++code)
    table.push_back(value_of(dtype, code));
  const double size = std::min(std::abs(value), table.back());
  auto code = std::lower_bound(table.begin(), table.end(), size) - table.begin();
  if (code > 0) {
    const double up = table[code] - size, down = size - table[code - 1];
    if (down < up || (down == up && code % 2 == 1)) --code;
  }
  return code | (std::signbit(value) ? 0x80 : 0);
}

void cast_fwd(const Cfg& c, In x, Out y) {
  auto [n] = dims1(x);
  auto [i] = grid({cdiv(n, c.bn)});
  y.tiles({c.bn}).store(x.tiles({c.bn}).load({i}).to(y.dtype()), {i});
}
const auto cast_kernel = with_fields(kernel("cast_fwd", cast_fwd, {"x", "y"}));

std::vector<std::int64_t> all_codes() {
  std::vector<std::int64_t> codes(256);
  for (int code = 0; code < 256; ++code) codes[code] = code;
  return codes;
}

TEST_P(EightBitFloats, EveryCodeToEveryFloat) {
  for (const DType from : f8_dtypes)
    for (const DType to : float_dtypes) {
      SCOPED_TRACE(std::string(dtype_name(from)) + " to " + std::string(dtype_name(to)));
      std::vector<double> wanted;
      for (int code = 0; code < 256; ++code) wanted.push_back(value_of(from, code));
      const Tensor out = stream.empty(to, {256});
      launch(cast_kernel, Cfg{}, integers(from, {256}, all_codes()), out);
      expect_floats(out, wanted);
    }
}

TEST_P(EightBitFloats, FromEveryNumberOfSixteenBits) {
  for (const DType from : {f16, bf16})
    for (const DType to : f8_dtypes) {
      SCOPED_TRACE(std::string(dtype_name(from)) + " to " + std::string(dtype_name(to)));
      std::vector<std::int64_t> bits, wanted;
      for (int k = 0; k < 65536; ++k) {
        bits.push_back(k);
        wanted.push_back(code_of(to, from == f16 ? reference::decode_f16(std::uint16_t(k))
                                                 : reference::decode_bf16(std::uint16_t(k))));
      }
      const Tensor out = stream.empty(to, {65536});
      launch(cast_kernel, Cfg{.bn = 4096, .warps = 4}, integers(from, {65536}, bits), out);
      expect_integers(out, wanted);
    }
}

/// Between all neighbours: halfway, and as little above and below as the dtype can tell, which two
/// roundings would get wrong.
TEST_P(EightBitFloats, TiesAreRoundedOnce) {
  for (const DType from : {f32, f64})
    for (const DType to : f8_dtypes) {
      SCOPED_TRACE(std::string(dtype_name(from)) + " to " + std::string(dtype_name(to)));
      std::vector<double> x;
      for (int code = 0; code <= largest_code(to); ++code) {
        const double low = value_of(to, code), high = value_of(to, code + 1);
        const double tie = std::isfinite(high) ? (low + high) / 2 : 1.05 * low;
        for (const double v : {low, tie})
          for (const double sign : {1.0, -1.0})
            for (const double away : {-std::numeric_limits<double>::infinity(), 0.0,
                                      std::numeric_limits<double>::infinity()}) {
              const double size = away == 0     ? v
                                  : from == f32 ? std::nextafter(float(v), float(away))
                                                : std::nextafter(v, away);
              x.push_back(sign * size);
            }
      }
      for (const double v : {double{INFINITY}, -double{INFINITY}, double{NAN}, 1e30, -1e30, 1e-30,
                             -1e-30, 449.0, 57345.0, 61440.0, 65536.0, 0x1p-149, 464.0, 480.0})
        x.push_back(v);
      std::vector<std::int64_t> wanted;
      for (const double v : x) wanted.push_back(code_of(to, v));
      const Dims shape = {static_cast<std::int64_t>(x.size())};
      const Tensor out = stream.empty(to, shape);
      launch(cast_kernel, Cfg{}, floats(from, shape, x), out);
      expect_integers(out, wanted);
    }
}

TEST_P(EightBitFloats, IntegersAndEachOther) {
  for (const DType f8 : f8_dtypes) {
    for (const DType other : {i8, u8, i32, i64, u64}) {
      SCOPED_TRACE(std::string(dtype_name(f8)) + " and " + std::string(dtype_name(other)));
      std::vector<std::int64_t> whole, codes, back;
      for (const std::int64_t v : {0l, 1l, 3l, 17l, 100l, 127l, 448l, 465l, 57344l, 61441l,
                                   (1l << 40) + 1, -1l, -9l, -128l, -70000l}) {
        whole.push_back(wrapped(other, v));
        const double real = other == u64 ? static_cast<double>(std::uint64_t(whole.back()))
                                         : static_cast<double>(whole.back());
        codes.push_back(code_of(f8, real));
      }
      const Dims shape = {static_cast<std::int64_t>(whole.size())};
      const Tensor out = stream.empty(f8, shape);
      launch(cast_kernel, Cfg{}, integers(other, shape, whole), out);
      expect_integers(out, codes);
      // Toward zero; out of range to the nearest end, NaN to 0.
      const double top = std::ldexp(1.0, dtype_bits(other) - (is_signed_integer(other) ? 1 : 0));
      for (int code = 0; code < 256; ++code) {
        const double v = std::trunc(value_of(f8, code));
        const double bottom = is_signed_integer(other) ? -top : 0;
        back.push_back(std::isnan(v) ? 0
                       : v >= top    ? wrapped(other, is_signed_integer(other)
                                                          ? std::int64_t(std::uint64_t(top) - 1)
                                                          : -1)
                       : v <= bottom ? static_cast<std::int64_t>(bottom)
                                     : static_cast<std::int64_t>(v));
      }
      const Tensor wholes = stream.empty(other, {256});
      launch(cast_kernel, Cfg{}, integers(f8, {256}, all_codes()), wholes);
      expect_integers(wholes, back);
    }
    const DType other = f8 == DType::f8e4m3 ? DType::f8e5m2 : DType::f8e4m3;
    std::vector<std::int64_t> wanted;
    for (int code = 0; code < 256; ++code) wanted.push_back(code_of(other, value_of(f8, code)));
    const Tensor out = stream.empty(other, {256});
    launch(cast_kernel, Cfg{}, integers(f8, {256}, all_codes()), out);
    expect_integers(out, wanted);
  }
}

/// Tiles of codes go where other tiles go: padding, constants, transposes, gathers, loops.
void moves_fwd(const Cfg&, In x, Out padded, Out transposed, Out gathered, Out carried) {
  auto [i] = grid({1});
  const DType dtype = x.dtype();
  padded.tiles({64}).store(x.tiles({64}).pad(-2.3).load({i}), {i});
  const Tile t = x.tiles({32}).load({i});
  transposed.tiles({8, 4}).store(t.reshape({4, 8}).T(), {i, 0});
  const Tile index = iota(64) * 3;
  gathered.tiles({64}).store(x.gather({index}, index < 40, full(dtype, {64}, 1e9)), {i});
  Tile last = full(dtype, {32}, 0.3);
  for (auto j : range(0, 2)) last = (last.to(f32) + x.tiles({32}).load({j}).to(f32)).to(dtype);
  carried.tiles({32}).store(last, {i});
}
const auto moves = with_fields(
    kernel("moves_fwd", moves_fwd, {"x", "padded", "transposed", "gathered", "carried"}));

TEST_P(EightBitFloats, MoveAsOtherTilesDo) {
  for (const DType dtype : f8_dtypes) {
    SCOPED_TRACE(dtype_name(dtype));
    std::vector<std::int64_t> x, padded, transposed(32), gathered, carried;
    for (int k = 0; k < 40; ++k) x.push_back((k * 5) % 0x70 | (k % 3 == 0 ? 0x80 : 0));
    for (int k = 0; k < 64; ++k) {
      padded.push_back(k < 40 ? x[k] : code_of(dtype, -2.3));
      gathered.push_back(3 * k < 40 ? x[3 * k] : largest_code(dtype));
    }
    for (int k = 0; k < 32; ++k) {
      transposed[k % 8 * 4 + k / 8] = x[k];
      std::int64_t sum = code_of(dtype, 0.3);
      for (int j = 0; j < 2; ++j) {
        const double term = j * 32 + k < 40 ? value_of(dtype, int(x[j * 32 + k])) : 0.0;
        sum = code_of(dtype, float(value_of(dtype, int(sum))) + float(term));
      }
      carried.push_back(sum);
    }
    const Tensor p = stream.empty(dtype, {64}), t = stream.empty(dtype, {8, 4}),
                 g = stream.empty(dtype, {64}), c = stream.empty(dtype, {32});
    launch(moves, Cfg{}, integers(dtype, {40}, x), p, t, g, c);
    expect_integers(p, padded);
    expect_integers(t, transposed);
    expect_integers(g, gathered);
    expect_integers(c, carried);
  }
}

}  // namespace
}  // namespace tegula::testing
