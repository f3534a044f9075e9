// What the norms' forward and backward references share: the sum that is normalised, its
// statistics.
#pragma once

#include <cstdint>
#include <vector>

#include "ops/reference/norm.h"

namespace tegula::reference {

/// `a` if the tensor is absent, else what an operation on both gives.
DType wider(DType a, const Values& b);

struct NormSum {
  std::vector<double> s;       ///< (rows, n)
  std::vector<double> branch;  ///< dropout(rowscale * x), before layerscale
  DType dtype = DType::f32;    ///< in which plain computes s and its statistics
  DType branch_dtype = DType::f32;
};
NormSum norm_sum(const NormProblem& problem, Precision precision);

struct RowStatistics {
  double mean = 0, rstd = 0;
};
/// Of the n elements at `s`; `r` rounds to the sum's dtype.
RowStatistics row_statistics(const double* s, const NormProblem& problem, const Rounding& r);

/// weight, or 1 + weight.
std::vector<double> norm_weight(const Values& weight, const NormProblem& problem,
                                Precision precision);

/// One of the two dropouts: what is left of element i, of which `mask` knows.
double dropped(const std::vector<double>& mask, std::size_t i, double value, double keep_scale,
               const Rounding& r);

}  // namespace tegula::reference
