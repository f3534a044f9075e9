#include "ops/reference/accuracy.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "ops/reference/number_format.h"
#include "tegula/error.h"

namespace tegula::reference {
namespace {

double error_of(double x, double ref64, DType output) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  if (std::isnan(ref64)) return std::isnan(x) ? 0 : infinity;
  if (std::isfinite(x) && std::isfinite(ref64)) return std::fabs(x - ref64);
  // One of them is infinite, or x is NaN: right only if x is what ref64 rounds to.
  return x == round_to(output, ref64) ? 0 : infinity;
}

/// Of whole numbers: any other one is wrong.
Accuracy compare_exactly(std::span<const double> x, std::span<const double> ref64) {
  Accuracy result;
  result.bound = 0.5;
  for (std::size_t i = 0; i < x.size(); ++i)
    result.max_error = std::max(result.max_error, error_of(x[i], ref64[i], DType::f64));
  result.ratio = result.max_error / result.bound;
  result.passed = result.ratio <= 1;
  return result;
}

}  // namespace

Accuracy compare(std::span<const double> x, std::span<const double> ref64,
                 std::span<const double> plain, DType output, double factor,
                 std::span<const double> roundoff) {
  if (x.size() != ref64.size() || x.size() != plain.size() ||
      (!roundoff.empty() && x.size() != roundoff.size()))
    throw InternalError("the outputs to compare differ in size");
  if (!is_float(output)) return compare_exactly(x, ref64);
  Accuracy result;
  double magnitude = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double plain_error = error_of(plain[i], ref64[i], output);
    if (std::isfinite(plain_error)) result.plain_error = std::max(result.plain_error, plain_error);
    if (std::isfinite(round_to(output, ref64[i])))
      magnitude = std::max(magnitude, std::fabs(ref64[i]));
  }
  const double common = factor * result.plain_error + ulp(output, magnitude);
  result.bound = common;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double error = error_of(x[i], ref64[i], output);
    double bound = common;
    if (!roundoff.empty() && std::isfinite(roundoff[i])) bound = std::max(bound, roundoff[i]);
    if (error / bound > result.ratio) {
      result.max_error = error;
      result.bound = bound;
      result.ratio = error / bound;
    }
  }
  result.passed = result.ratio <= 1;
  return result;
}

}  // namespace tegula::reference
