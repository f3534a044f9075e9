// Expand math: functions without an instruction become arithmetic.
#pragma once

#include <memory>

#include "mlir/Pass/Pass.h"

namespace tegula::compiler {

/// Replaces math.rsqrt, exp, exp2, log, log2 and tanh, on scalars and tiles, by arithmetic over the
/// hardware's approximations (tile.approximate), the same for every target. f16 and bf16 go through
/// f32 and are rounded once. f64 rsqrt is 1 / sqrt(x).
///
/// Bounds in f32, in units of the last place of the result, as tests/kernels/math_test.cpp holds
/// them on the simulator, whose approximations are correctly rounded; a GPU's own error (PTX ISA)
/// comes on top: rsqrt 2^-22.9 relative, ex2 2 ulp.
///   rsqrt 1, exp2 1, exp 2, log 1, log2 2, tanh 2.
/// NaN gives NaN; infinities, zeros and subnormals give what the function's limit is.
std::unique_ptr<mlir::Pass> create_expand_math_pass();

}  // namespace tegula::compiler
