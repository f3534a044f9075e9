// Norms of which some rows have no x, and some results are not wanted, on the host.
#pragma once

#include <cstdint>
#include <vector>

#include "ops/reference/norm.h"

namespace tegula::reference {

/// Row numbers from 1, 0 for none; empty: row r has row r.
struct NormSubset {
  std::vector<double> x_subset;    ///< (rows,): which row of x
  std::vector<double> out_subset;  ///< (rows,): which row of y
  std::int64_t out_rows = 0;       ///< of y, with out_subset
  double rowscale_const = 1;       ///< times x
};

/// As norm() and norm_bwd(), of a problem whose x and mask have rows of their own, and so have y,
/// y1, dy, dy1 and dx.
NormResult norm(const NormProblem& problem, const NormSubset& subset, Precision precision);
NormInputGradients norm_bwd(const NormProblem& problem, const NormSubset& subset,
                            const NormOutputGradients& gradients, Precision precision);

}  // namespace tegula::reference
