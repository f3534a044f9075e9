#include "ops/reference/rounding.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "ops/reference/number_format.h"

namespace tegula::reference {

DType wider(DType a, DType b) { return a == b ? a : DType::f32; }

double Rounding::operator()(double value) const { return plain_ ? round_to(dtype_, value) : value; }

double Rounding::add(double sum, double value) const {
  return plain_ ? static_cast<float>(sum) + static_cast<float>(value) : sum + value;
}

double Rounding::output(DType dtype, double value) const {
  return plain_ ? round_to(dtype, value) : value;
}

double largest(const double* values, std::int64_t count) {
  double result = -std::numeric_limits<double>::infinity();
  for (std::int64_t i = 0; i < count; ++i) {
    if (std::isnan(values[i])) return values[i];
    result = std::max(result, values[i]);
  }
  return result;
}

}  // namespace tegula::reference
