// erf: an odd polynomial for small arguments; for large ones 1 - erfc, of which the logarithm is
// close to a parabola. Where erfc is small its error is, too: the fits are of erf's error.
#include "compiler/math/functions.h"

using namespace mlir;

namespace tegula::compiler {
namespace {

/// Errors 2^-26.8 below 0.875, 2^-29.1 above; from 4 on the result is 1.
Value erf_f32(Math& m, Value x) {
  const Value size = m.abs(x), square = m.mul(x, x);
  const Value series =
      m.polynomial(square, std::array{0.128379151, -0.376125515, 0.112824552, -0.0267914627,
                                      0.00503218174, -0.00062032562});
  const Value small = m.fma(series, size, size);
  const Value bounded = m.select(m.less(m.f(4), size), m.f(4), size);
  const Value log2_of_rest = m.polynomial(
      m.sub(bounded, m.f(1)), std::array{-2.66841674, -3.8072257, -1.21634555, -0.059941113,
                                         0.0143830478, -0.0027159974, 0.000288395851});
  const Value large = m.sub(m.f(1), m.approximate(tile::Approximation::ex2, log2_of_rest));
  return m.copy_sign(m.select(m.less(size, m.f(0.875)), small, large), x);
}

/// Errors 2^-56.9 below 1, 2^-54.9 above; from 6 on the result is 1.
Value erf_f64(Math& m, Value x) {
  const Value size = m.abs(x), square = m.mul(x, x);
  const Value series = m.polynomial(
      square, std::array{0.12837916709551256, -0.3761263890318352, 0.11283791670944185,
                         -0.02686617064311146, 0.005223977606118422, -0.0008548325929311732,
                         0.00012055293576812017, -1.4924712300220058e-05, 1.644713154835492e-06,
                         -1.6206313577857127e-07, 1.3710979599432165e-08, -7.779466973246607e-10});
  const Value small = m.fma(series, size, size);
  const Value bounded = m.select(m.less(m.f(6), size), m.f(6), size);
  const Value log_of_rest = m.polynomial(
      m.sub(bounded, m.f(1.5)),
      std::array{-3.3844920895515536, -3.508800801779526, -0.8926403306148603, -0.02582414063351521,
                 0.00600674638106446, -0.0012572166901454339, 0.00021596336547575793,
                 -2.247368504260736e-05, -2.6471546609372505e-06, 2.371043866903759e-06,
                 -8.18033962219116e-07, 1.915326279803632e-07, -2.7960193295629112e-08,
                 2.5813375352492334e-10, 1.0010873955527754e-09, -2.2339566777298292e-10,
                 1.7403629805344563e-11});
  const Value large = m.sub(m.f(1), exp_of_moderate(m, log_of_rest));
  return m.copy_sign(m.select(m.less(size, m.f(1)), small, large), x);
}

Value expand_erf(Math& m, Value x) { return m.is_f64() ? erf_f64(m, x) : erf_f32(m, x); }

}  // namespace

MathFunctions erf_functions() { return {math_function<math::ErfOp, expand_erf>(program::Op::erf)}; }

}  // namespace tegula::compiler
