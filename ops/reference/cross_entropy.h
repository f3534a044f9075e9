// Cross entropy and its gradient on the host.
#pragma once

#include "tegula/reference/rounding.h"

namespace tegula::reference {

/// The terms of the loss, as tegula/ops/cross_entropy.h defines them.
struct CrossEntropyProblem {
  std::int64_t rows = 0, n = 0;
  Values x;                    ///< (rows, n)
  std::vector<double> target;  ///< (rows,), whole numbers
  double label_smoothing = 0, logit_scale = 1, lse_square_scale = 0;
  std::int64_t ignore_index = -100;
};

/// (rows,) each; outputs are f32.
struct CrossEntropyResult {
  std::vector<double> loss, lse;
};

CrossEntropyResult cross_entropy(const CrossEntropyProblem& problem, Precision precision);

/// dx: (rows, n), from dloss (rows,) and the lse of the forward result at the same precision.
std::vector<double> cross_entropy_bwd(const CrossEntropyProblem& problem, const Values& dloss,
                                      const std::vector<double>& lse, DType out_dtype,
                                      Precision precision);

}  // namespace tegula::reference
