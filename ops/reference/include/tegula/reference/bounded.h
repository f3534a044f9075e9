// Running error analysis (Higham, Accuracy and Stability of Numerical Algorithms, 3.3): a value
// that is carried along with how far an evaluation in f32 may be from it.
#pragma once

#include <algorithm>
#include <cmath>

#pragma GCC visibility push(default)
namespace tegula::reference {

/// A number in double, and the roundings that an evaluation in f32 has behind it, as the number
/// feels them to the first order: the most of each, of all together, and of all their squares.
struct Bounded {
  double value = 0;
  double largest = 0, all = 0, squares = 0;

  Bounded(double exact = 0) : value(exact) {}  // NOLINT(google-explicit-constructor)

  bool exact() const { return all == 0; }
  /// One rounding more, of at most `by`.
  Bounded rounded(double by) const {
    return with(std::max(largest, by), all + by, squares + by * by);
  }
  Bounded with(double new_largest, double new_all, double new_squares) const {
    Bounded result = value;
    result.largest = new_largest;
    result.all = new_all;
    result.squares = new_squares;
    return result;
  }
  /// How far off an evaluation may be: by all roundings together; or by the largest and five
  /// standard deviations of the others, if that is less. Of one that is uniform up to its most, the
  /// variance is a third of the square, and those of independent ones add up.
  double error() const {
    const double others = std::max(squares - largest * largest, 0.0);
    return std::min(all, largest + 5 * std::sqrt(others / 3));
  }
};

/// f(a) = `value`, with |f'(a)| = `slope`. An exact number stays one beside an infinity.
inline Bounded passed_on(double value, const Bounded& a, double slope) {
  if (a.exact()) return value;
  return Bounded(value).with(slope * a.largest, slope * a.all, slope * slope * a.squares);
}
/// The same of two operands, with the slope along each.
inline Bounded passed_on(double value, const Bounded& a, double along_a, const Bounded& b,
                         double along_b) {
  const Bounded of_a = passed_on(value, a, along_a), of_b = passed_on(value, b, along_b);
  return of_a.with(std::max(of_a.largest, of_b.largest), of_a.all + of_b.all,
                   of_a.squares + of_b.squares);
}

inline Bounded operator-(const Bounded& a) { return passed_on(-a.value, a, 1); }
inline Bounded operator+(const Bounded& a, const Bounded& b) {
  return passed_on(a.value + b.value, a, 1, b, 1);
}
inline Bounded operator-(const Bounded& a, const Bounded& b) { return a + -b; }
inline Bounded operator*(const Bounded& a, const Bounded& b) {
  return passed_on(a.value * b.value, a, std::fabs(b.value), b, std::fabs(a.value));
}
inline Bounded operator/(const Bounded& a, const Bounded& b) {
  const double quotient = a.value / b.value;
  return passed_on(quotient, a, std::fabs(1 / b.value), b, std::fabs(quotient / b.value));
}
inline Bounded exp(const Bounded& a) {
  const double value = std::exp(a.value);
  return passed_on(value, a, value);
}
inline Bounded log(const Bounded& a) {
  return passed_on(std::log(a.value), a, std::fabs(1 / a.value));
}
inline Bounded sqrt(const Bounded& a) {
  const double value = std::sqrt(a.value);
  return passed_on(value, a, 0.5 / value);
}

inline double value_of(double x) { return x; }
inline double value_of(const Bounded& x) { return x.value; }
/// One more rounding of at most `by`, which double has not.
inline double rounded(double x, double) { return x; }
inline Bounded rounded(const Bounded& x, double by) { return x.rounded(by); }
inline double error_of(double) { return 0; }
inline double error_of(const Bounded& x) { return x.error(); }
/// What a reference gives of a result: the value, or how far off it may be.
inline double given(double x) { return x; }
inline double given(const Bounded& x) { return x.error(); }

}  // namespace tegula::reference
#pragma GCC visibility pop
