// exp, exp2, tanh.
#include <bit>

#include "compiler/math/functions.h"

using namespace mlir;

namespace tegula::compiler {
namespace {

constexpr double log2e = 1.4426950408889634, ln2 = 0.6931471805599453;
constexpr double ln2_low = 2.3190468138462996e-17;

/// 2^t for t = x log2(e), whose rounding error would be felt in the last six bits of a large
/// result: so the error is kept and put back as a factor 1 + error ln(2). Close to the largest
/// results t is taken 8 lower, or it might be rounded up to 128, whose power is infinite.
Value exp_f32(Math& m, Value x) {
  const Value high = m.f(log2e), low = m.f(log2e - static_cast<float>(log2e));
  const Value t = m.mul(x, high);
  const Value error = m.fma(x, low, m.fma(x, high, m.negate(t)));
  const Value is_large = m.less(m.f(120), t);
  const Value reduced = m.select(is_large, m.sub(t, m.f(8)), t);
  const Value power = m.approximate(tile::Approximation::ex2, reduced);
  const Value corrected = m.fma(power, m.mul(error, m.f(ln2)), power);
  // Outside (-160, 128) the power is 0 or infinite, and the error may be no number.
  const Value is_finite = m.less(m.abs(m.add(reduced, m.f(16))), m.f(144));
  return m.mul(m.select(is_finite, corrected, power), m.select(is_large, m.f(256), m.f(1)));
}

/// e^x = 2^n (1 + p), |p| < 0.42.
struct ExpParts {
  Value n;  ///< an integer
  Value p;
};

/// The nearest whole number, as f64 and as an integer, for |x| < 2^51: adding 1.5 2^52 leaves no
/// bits for the fraction.
struct Whole {
  Value real, integer;
};
Whole nearest(Math& m, Value shifted) {
  const double shift = 0x1.8p52;
  return {m.sub(shifted, m.f(shift)),
          m.isub(m.bits(shifted), m.i(std::bit_cast<std::int64_t>(shift)))};
}

/// e^r - 1 for |r| <= ln(2) / 2, error 2^-57.9.
Value expm1_of_small(Math& m, Value r) {
  const Value series = m.polynomial(
      r,
      std::array{0.5000000000000011, 0.16666666666666413, 0.04166666666653016, 0.008333333333494465,
                 0.0013888888943630047, 0.00019841269506571334, 2.4801493098929932e-05,
                 2.7557586380880207e-06, 2.7630248379451464e-07, 2.5000059256287197e-08});
  return m.fma(m.mul(r, r), series, r);
}

/// f64, |x| < 2^50.
ExpParts exp_parts(Math& m, Value x) {
  const Whole n = nearest(m, m.fma(x, m.f(log2e), m.f(0x1.8p52)));
  const Value r =
      m.fma(n.real, m.f(-ln2_low), m.fma(n.real, m.f(-ln2), x));  // the inner product is exact
  return {n.integer, expm1_of_small(m, r)};
}

Value clamp(Math& m, Value x, double low, double high) {
  x = m.select(m.less(x, m.f(low)), m.f(low), x);  // a NaN stays
  return m.select(m.less(m.f(high), x), m.f(high), x);
}

/// 2^n (1 + p) for n beyond the exponents of normal numbers: the second factor rounds.
Value scale(Math& m, const ExpParts& parts) {
  const Value half = m.shift_right_signed(parts.n, 1);
  const Value once = m.mul(m.add(parts.p, m.f(1)), m.power_of_two(half));
  return m.mul(once, m.power_of_two(m.isub(parts.n, half)));
}

/// Small arguments by an odd polynomial (Moshier, Cephes, tanhf); others as 1 - 2 / (exp(2|x|) +
/// 1), where the quotient is small enough for its error not to matter.
Value tanh_f32(Math& m, Value x) {
  const Value size = m.abs(x), square = m.mul(x, x);
  const Value series =
      m.polynomial(square, std::array{-3.33332819422e-1, 1.33314422036e-1, -5.37397155531e-2,
                                      2.06390887954e-2, -5.70498872745e-3});
  const Value small = m.fma(m.mul(size, square), series, size);
  const Value power = exp_f32(m, m.add(size, size));
  const Value large = m.sub(m.f(1), m.div(m.f(2), m.add(power, m.f(1))));
  return m.copy_sign(m.select(m.less(size, m.f(0.625)), small, large), x);
}

/// With e = e^(-2|x|): small arguments by (1 - e) / (1 + e), where 1 - e comes without
/// cancellation; others by 1 - 2e / (1 + e), where the quotient is small enough for its error not
/// to matter.
Value tanh_f64(Math& m, Value x) {
  const Value size = m.abs(x);
  const Value bounded = m.select(m.less(m.f(20), size), m.f(20), size);  // there it is 1
  const ExpParts parts = exp_parts(m, m.mul(bounded, m.f(-2)));
  const Value power = m.power_of_two(parts.n);
  const Value e_minus_1 = m.fma(parts.p, power, m.sub(power, m.f(1)));
  const Value e = m.fma(parts.p, power, power);
  const Value is_small = m.less(size, m.f(0.55));
  const Value quotient =
      m.div(m.select(is_small, m.negate(e_minus_1), m.mul(e, m.f(-2))), m.add(e_minus_1, m.f(2)));
  return m.copy_sign(m.select(is_small, quotient, m.add(quotient, m.f(1))), x);
}

Value expand_exp(Math& m, Value x) {
  if (!m.is_f64()) return exp_f32(m, x);
  return scale(m, exp_parts(m, clamp(m, x, -746, 710)));
}

Value expand_exp2(Math& m, Value x) {
  if (!m.is_f64()) return m.approximate(tile::Approximation::ex2, x);
  const Value bounded = clamp(m, x, -1076, 1025);
  const Whole n = nearest(m, m.add(bounded, m.f(0x1.8p52)));
  const Value rest = m.sub(bounded, n.real);
  const Value r = m.fma(rest, m.f(ln2), m.mul(rest, m.f(ln2_low)));
  return scale(m, {n.integer, expm1_of_small(m, r)});
}

Value expand_tanh(Math& m, Value x) { return m.is_f64() ? tanh_f64(m, x) : tanh_f32(m, x); }

}  // namespace

Value exp_of_moderate(Math& m, Value x) {
  const ExpParts parts = exp_parts(m, x);
  const Value power = m.power_of_two(parts.n);
  return m.fma(parts.p, power, power);
}

MathFunctions exponential_functions() {
  return {math_function<math::ExpOp, expand_exp>(program::Op::exp),
          math_function<math::Exp2Op, expand_exp2>(program::Op::exp2),
          math_function<math::TanhOp, expand_tanh>(program::Op::tanh)};
}

}  // namespace tegula::compiler
