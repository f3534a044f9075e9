#include "tegula/reference/rounding.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <utility>

#include "ops/reference/number_format.h"

namespace tegula::reference {
namespace {

double half_ulp(DType dtype, double magnitude) { return ulp(dtype, magnitude) / 2; }

double half_ulp(const Bounded& value) {
  return half_ulp(DType::f32, std::fabs(value.value) + value.error());
}

constexpr std::int64_t chain_terms = 8;

/// Of the roundings of a chain's additions, none of which need be less than the last: in another
/// order the largest terms come first.
double squares_of_chain(std::int64_t terms, double magnitude) {
  const double last = half_ulp(DType::f32, magnitude);
  return static_cast<double>(terms - 1) * last * last;
}

/// The longest way of a term through additions.
int depth(std::int64_t terms) {
  if (terms <= chain_terms) return static_cast<int>(std::max<std::int64_t>(terms - 1, 0));
  return 4 + std::bit_width(static_cast<std::uint64_t>(terms - 1));
}

}  // namespace

DType wider(DType a, DType b) { return a == b ? a : DType::f32; }

double Rounding::operator()(double value) const { return plain_ ? round_to(dtype_, value) : value; }

Bounded Rounding::operator()(const Bounded& value) const {
  if (value.exact() && round_to(DType::f32, value.value) == value.value) return value;
  return value.rounded(half_ulp(value));
}

Bounded Rounding::exp(const Bounded& x) const {
  if (x.exact() && x.value == 0) return 1;
  const Bounded value = reference::exp(x);
  return value.rounded(4 * half_ulp(value));  // 2 ulp
}
Bounded Rounding::log(const Bounded& x) const {
  if (x.exact() && x.value == 1) return 0;
  const Bounded value = reference::log(x);
  return value.rounded(2 * half_ulp(value));  // 1 ulp
}
Bounded Rounding::rsqrt(const Bounded& x) const {
  const Bounded value = Bounded(1) / sqrt(x);
  return value.rounded(0x1.126p-23 * std::fabs(value.value));  // 2^-22.9
}

double Rounding::add(double sum, double value) const {
  return plain_ ? static_cast<float>(sum) + static_cast<float>(value) : sum + value;
}

double Rounding::output(DType dtype, double value) const {
  return plain_ ? round_to(dtype, value) : value;
}

Bounded Rounding::output(DType dtype, const Bounded& value) const {
  if (dtype == DType::f32) return value;  // the last operation's rounding
  return value.rounded(half_ulp(dtype, std::fabs(value.value) + value.error()));
}

void Sum<Bounded>::add_chain() {
  additions_ += squares_of_chain(chain_terms, chain_);
  double sum = std::exchange(chain_, 0);
  for (double& half : halves_) {
    if (half == 0) {
      half = sum;
      return;
    }
    sum += std::exchange(half, 0);
    additions_ += squares_of_chain(2, sum);
  }
  halves_.push_back(sum);
}

void Sum<Bounded>::add(const Bounded& term) {
  if (term.value == 0 && term.exact()) return;
  sum_ = sum_ + term;
  const double magnitude = std::fabs(term.value) + term.error();
  magnitude_ += magnitude;
  chain_ += magnitude;
  if (++terms_ % chain_terms == 0) add_chain();
}

Bounded Sum<Bounded>::total() const {
  if (terms_ < 2) return sum_;
  if (terms_ == 2) return r_(sum_);
  // The chains that no other one was added to yet.
  double squares = additions_, rest = chain_;
  if (rest != 0) squares += squares_of_chain(terms_ % chain_terms, rest);
  for (const double half : halves_) {
    rest += half;
    if (half != 0 && rest != half) squares += squares_of_chain(2, rest);
  }
  // Partial sums of one depth are no more than the terms together.
  constexpr double unit = 0x1p-24;
  return sum_.with(std::max(sum_.largest, half_ulp(DType::f32, magnitude_)),
                   sum_.all + depth(terms_) * unit * magnitude_, sum_.squares + squares);
}

template <class T>
T largest(const T* values, std::int64_t count) {
  T result = -std::numeric_limits<double>::infinity();
  for (std::int64_t i = 0; i < count; ++i) {
    if (std::isnan(value_of(values[i]))) return values[i];
    if (value_of(values[i]) > value_of(result)) result = values[i];
  }
  return result;
}
template double largest(const double*, std::int64_t);
template Bounded largest(const Bounded*, std::int64_t);

}  // namespace tegula::reference
