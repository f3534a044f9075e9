// The expansions of math functions, by family. Each takes and gives f32 or f64; the bounds are in
// docs/language.md. Coefficients without a source are minimax fits by Remez's algorithm, in 50
// digits, of the error relative to the function.
#pragma once

#include "compiler/math/builder.h"

namespace tegula::compiler {

// math_exponential.cpp
mlir::Value expand_exp(Math& m, mlir::Value x);
mlir::Value expand_exp2(Math& m, mlir::Value x);
mlir::Value expand_tanh(Math& m, mlir::Value x);
/// exp(x) of f64 for -700 < x < 700, or NaN.
mlir::Value exp_of_moderate(Math& m, mlir::Value x);

// math_logarithm.cpp
mlir::Value expand_log(Math& m, mlir::Value x);
mlir::Value expand_log2(Math& m, mlir::Value x);

// math_trigonometric.cpp
mlir::Value expand_sin(Math& m, mlir::Value x);
mlir::Value expand_cos(Math& m, mlir::Value x);

// math_erf.cpp
mlir::Value expand_erf(Math& m, mlir::Value x);

}  // namespace tegula::compiler
