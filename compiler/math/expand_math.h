// Expand math: functions without an instruction become arithmetic.
#pragma once

#include <memory>

#include "mlir/Pass/Pass.h"

namespace tegula::compiler {

/// Replaces the functions of functions/ that have expansions, on scalars and tiles, by arithmetic,
/// over the hardware's approximations (tile.approximate) where they help, the same for every
/// target. f16 and bf16 go through f32 and are rounded once. Products of 64-bit integers whose high
/// half is wanted become products of 32 bits.
///
/// The bounds, in units of the last place, are in docs/language.md; tests/kernels holds them on the
/// simulator, whose approximations are correctly rounded. NaN gives NaN; infinities, zeros and
/// subnormals give the function's limit.
std::unique_ptr<mlir::Pass> create_expand_math_pass();

}  // namespace tegula::compiler
