// Math functions against the C library in double, in units of the last place of the f32 result; and
// floor, ceil, shifts, high products, and the reductions that are no sums.
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
INSTANTIATE_TEST_SUITE_P(Targets, MathFunctions, ::testing::ValuesIn(kernel_targets), target_name);

struct Function {
  const char* name;
  Tile (*traced)(const Tile&);
  double (*reference)(double);
  double low, high;   ///< where it is sampled
  double bound_ulps;  ///< what expand_math.h promises, on the simulator
};
const Function functions[] = {
    {"exp", [](const Tile& x) { return exp(x); }, std::exp, -104, 89.5, 2},
    {"exp2", [](const Tile& x) { return exp2(x); }, std::exp2, -150, 128.5, 1},
    {"log", [](const Tile& x) { return log(x); }, std::log, 1e-45, 3e38, 1},
    {"log2", [](const Tile& x) { return log2(x); }, std::log2, 1e-45, 3e38, 2},
    {"tanh", [](const Tile& x) { return tanh(x); }, std::tanh, -12, 12, 2},
    {"floor", [](const Tile& x) { return floor(x); }, std::floor, -1e9, 1e9, 0},
    {"ceil", [](const Tile& x) { return ceil(x); }, std::ceil, -1e9, 1e9, 0},
};

void apply_fwd(const Cfg& c, In x, Out y) {
  auto [n] = dims1(x);
  auto [i] = grid({cdiv(n, 256)});
  y.tiles({256}).store(functions[c.op].traced(x.tiles({256}).load({i})), {i});
}
const auto apply = with_fields(kernel("apply_fwd", apply_fwd, {"x", "y"}));

/// Evenly spread, near 1 and near 0, over all exponents, and the special values.
std::vector<double> samples(const Function& f) {
  std::vector<double> values = {0.0, -0.0, 1.0, -1.0, 0.5, 2.0, INFINITY, -INFINITY, NAN};
  for (int k = 0; k < 2000; ++k) values.push_back(f.low + (f.high - f.low) * k / 1999.0);
  for (int k = -500; k < 500; ++k) values.push_back(1 + k * 0x1p-20);
  for (int e = -149; e < 128; ++e)
    for (const double m : {1.0, 1.3, 1.4142, 1.9})
      for (const double sign : {1.0, -1.0}) values.push_back(sign * std::ldexp(m, e));
  return rounded(f32, values);
}

double ulp(double value) {
  const double size = std::max(std::abs(value), 0x1p-126);
  return std::ldexp(1.0, std::ilogb(size) - 23);
}

TEST_P(MathFunctions, StayWithinTheirBounds) {
  for (int op = 0; op < static_cast<int>(std::size(functions)); ++op) {
    const Function& f = functions[op];
    SCOPED_TRACE(f.name);
    const std::vector<double> x = samples(f);
    const auto n = static_cast<std::int64_t>(x.size());
    const Tensor out = stream.empty(f32, {n});
    launch(apply, Cfg{.op = op}, floats(f32, {n}, x), out);
    if (assembles()) continue;
    const std::vector<double> got = read_floats(out);
    double worst = 0;
    for (std::size_t k = 0; k < x.size(); ++k) {
      const double wanted = f.reference(x[k]);
      const float nearest = static_cast<float>(wanted);
      if (std::isnan(wanted)) {
        EXPECT_TRUE(std::isnan(got[k])) << f.name << "(" << x[k] << ") = " << got[k];
      } else if (std::isinf(nearest) || std::isinf(got[k])) {
        EXPECT_EQ(got[k], nearest) << f.name << "(" << x[k] << ")";
      } else {
        const double error = std::abs(got[k] - wanted) / ulp(wanted);
        EXPECT_LE(error, f.bound_ulps + 1e-9)
            << f.name << "(" << x[k] << ") = " << got[k] << ", wanted " << wanted;
        worst = std::max(worst, error);
      }
    }
    RecordProperty(f.name, std::to_string(worst));
  }
}

TEST_P(MathFunctions, NarrowFloatsAreRoundedOnce) {
  for (const DType dtype : {f16, bf16}) {
    std::vector<double> x = rounded(dtype, random_floats(f32, 256)), wanted;
    for (double v : x) wanted.push_back(static_cast<float>(std::exp(v)));
    const Tensor out = stream.empty(dtype, {256});
    launch(apply, Cfg{.op = 0}, floats(dtype, {256}, x), out);
    expect_near(out, rounded(dtype, wanted), dtype == f16 ? 0x1p-11 : 0x1p-8);
  }
}

TEST_P(MathFunctions, HaveNoF64YetAndSaySo) {
  if (assembles()) GTEST_SKIP() << "SKIP: the message is the same for every target";
  try {
    launch(apply, Cfg{.op = 0}, filled(f64, {8}, 1.0), stream.empty(f64, {8}));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::unsupported);
    EXPECT_NE(error.details().where.find("math_test.cpp"), std::string::npos) << error.what();
    EXPECT_NE(error.details().problem.find("exp"), std::string::npos) << error.what();
  }
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
