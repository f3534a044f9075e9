// What the norms' forward and backward references share: the sum that is normalised, its
// statistics.
#pragma once

#include <cstdint>
#include <vector>

#include "ops/reference/norm.h"

namespace tegula::reference {

/// `a` if the tensor is absent, else what an operation on both gives.
DType wider(DType a, const Values& b);

// All are of numbers T, as evaluate() wants them.

template <class T>
struct NormSum {
  std::vector<T> s;          ///< (rows, n)
  std::vector<T> branch;     ///< dropout(rowscale * x), before layerscale
  DType dtype = DType::f32;  ///< in which plain computes s and its statistics
  DType branch_dtype = DType::f32;
};
template <class T>
NormSum<T> norm_sum(const NormProblem& problem, Precision precision);

template <class T>
struct RowStatistics {
  T mean = 0, rstd = 0;
};
/// Of the n elements at `s`; `r` rounds to the sum's dtype.
template <class T>
RowStatistics<T> row_statistics(const T* s, const NormProblem& problem, const Rounding& r);

/// weight, or 1 + weight.
template <class T>
std::vector<T> norm_weight(const Values& weight, const NormProblem& problem, Precision precision);

/// One of the two dropouts: what is left of element i, of which `mask` knows.
template <class T>
T dropped(const std::vector<double>& mask, std::size_t i, const T& value, double keep_scale,
          const Rounding& r) {
  if (mask.empty()) return value;
  if (mask[i] == 0) return 0;
  // The scale is a float, of which a subset's rowscale_const makes another one.
  if constexpr (std::is_same_v<T, Bounded>)
    return r(value * r(constant<T>(keep_scale)));
  else
    return r(value * keep_scale);
}

}  // namespace tegula::reference
