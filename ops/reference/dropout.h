// Dropout on the host: which elements are kept (docs/rng.md), and what becomes of them.
#pragma once

#include <cstdint>
#include <vector>

#include "tegula/reference/rounding.h"

namespace tegula::reference {

/// Of an op that drops out: p as it is given to the op, rng's seed and offset.
struct DropoutProblem {
  float p = 0;
  std::uint64_t seed = 0, offset = 0;
};

/// 1 where an element of a matrix is kept and 0 where it is dropped, row by row. `stream`: 0 for
/// the mask of x, 1 for that of x1. p is one that the ops take.
std::vector<double> dropout_mask(std::int64_t rows, std::int64_t n, const DropoutProblem& problem,
                                 int stream = 0);

/// What a kept element is multiplied with: 65536 / floor(65536 (1 - p) + 1/2).
double dropout_scale(float p);

/// The matrix x with its elements kept and scaled, or 0.
std::vector<double> dropout(std::int64_t n, const Values& x, const DropoutProblem& problem,
                            DType out_dtype, Precision precision);

}  // namespace tegula::reference
