// Gradients of references against the slopes of other references.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <vector>

namespace tegula::testing {

using Function = std::function<std::vector<double>(const std::vector<double>&)>;

inline double weighted(const std::vector<double>& weights, const std::vector<double>& values) {
  double sum = 0;
  for (std::size_t i = 0; i < values.size(); ++i) sum += weights[i] * values[i];
  return sum;
}

/// Expects `gradient` to be the slope of sum(dy * f(x)): its central differences at x.
inline void expect_slopes(const std::vector<double>& gradient, const std::vector<double>& dy,
                          std::vector<double> x, const Function& f) {
  ASSERT_EQ(gradient.size(), x.size());
  constexpr double h = 1e-5;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double at = x[i];
    x[i] = at + h;
    const double above = weighted(dy, f(x));
    x[i] = at - h;
    const double below = weighted(dy, f(x));
    x[i] = at;
    EXPECT_NEAR(gradient[i], (above - below) / (2 * h), 1e-8) << i;
  }
}

}  // namespace tegula::testing
