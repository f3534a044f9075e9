// Softmax, its logarithm and their gradients on the host.
#pragma once

#include "tegula/reference/rounding.h"

namespace tegula::reference {

struct SoftmaxProblem {
  std::int64_t rows = 0, n = 0;
  Values x;  ///< (rows, n)
  DType out_dtype = DType::f32;
  bool logarithm = false;  ///< log_softmax
};

/// (rows, n)
std::vector<double> softmax(const SoftmaxProblem& problem, Precision precision);

struct SoftmaxBwdProblem {
  std::int64_t rows = 0, n = 0;
  Values dy, y;  ///< (rows, n)
  DType out_dtype = DType::f32;
  bool logarithm = false;
};

/// dx: (rows, n)
std::vector<double> softmax_bwd(const SoftmaxBwdProblem& problem, Precision precision);

}  // namespace tegula::reference
