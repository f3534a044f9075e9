// Elementwise operations on floats: every op over every dtype, edge values included, bit for bit.
#include <cmath>
#include <limits>

#include "ops/reference/number_format.h"
#include "tests/kernels/harness.h"

namespace tegula::testing {
namespace {

constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr DType float_dtypes[] = {f16, bf16, f32, f64};

enum class FloatOp { add, sub, mul, div, neg, abs, min, max, sqrt, select_less, fma, count };

struct Cfg {
  FloatOp op = FloatOp::add;
  int bn = 128;
  int warps = 1;
};

Tile apply(FloatOp op, const Tile& a, const Tile& b, const Tile& c) {
  switch (op) {
    case FloatOp::add:
      return a + b;
    case FloatOp::sub:
      return a - b;
    case FloatOp::mul:
      return a * b;
    case FloatOp::div:
      return a / b;
    case FloatOp::neg:
      return -a;
    case FloatOp::abs:
      return abs(a);
    case FloatOp::min:
      return min(a, b);
    case FloatOp::max:
      return max(a, b);
    case FloatOp::sqrt:
      return sqrt(a);
    case FloatOp::select_less:
      return select(a < b, a, c);
    default:
      return fma(a, b, c);
  }
}

double reference_of(FloatOp op, DType dtype, double a, double b, double c) {
  switch (op) {
    case FloatOp::add:
      return a + b;
    case FloatOp::sub:
      return a - b;
    case FloatOp::mul:
      return a * b;
    case FloatOp::div:
      return a / b;
    case FloatOp::neg:
      return -a;
    case FloatOp::abs:
      return std::abs(a);
    case FloatOp::min:  // -0 is below +0
      if (std::isnan(a) || std::isnan(b)) return nan;
      return a < b || (a == b && std::signbit(a)) ? a : b;
    case FloatOp::max:
      if (std::isnan(a) || std::isnan(b)) return nan;
      return a > b || (a == b && !std::signbit(a)) ? a : b;
    case FloatOp::sqrt:
      return std::sqrt(a);
    case FloatOp::select_less:
      return a < b ? a : c;
    default:
      return dtype == f32
                 ? static_cast<double>(std::fmaf(static_cast<float>(a), static_cast<float>(b),
                                                 static_cast<float>(c)))
                 : std::fma(a, b, c);
  }
}

void float_op_fwd(const Cfg& c, In a, In b, In d, Out y) {
  auto [n] = dims1(a);
  require(b, {n}), require(d, {n}), require(y, {n});
  auto [i] = grid({cdiv(n, c.bn)});
  const auto load = [&](const In& x) { return x.tiles({c.bn}).load({i}); };
  y.tiles({c.bn}).store(apply(c.op, load(a), load(b), load(d)), {i});
}
const auto float_op = kernel("float_op_fwd", float_op_fwd, {"a", "b", "c", "y"})
                          .field("op", &Cfg::op)
                          .field("bn", &Cfg::bn)
                          .field("warps", &Cfg::warps);

/// NaN, infinities, zeros of both signs, the least subnormal, the least normal and the largest
/// number, ordinary ones.
std::vector<double> edges(DType dtype) {
  const double tiny = reference::ulp(dtype, 0);
  const double normal = tiny * (dtype == f16    ? 0x1p10
                                : dtype == bf16 ? 0x1p7
                                : dtype == f32  ? 0x1p23
                                                : 0x1p52);
  const double largest = dtype == f16    ? 65504.0
                         : dtype == bf16 ? 0x1.fep127
                         : dtype == f32  ? 0x1.fffffep127
                                         : std::numeric_limits<double>::max();
  return {nan,     inf,     -inf,     0.0, -0.0, tiny, -tiny,   3 * tiny, normal,
          -normal, largest, -largest, 1.0, -1.0, 3.0,  1.0 / 3, -0.625};
}

class FloatOps : public KernelTest {};
INSTANTIATE_TEST_SUITE_P(Targets, FloatOps, ::testing::ValuesIn(kernel_targets()), target_name);

TEST_P(FloatOps, EveryOpAndDTypeAtEdgesAndRandomValues) {
  for (const DType dtype : float_dtypes) {
    std::vector<double> a, b, c;
    for (const double x : edges(dtype))
      for (const double y : edges(dtype)) a.push_back(x), b.push_back(y), c.push_back(1.5);
    for (const double x : random_floats(dtype, 300, 1)) a.push_back(x);
    for (const double x : random_floats(dtype, 300, 2)) b.push_back(x);
    for (const double x : random_floats(dtype, 300, 3)) c.push_back(x);
    a = rounded(dtype, a), b = rounded(dtype, b);
    const Dims shape = {static_cast<std::int64_t>(a.size())};
    const Tensor x = floats(dtype, shape, a), y = floats(dtype, shape, b),
                 z = floats(dtype, shape, c);
    for (int k = 0; k < static_cast<int>(FloatOp::count); ++k) {
      const auto op = static_cast<FloatOp>(k);
      SCOPED_TRACE(std::string(dtype_name(dtype)) + " op " + std::to_string(k));
      const Tensor out = stream.empty(dtype, shape);
      launch(float_op, Cfg{.op = op}, x, y, z, out);
      std::vector<double> wanted;
      for (std::size_t i = 0; i < a.size(); ++i)
        wanted.push_back(reference_of(op, dtype, a[i], b[i], c[i]));
      expect_floats(out, rounded(dtype, wanted));
    }
  }
}

void rsqrt_fwd(const Cfg& c, In x, Out y) {
  auto [n] = dims1(x);
  auto [i] = grid({cdiv(n, c.bn)});
  y.tiles({c.bn}).store(rsqrt(x.tiles({c.bn}).load({i})), {i});
}
const auto rsqrt_kernel = kernel("rsqrt_fwd", rsqrt_fwd, {"x", "y"})
                              .field("op", &Cfg::op)
                              .field("bn", &Cfg::bn)
                              .field("warps", &Cfg::warps);

TEST_P(FloatOps, RsqrtIsWithinItsBound) {
  for (const DType dtype : float_dtypes) {
    SCOPED_TRACE(dtype_name(dtype));
    std::vector<double> values = rounded(dtype, edges(dtype)), wanted;
    for (double x : random_floats(dtype, 200)) values.push_back(std::abs(x));
    for (double x : values) wanted.push_back(1 / std::sqrt(x));
    const Dims shape = {static_cast<std::int64_t>(values.size())};
    const Tensor out = stream.empty(dtype, shape);
    launch(rsqrt_kernel, Cfg{}, floats(dtype, shape, values), out);
    const double unit = reference::ulp(dtype, 1.0);
    expect_near(out, rounded(dtype, wanted), dtype == f32 ? 0x1p-22 : unit);
  }
}

/// Each 16-bit result is rounded: (a * b + c) * d in three roundings, never a wider one.
void chain_fwd(const Cfg& c, In a, In b, In d, Out y) {
  auto [n] = dims1(a);
  auto [i] = grid({cdiv(n, c.bn)});
  const auto load = [&](const In& x) { return x.tiles({c.bn}).load({i}); };
  y.tiles({c.bn}).store((load(a) * load(b) + load(d)) * load(a), {i});
}
const auto chain = kernel("chain_fwd", chain_fwd, {"a", "b", "c", "y"})
                       .field("op", &Cfg::op)
                       .field("bn", &Cfg::bn)
                       .field("warps", &Cfg::warps);

TEST_P(FloatOps, SixteenBitArithmeticRoundsEachResult) {
  for (const DType dtype : {f16, bf16}) {
    SCOPED_TRACE(dtype_name(dtype));
    const auto a = random_floats(dtype, 1000, 1), b = random_floats(dtype, 1000, 2),
               c = random_floats(dtype, 1000, 3);
    std::vector<double> wanted;
    for (std::size_t i = 0; i < a.size(); ++i) {
      const double product = reference::round_to(dtype, a[i] * b[i]);
      const double sum = reference::round_to(dtype, product + c[i]);
      wanted.push_back(reference::round_to(dtype, sum * a[i]));
    }
    const Tensor out = stream.empty(dtype, {1000});
    launch(chain, Cfg{}, floats(dtype, {1000}, a), floats(dtype, {1000}, b),
           floats(dtype, {1000}, c), out);
    expect_floats(out, wanted);
  }
}

}  // namespace
}  // namespace tegula::testing
