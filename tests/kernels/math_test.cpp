// Math functions against the C library in long double, in units of the last place of the f32 or f64
// result; and floor, ceil, shifts, high products, and the reductions that are no sums.
#include <bit>
#include <cmath>
#include <functional>
#include <limits>

#include "tests/kernels/harness.h"

namespace tegula::testing {
namespace {

struct Cfg {
  int op = 0;
  int warps = 2;
};
template <class K>
auto with_fields(K kernel) {
  return std::move(kernel).field("op", &Cfg::op).field("warps", &Cfg::warps);
}

class MathFunctions : public KernelTest {};
INSTANTIATE_TEST_SUITE_P(Targets, MathFunctions, ::testing::ValuesIn(kernel_targets()),
                         target_name);

struct Function {
  const char* name;
  Tile (*traced)(const Tile&);
  long double (*reference)(long double);
  double low, high;  ///< where it is sampled in f32
  double bound;      ///< in ulps: what docs/language.md promises, on the simulator
  double low64, high64, bound64;
  double of_gpu = 0;  ///< in ulps, f32: what a GPU's own approximation adds to the bound
};
long double reference_rsqrt(long double x) { return 1 / std::sqrt(x); }
const Function functions[] = {
    {"exp", [](const Tile& x) { return exp(x); }, std::exp, -104, 89.5, 2, -746, 710, 1.1, 2},
    {"exp2", [](const Tile& x) { return exp2(x); }, std::exp2, -150, 128.5, 1, -1076, 1025, 1.1, 2},
    {"log", [](const Tile& x) { return log(x); }, std::log, 1e-45, 3e38, 1, 1e-320, 1e308, 1},
    {"log2", [](const Tile& x) { return log2(x); }, std::log2, 1e-45, 3e38, 2, 1e-320, 1e308, 2},
    {"tanh", [](const Tile& x) { return tanh(x); }, std::tanh, -12, 12, 2, -22, 22, 3, 2},
    {"sin", [](const Tile& x) { return sin(x); }, std::sin, -1e3, 1e3, 2, -1e6, 1e6, 2},
    {"cos", [](const Tile& x) { return cos(x); }, std::cos, -1e3, 1e3, 2, -1e6, 1e6, 2},
    {"erf", [](const Tile& x) { return erf(x); }, std::erf, -4.5, 4.5, 2, -6.5, 6.5, 2, 2},
    {"rsqrt", [](const Tile& x) { return rsqrt(x); }, reference_rsqrt, 1e-45, 3e38, 2, 1e-320,
     1e308, 1.5, 0.15},
    {"floor", [](const Tile& x) { return floor(x); }, std::floor, -1e9, 1e9, 0, -1e15, 1e15, 0},
    {"ceil", [](const Tile& x) { return ceil(x); }, std::ceil, -1e9, 1e9, 0, -1e15, 1e15, 0},
};

void apply_fwd(const Cfg& c, In x, Out y) {
  auto [n] = dims1(x);
  auto [i] = grid({cdiv(n, 256)});
  y.tiles({256}).store(functions[c.op].traced(x.tiles({256}).load({i})), {i});
}
const auto apply = with_fields(kernel("apply_fwd", apply_fwd, {"x", "y"}));

/// Evenly spread, close to 0, to 1, to where expansions change their way and to multiples of pi/2,
/// over all exponents, and the special values.
std::vector<double> samples(const Function& f, DType dtype) {
  const bool wide = dtype == f64;
  const double low = wide ? f.low64 : f.low, high = wide ? f.high64 : f.high;
  std::vector<double> values = {0.0, -0.0, 1.0, -1.0, 0.5, 2.0, INFINITY, -INFINITY, NAN};
  for (int k = 0; k < 20000; ++k) values.push_back(low + (high - low) * k / 19999.0);
  for (int k = 0; k < 8000; ++k) values.push_back(-4 + k * 0x1p-10 + 0x1p-23);
  for (int k = -500; k < 500; ++k) {
    values.push_back(1 + k * 0x1p-20);
    for (const double at : {0.625, 0.875, 0.5, 0.70710678118654752, 1.4142135623730951,
                            0.34657359027997264, 0.78539816339744831})
      values.push_back(at + k * (wide ? 0x1p-50 : 0x1p-24));
  }
  for (int e = wide ? -1074 : -149; e < (wide ? 1024 : 128); ++e)
    for (const double m : {1.0, 1.3, 1.4142, 1.9})
      for (const double sign : {1.0, -1.0}) values.push_back(sign * std::ldexp(m, e));
  for (int k = 1; k < 4000; ++k)
    for (const long long factor : {1ll, 1000003ll, 1000000000039ll}) {
      const double multiple = static_cast<double>(k * factor * 1.57079632679489661923L);
      values.push_back(multiple);
      if (wide) values.push_back(std::nextafter(multiple, 0.0));
    }
  // Any bits, and any between -8 and 8.
  const auto least = std::numeric_limits<std::int64_t>::min();
  for (const std::int64_t random : random_integers(least, -(least + 1), 30000)) {
    const double any = wide ? std::bit_cast<double>(random)
                            : std::bit_cast<float>(static_cast<std::int32_t>(random));
    values.push_back(any);
    values.push_back(std::ldexp(static_cast<double>(random), -60));
  }
  // The closest to a multiple of pi/2 that f32 and f64 have (Muller, Elementary Functions, 11.3.2).
  values.push_back(std::ldexp(16367173.0, 72));
  values.push_back(std::ldexp(6381956970095103.0, 797));
  return rounded(dtype, values);
}

long double ulp(DType dtype, long double value) {
  const bool wide = dtype == f64;
  const long double size = std::max<long double>(std::abs(value), wide ? 0x1p-1022 : 0x1p-126);
  return std::ldexp(1.0L, std::ilogb(size) - (wide ? 52 : 23));
}
/// The value in the dtype, for overflow.
double nearest(DType dtype, long double value) {
  return dtype == f64 ? static_cast<double>(value) : static_cast<double>(static_cast<float>(value));
}

TEST_P(MathFunctions, StayWithinTheirBounds) {
  for (const DType dtype : {f32, f64})
    for (int op = 0; op < static_cast<int>(std::size(functions)); ++op) {
      const Function& f = functions[op];
      const std::string name = std::string(f.name) + " of " + std::string(dtype_name(dtype));
      SCOPED_TRACE(name);
      const std::vector<double> x = samples(f, dtype);
      const auto n = static_cast<std::int64_t>(x.size());
      const Tensor out = stream.empty(dtype, {n});
      launch(apply, Cfg{.op = op}, floats(dtype, {n}, x), out);
      if (assembles()) continue;
      const std::vector<double> got = read_floats(out);
      const double bound = dtype == f64 ? f.bound64 : f.bound + (on_gpu() ? f.of_gpu : 0);
      long double worst = 0;
      int wrong = 0;
      for (std::size_t k = 0; k < x.size(); ++k) {
        const long double wanted = f.reference(x[k]);
        bool right = false;
        if (std::isnan(wanted)) {
          right = std::isnan(got[k]);
        } else if (std::isinf(nearest(dtype, wanted)) || std::isinf(got[k])) {
          right = got[k] == nearest(dtype, wanted);
        } else {
          const long double error = std::abs(got[k] - wanted) / ulp(dtype, wanted);
          right = error <= bound + 1e-9L;
          worst = std::max(worst, error);
        }
        if (!right && ++wrong <= 4)
          ADD_FAILURE() << "of " << x[k] << " is " << got[k] << ", wanted "
                        << static_cast<double>(wanted);
      }
      EXPECT_EQ(wrong, 0) << "worst: " << static_cast<double>(worst) << " ulp";
      RecordProperty(name, std::to_string(worst));
    }
}

TEST_P(MathFunctions, KeepTheSignOfZero) {
  for (const DType dtype : {f32, f64})
    for (const int op : {4, 5, 7}) {  // tanh, sin, erf
      SCOPED_TRACE(functions[op].name);
      const Tensor out = stream.empty(dtype, {2});
      launch(apply, Cfg{.op = op}, floats(dtype, {2}, {0.0, -0.0}), out);
      expect_floats(out, {0.0, -0.0});
    }
}

TEST_P(MathFunctions, NarrowFloatsAreRoundedOnce) {
  for (const DType dtype : {f16, bf16}) {
    const std::vector<double> x = rounded(dtype, random_floats(f32, 256));
    for (const int op : {0, 5, 7}) {
      SCOPED_TRACE(functions[op].name);
      std::vector<double> wanted;
      for (const double v : x) wanted.push_back(static_cast<double>(functions[op].reference(v)));
      const Tensor out = stream.empty(dtype, {256});
      launch(apply, Cfg{.op = op}, floats(dtype, {256}, x), out);
      // Half an ulp, and a little for what is rounded.
      expect_near(out, wanted, (dtype == f16 ? 0x1p-11 : 0x1p-8) * (1 + 0x1p-9));
    }
  }
}

/// The high half of a product of 64 bits, which no integer type holds.
void high_fwd(const Cfg&, In a, In b, Out y) {
  auto [i] = grid({1});
  y.tiles({128}).store(umulhi(a.tiles({128}).load({i}), b.tiles({128}).load({i})), {i});
}
const auto high = with_fields(kernel("high_fwd", high_fwd, {"a", "b", "y"}));

TEST_P(MathFunctions, HighProductsOf64Bits) {
  const auto least = std::numeric_limits<std::int64_t>::min();
  auto a = random_integers(least, -(least + 1), 128, 1),
       b = random_integers(least, -(least + 1), 128, 2);
  const std::int64_t corners[] = {0, 1, -1, 0xffffffff, 0x100000000, least};
  for (int k = 0; k < 36; ++k) a[k] = corners[k / 6], b[k] = corners[k % 6];
  std::vector<std::int64_t> wanted;
  for (int k = 0; k < 128; ++k) {
    const auto product = static_cast<unsigned __int128>(static_cast<std::uint64_t>(a[k])) *
                         static_cast<std::uint64_t>(b[k]);
    wanted.push_back(static_cast<std::int64_t>(product >> 64));
  }
  const Tensor y = stream.empty(u64, {128});
  launch(high, Cfg{}, integers(u64, {128}, a), integers(u64, {128}, b), y);
  expect_integers(y, wanted);
}

/// Threads hold vectors: the low half, which nobody asked for, lies as the high one does.
void high_of_vectors_fwd(const Cfg&, In x, Out y) {
  auto [i] = grid({1});
  y.tiles({2048}).store(umulhi(x.tiles({2048}).load({i}), 0xCD9E8D57), {i});
}
const auto high_of_vectors =
    with_fields(kernel("high_of_vectors_fwd", high_of_vectors_fwd, {"x", "y"}));

TEST_P(MathFunctions, HighProductsOfVectors) {
  const auto x = random_integers(0, 0xffffffff, 2048);
  std::vector<std::int64_t> wanted;
  for (const std::int64_t v : x)
    wanted.push_back(static_cast<std::int64_t>((static_cast<std::uint64_t>(v) * 0xCD9E8D57) >> 32));
  const Tensor y = stream.empty(u32, {2048});
  launch(high_of_vectors, Cfg{}, integers(u32, {2048}, x), y);
  expect_integers(y, wanted);
}

void bits_fwd(const Cfg&, In a, In b, Out left, Out right, Out high) {
  auto [i] = grid({1});
  const Tile x = a.tiles({64}).load({i}), by = b.tiles({64}).load({i});
  left.tiles({64}).store(x << by, {i});
  right.tiles({64}).store(x >> by, {i});
  high.tiles({64}).store(umulhi(x, by), {i});
}
const auto bits = with_fields(kernel("bits_fwd", bits_fwd, {"a", "b", "left", "right", "high"}));

TEST_P(MathFunctions, ShiftsAndHighProducts) {
  std::vector<std::int64_t> a, b, left, right, high;
  for (int k = 0; k < 64; ++k) {
    const std::uint32_t x = 0x9e3779b9u * static_cast<std::uint32_t>(k + 1);
    const std::uint32_t by = k < 40 ? static_cast<std::uint32_t>(k) : 0xfffffff0u + k;
    a.push_back(x);
    b.push_back(by);
    left.push_back(by < 32 ? static_cast<std::uint32_t>(x << by) : 0u);
    right.push_back(by < 32 ? x >> by : 0u);
    high.push_back(static_cast<std::int64_t>((std::uint64_t{x} * by) >> 32));
  }
  const Tensor l = stream.empty(u32, {64}), r = stream.empty(u32, {64}),
               h = stream.empty(u32, {64});
  launch(bits, Cfg{}, integers(u32, {64}, a), integers(u32, {64}, b), l, r, h);
  expect_integers(l, left);
  expect_integers(r, right);
  expect_integers(h, high);
}

/// What LLVM folds into intrinsics of its own: saturating differences, three-way comparisons,
/// classes of floats.
void folded_fwd(const Cfg&, In a, In b, In x, Out difference, Out order, Out is_zero_or_infinite) {
  auto [i] = grid({1});
  const Tile p = a.tiles({64}).load({i}), q = b.tiles({64}).load({i}), f = x.tiles({64}).load({i});
  difference.tiles({64}).store(select(p > q, p - q, full(u32, {64}, 0)), {i});
  order.tiles({64}).store((p > q).to(i32) - (p < q).to(i32), {i});
  is_zero_or_infinite.tiles({64}).store(((abs(f) == INFINITY) | (f == 0.0)).to(i32), {i});
}
const auto folded = with_fields(kernel(
    "folded_fwd", folded_fwd, {"a", "b", "x", "difference", "order", "is_zero_or_infinite"}));

TEST_P(MathFunctions, WhatLlvmFoldsIntoIntrinsics) {
  std::vector<std::int64_t> a, b, difference, order, is_special;
  std::vector<double> x;
  const double floats_in[] = {0.0, -0.0, 1.0, INFINITY, -INFINITY, NAN, 0x1p-140, -3.0};
  for (int k = 0; k < 64; ++k) {
    a.push_back((k * 37) % 64);
    b.push_back((k * 11) % 64);
    x.push_back(floats_in[k % 8]);
    difference.push_back(std::max<std::int64_t>(a.back() - b.back(), 0));
    order.push_back((a.back() > b.back()) - (a.back() < b.back()));
    is_special.push_back(std::isinf(x.back()) || x.back() == 0);
  }
  const Tensor d = stream.empty(u32, {64}), o = stream.empty(i32, {64}),
               s = stream.empty(i32, {64});
  launch(folded, Cfg{}, integers(u32, {64}, a), integers(u32, {64}, b), floats(f32, {64}, x), d, o,
         s);
  expect_integers(d, difference);
  expect_integers(o, order);
  expect_integers(s, is_special);
}

void extremes_fwd(const Cfg&, In x, Out low, Out high, Out any_negative) {
  auto [r] = grid({x.dim(0)});
  const Tile t = x.tiles({1, 512}).load({r, 0});
  low.tiles({1, 1}).store(reduce_min(t, 1), {r, 0});
  high.tiles({1, 1}).store(reduce_max(t, 1), {r, 0});
  any_negative.tiles({1, 1}).store(any(t < 0, 1).to(i1), {r, 0});
}
const auto extremes =
    with_fields(kernel("extremes_fwd", extremes_fwd, {"x", "low", "high", "any_negative"}));

TEST_P(MathFunctions, LeastGreatestAndAny) {
  const std::vector<double> x = random_floats(f32, 3 * 512);
  std::vector<double> low, high;
  for (int r = 0; r < 3; ++r) {
    const auto first = x.begin() + r * 512;
    low.push_back(*std::min_element(first, first + 512));
    high.push_back(*std::max_element(first, first + 512));
  }
  const Tensor l = stream.empty(f32, {3, 1}), h = stream.empty(f32, {3, 1}),
               n = stream.empty(i1, {3, 1});
  launch(extremes, Cfg{}, floats(f32, {3, 512}, x), l, h, n);
  expect_floats(l, low);
  expect_floats(h, high);
  expect_integers(n, {1, 1, 1});
}

}  // namespace
}  // namespace tegula::testing
