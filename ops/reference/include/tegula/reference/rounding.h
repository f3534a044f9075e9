// What the references share: inputs as doubles, and how results are rounded.
#pragma once

#include <cmath>
#include <cstdint>
#include <type_traits>
#include <vector>

#include "tegula/reference/bounded.h"
#include "tegula/dtype.h"

#pragma GCC visibility push(default)
namespace tegula::reference {

/// A tensor's values as its dtype holds them. No values: the tensor is absent.
struct Values {
  DType dtype = DType::f32;
  std::vector<double> data;
  bool present() const { return !data.empty(); }
};

/// Of two dtypes the one that an operation on both gives: f32 unless they are one.
DType wider(DType a, DType b);

/// fp64: nothing is rounded to any dtype. plain: every operation's result is rounded to its
/// operands' dtype, reductions are accumulated in fp32, outputs are rounded to their dtype.
/// roundoff: what is given is not the result, but how far one may be from that of fp64 whose every
/// operation is done in f32, whatever the dtypes, and which is rounded once to its dtype.
enum class Precision : std::uint8_t { fp64, plain, roundoff };

/// Of the operations of a formula, on numbers (double, or Bounded for roundoff).
class Rounding {
 public:
  /// `dtype`: that of the operands.
  Rounding(Precision precision, DType dtype)
      : plain_(precision == Precision::plain), dtype_(dtype) {}

  /// The result of an operation that is correctly rounded. Of exact operands it is exact where it
  /// is a number of f32.
  double operator()(double value) const;
  Bounded operator()(const Bounded& value) const;
  /// Functions that kernels approximate, within the bounds of docs/language.md.
  double exp(double x) const { return (*this)(std::exp(x)); }
  Bounded exp(const Bounded& x) const;
  double log(double x) const { return (*this)(std::log(x)); }
  Bounded log(const Bounded& x) const;
  double rsqrt(double x) const { return (*this)(1 / std::sqrt(x)); }
  Bounded rsqrt(const Bounded& x) const;
  /// `sum` and one more value.
  double add(double sum, double value) const;
  /// A result as an output of that dtype.
  double output(DType dtype, double value) const;
  Bounded output(DType dtype, const Bounded& value) const;

 private:
  bool plain_;
  DType dtype_;
};

/// A number that a kernel has as a float, be it none of f32.
template <class T>
T constant(double value) {
  if constexpr (std::is_same_v<T, Bounded>)
    return Rounding(Precision::roundoff, DType::f32)(Bounded(value));
  else
    return value;
}

/// A sum of numbers T.
template <class T>
class Sum;

/// Plain accumulates in fp32, one by one.
template <>
class Sum<double> {
 public:
  explicit Sum(const Rounding& r) : r_(r) {}
  void add(double term) { sum_ = r_.add(sum_, term); }
  double total() const { return sum_; }
  /// As a result of the operands' dtype.
  double rounded() const { return r_(sum_); }

 private:
  Rounding r_;
  double sum_ = 0;
};

/// The roundings are those of chains of eight terms whose sums are added by halves, as if no terms
/// cancelled, whatever their order.
template <>
class Sum<Bounded> {
 public:
  explicit Sum(const Rounding& r) : r_(r) {}
  void add(const Bounded& term);
  Bounded total() const;
  Bounded rounded() const { return total(); }

 private:
  void add_chain();

  Rounding r_;
  Bounded sum_;
  std::int64_t terms_ = 0;      ///< but for zeros
  double magnitude_ = 0;        ///< of all of them
  double chain_ = 0;            ///< and of those of the present chain
  std::vector<double> halves_;  ///< place k: of 2^k chains, if there is a 1 in their number
  double additions_ = 0;        ///< the squares of the roundings so far
};

/// f(T()) of the number T that the precision wants.
template <class F>
auto evaluate(Precision precision, const F& f) {
  return precision == Precision::roundoff ? f(Bounded()) : f(double());
}

/// The largest of `count` values; NaN if any is.
template <class T>
T largest(const T* values, std::int64_t count);

}  // namespace tegula::reference
#pragma GCC visibility pop
