// Rms norm on the host, twice: in double, and "plain" for the rule in accuracy.h.
#pragma once

#include <cstdint>
#include <vector>

#include "ops/reference/rounding.h"

namespace tegula::reference {

/// x and residual are (rows, n), row-major; weight and bias are (n,).
struct RmsNormProblem {
  std::int64_t rows = 0, n = 0;
  Values x, weight, bias, residual;
  double eps = 1e-6;
  DType out_dtype = DType::f32;
};

/// y and residual_out are (rows, n), rstd is (rows,). residual_out is empty without a residual.
struct RmsNormResult {
  std::vector<double> y, residual_out, rstd;
};

/// s = x + residual; rstd = 1 / sqrt(mean(s^2) + eps); y = s * rstd * weight + bias, in double,
/// with nothing rounded to any dtype.
RmsNormResult rms_norm_fp64(const RmsNormProblem& problem);

/// The same, each operation's result rounded to its operands' dtype (of two, the wider; f32 for f16
/// with bf16), the mean accumulated in fp32, outputs rounded to their dtypes.
RmsNormResult rms_norm_plain(const RmsNormProblem& problem);

}  // namespace tegula::reference
