// sin, cos, of any argument: it is reduced by the method of Payne and Hanek ("Radian reduction for
// trigonometric functions", SIGNUM Newsletter 18, 1983), which multiplies the significand, an
// integer, only by those bits of 2/pi that the exponent leaves between 2 and 2^-many. It takes the
// same steps for all arguments, so that lanes do not diverge.
#include <cmath>

#include "compiler/math/functions.h"

using namespace mlir;

namespace tegula::compiler {
namespace {

/// 2/pi as words, behind one zero for each bit of a significand and two more.
constexpr std::array<std::uint64_t, 8> words_f32 = {0x00000028, 0xbe60db93, 0x91054a7f, 0x09d5f47d,
                                                    0x4d377036, 0xd8a5664f, 0x10e4107f, 0x9458eaf7};
constexpr std::array<std::uint64_t, 20> words_f64 = {
    0x0000000000000145, 0xf306dc9c882a53f8, 0x4eafa3ea69bb81b6, 0xc52b3278872083fc,
    0xa2c757bd778ac36e, 0x48dc74849ba5c00c, 0x925dd413a32439fc, 0x3bd63962534e7dd1,
    0x046bea5d768909d3, 0x38e04d68befc8273, 0x23ac7306a673e939, 0x08bf177bf250763f,
    0xf12fffbc0b301fde, 0x5e2316b414da3eda, 0x6cfd9e4f96136e9e, 0x8c7ecd3cbfd45aea,
    0x4f758fd7cbe2f67a, 0x0e73ef14a525d4d7, 0xf6bf623f1aba10ac, 0x06608df8f6d757e1};

/// Three words of 2/pi from bit `offset` of the list on. A negative offset gives any words.
std::array<Value, 3> window(Math& m, Value offset) {
  const int width = m.width();
  llvm::SmallVector<Value> words;
  if (m.is_f64())
    for (const std::uint64_t bits : words_f64) words.push_back(m.word(bits));
  else
    for (const std::uint64_t bits : words_f32) words.push_back(m.word(bits));
  // The offset's bits for whole words, the highest first, each halve what may be wanted.
  for (int skipped = m.is_f64() ? 16 : 4; skipped > 0; skipped /= 2) {
    const Value stays = m.is_zero(m.iand(offset, m.i(std::int64_t{skipped} * width)));
    llvm::SmallVector<Value> rest;
    for (int k = 0; k < skipped + 3; ++k) {
      const int other = k + skipped;
      rest.push_back(other < static_cast<int>(words.size())
                         ? m.select(stays, words[k], words[other])
                         : words[k]);  // the largest offset ends before it
    }
    words = std::move(rest);
  }
  const Value by = m.iand(offset, m.i(width - 1));
  const Value back = m.isub(m.i(width - 1), by);
  std::array<Value, 3> result;
  for (int k = 0; k < 3; ++k)
    result[k] =
        m.ior(m.shift_left(words[k], by), m.shift_right(m.shift_right(words[k + 1], 1), back));
  return result;
}

/// |x| = quadrant pi/2 + r with |r| <= pi/4.
struct Reduced {
  Value quadrant;  ///< modulo 4, in the two low bits
  Value r;
};
Reduced reduce(Math& m, Value x) {
  const int width = m.width(), fraction = m.fraction_bits();
  const Value size = m.abs(x), bits = m.bits(size);
  const Value significand =
      m.ior(m.iand(bits, m.i((std::int64_t{1} << fraction) - 1)), m.i(std::int64_t{1} << fraction));
  // From [1/2, 1), where the first word is the first of the list, on.
  const Value offset = m.isub(m.shift_right(bits, fraction), m.i(m.bias() - 1));
  const auto [high, middle, low] = window(m, offset);

  // The product modulo 4: two bits of the quadrant, the others below the point.
  const Value part = m.imul(significand, middle);
  const Value second = m.iadd(part, m.high_product(significand, low));
  const Value carry = m.to_integer(m.unsigned_less(second, part));
  const Value first =
      m.iadd(m.iadd(m.imul(significand, high), m.high_product(significand, middle)), carry);
  const Value half = m.i(std::int64_t{1} << (width - 3));
  const Value quadrant = m.shift_right(m.iadd(first, half), width - 2);
  // What is left, a signed fraction in two words, as sign and size: the ones' complement will do.
  const Value top = m.ior(m.shift_left(first, 2), m.shift_right(second, width - 2));
  const Value bottom = m.shift_left(second, 2);
  const Value sign = m.shift_right_signed(top, width - 1);
  const Value top_size = m.ixor(top, sign), bottom_size = m.ixor(bottom, sign);
  // As two floats, the first of them exact.
  const int spare = width - fraction - 1;
  const Value spare_bits = m.iand(top_size, m.i((std::int64_t{1} << spare) - 1));
  const Value one = m.unsigned_to_float(m.isub(top_size, spare_bits));
  const Value other = m.unsigned_to_float(
      m.ior(m.shift_left(spare_bits, width - spare), m.shift_right(bottom_size, spare)));
  const double scale = std::ldexp(1.0, -width), half_pi = 1.5707963267948966;
  const double half_pi_high =
      m.is_f64() ? half_pi : static_cast<double>(static_cast<float>(half_pi));
  const double half_pi_low = m.is_f64() ? 6.123233995736766e-17 : half_pi - half_pi_high;
  const Value c = m.f(half_pi_high * scale);
  const Value tail = m.mul(other, m.f(half_pi_high * scale * std::ldexp(1.0, spare - width)));
  const Value r = m.fma(one, c, m.fma(one, m.f(half_pi_low * scale), tail));
  const Value signed_r = m.from_bits(m.ixor(m.bits(r), m.shift_left(sign, width - 1)));

  const Value is_small = m.less(size, m.f(0.7853981633974483));
  return {m.select(is_small, m.i(0), quadrant), m.select(is_small, size, signed_r)};
}

/// Errors: sin 2^-28.0 and 2^-57.9, cos 2^-33.0 and 2^-64.0.
Value sin_of_small(Math& m, Value r, Value square) {
  const Value series =
      m.is_f64() ? m.polynomial(square, std::array{-0.1666666666666663, 0.008333333333322108,
                                                   -0.00019841269829580144, 2.755731361800731e-06,
                                                   -2.505074721642565e-08, 1.58961975276417e-10})
                 : m.polynomial(square, std::array{-0.166666552, 0.0083321603, -0.000195152184});
  return m.fma(m.mul(r, square), series, r);
}
Value cos_of_small(Math& m, Value square) {
  const Value series =
      m.is_f64() ? m.polynomial(square, std::array{0.041666666666666595, -0.001388888888887304,
                                                   2.4801587288841407e-05, -2.755731417624279e-07,
                                                   2.0875700416478313e-09, -1.1358513971896844e-11})
                 : m.polynomial(square, std::array{0.0416666456, -0.00138873153, 2.44330822e-05});
  return m.fma(square, m.fma(square, series, m.f(-0.5)), m.f(1));
}

/// sin(r + quadrant pi/2); NaN where x is infinite or NaN.
Value sin_in_quadrant(Math& m, Value x, Value quadrant, Value r) {
  const Value square = m.mul(r, r);
  const Value is_even = m.is_zero(m.iand(quadrant, m.i(1)));
  const Value size = m.select(is_even, sin_of_small(m, r, square), cos_of_small(m, square));
  const Value flip = m.shift_left(m.iand(quadrant, m.i(2)), m.width() - 2);
  const Value result = m.from_bits(m.ixor(m.bits(size), flip));
  return m.select(m.less(m.abs(x), m.f(infinity)), result, m.f(not_a_number));
}

Value expand_sin(Math& m, Value x) {
  const Reduced reduced = reduce(m, x);
  const Value size = sin_in_quadrant(m, x, reduced.quadrant, reduced.r);  // of |x|
  const Value sign = m.iand(m.bits(x), m.word(std::uint64_t{1} << (m.width() - 1)));
  return m.from_bits(m.ixor(m.bits(size), sign));
}

Value expand_cos(Math& m, Value x) {
  const Reduced reduced = reduce(m, x);
  return sin_in_quadrant(m, x, m.iadd(reduced.quadrant, m.i(1)), reduced.r);
}

}  // namespace

MathFunctions trigonometric_functions() {
  return {math_function<math::SinOp, expand_sin>(program::Op::sin),
          math_function<math::CosOp, expand_cos>(program::Op::cos)};
}

}  // namespace tegula::compiler
