// log, log2.
#include <bit>
#include <cmath>

#include "compiler/math/functions.h"

using namespace mlir;

namespace tegula::compiler {
namespace {

/// x = 2^e m with m in [sqrt(1/2), sqrt(2)).
struct LogParts {
  Value exponent;  ///< e, as a float
  Value f;         ///< m - 1
  Value tail;      ///< log(m) - f
};

/// log1p's series beyond f, in f32 (Moshier, Cephes, logf).
Value tail_f32(Math& m, Value f) {
  const Value series =
      m.polynomial(f, std::array{3.3333331174e-1, -2.4999993993e-1, 2.0000714765e-1,
                                 -1.6668057665e-1, 1.4249322787e-1, -1.2420140846e-1,
                                 1.1676998740e-1, -1.1514610310e-1, 7.0376836292e-2});
  const Value square = m.mul(f, f);
  return m.fma(square, m.f(-0.5), m.mul(m.mul(f, square), series));
}

/// With s = f / (2 + f), log(1 + f) = log((1 + s) / (1 - s)) = 2s + s^3 P(s^2), and 2s is written
/// f - f^2/2 + s f^2/2, of which the first term is exact. P: error 2^-59.5.
Value tail_f64(Math& m, Value f) {
  const Value s = m.div(f, m.add(f, m.f(2)));
  const Value square = m.mul(s, s);
  const Value series =
      m.polynomial(square, std::array{0.6666666666666734, 0.39999999999415664, 0.2857142874218887,
                                      0.22222198591508763, 0.181835634798032, 0.1531406956337999,
                                      0.14795785079064894});
  const Value half_square = m.mul(m.mul(f, m.f(0.5)), f);
  return m.sub(m.mul(s, m.fma(square, series, half_square)), half_square);
}

LogParts log_parts(Math& m, Value x) {
  const int fraction = m.fraction_bits();
  const double least = m.is_f64() ? std::numeric_limits<double>::min()
                                  : static_cast<double>(std::numeric_limits<float>::min());
  // A subnormal is scaled up first.
  const Value tiny = m.less(x, m.f(least));
  const Value scaled = m.select(tiny, m.mul(x, m.f(std::ldexp(1.0, fraction))), x);
  const Value bits = m.bits(scaled);
  // Subtracting the bits of sqrt(1/2) puts the exponent's step where m wants it.
  const double half_root = std::sqrt(0.5);
  const std::int64_t root_bits = m.is_f64()
                                     ? std::bit_cast<std::int64_t>(half_root)
                                     : std::bit_cast<std::int32_t>(static_cast<float>(half_root));
  const Value above = m.isub(bits, m.i(root_bits));
  const Value steps = m.shift_right_signed(above, fraction);
  const Value whole_steps = m.iand(above, m.word(~std::uint64_t{0} << fraction));
  const Value mantissa = m.from_bits(m.isub(bits, whole_steps));
  const Value exponent = m.sub(m.to_float(steps), m.select(tiny, m.f(fraction), m.f(0)));
  const Value f = m.sub(mantissa, m.f(1));
  return {exponent, f, m.is_f64() ? tail_f64(m, f) : tail_f32(m, f)};
}

/// What a logarithm is where the parts above make no sense.
Value log_limits(Math& m, Value x, Value result) {
  result = m.select(m.equal(x, m.f(infinity)), x, result);
  result = m.select(m.equal(x, m.f(0)), m.f(-infinity), result);
  result = m.select(m.less(x, m.f(0)), m.f(not_a_number), result);
  return m.select(m.equal(x, x), result, x);
}

Value expand_log(Math& m, Value x) {
  const LogParts p = log_parts(m, x);
  // The high part has few bits, so that its product with the exponent is exact; in f64 the fma's
  // is.
  const double high = m.is_f64() ? 0.6931471805599453 : 0.693359375;
  const double low = m.is_f64() ? 2.3190468138462996e-17 : 0.6931471805599453 - high;
  const Value rest = m.fma(p.exponent, m.f(low), p.tail);
  return log_limits(m, x, m.fma(p.exponent, m.f(high), m.add(p.f, rest)));
}

Value expand_log2(Math& m, Value x) {
  const LogParts p = log_parts(m, x);
  const double log2e = 1.4426950408889634;
  const Value high = m.f(log2e);
  const Value low = m.f(m.is_f64() ? 2.0355273740931033e-17 : log2e - static_cast<float>(log2e));
  // log2(m) = (f + tail) log2(e), the large product exactly.
  const Value product = m.mul(p.f, high);
  const Value error = m.fma(p.f, high, m.negate(product));
  const Value rest = m.add(error, m.fma(p.f, low, m.mul(p.tail, high)));
  return log_limits(m, x, m.add(m.add(p.exponent, product), rest));
}

}  // namespace

MathFunctions logarithm_functions() {
  return {math_function<math::LogOp, expand_log>(program::Op::log),
          math_function<math::Log2Op, expand_log2>(program::Op::log2)};
}

}  // namespace tegula::compiler
