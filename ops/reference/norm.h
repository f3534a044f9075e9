// Rms and layer norms with all that is fused with them, forward and backward, on the host: in
// double, and "plain" for the rule in accuracy.h.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "ops/reference/dropout.h"
#include "tegula/reference/rounding.h"

namespace tegula::reference {

/// x, residual and x1 are (rows, n), row-major; rowscale is (rows,); the others are (n,).
struct NormProblem {
  std::int64_t rows = 0, n = 0;
  Values x, weight, bias, residual, x1, weight1, bias1, rowscale;
  Values layerscale;  ///< times what dropout left of x
  double eps = 1e-6;
  bool is_rms_norm = true;
  bool residual_in_fp32 = false;
  bool zero_centered_weight = false;
  DType out_dtype = DType::f32;  ///< of y and y1
  /// (rows, n), nonzero where x and x1 are kept. Empty: no dropout.
  std::vector<double> mask, mask1;
  double keep_scale = 1;  ///< what is kept is multiplied by this

  /// Fills masks and scale, of p > 0, once the tensors are there.
  void drop_out(const DropoutProblem& dropout);
  /// The dtype in which the sum is stored: that of the residual, else f32 or that of x.
  DType sum_dtype() const;
};

/// y, y1 and residual_out are (rows, n), rstd and mean are (rows,). Empty: y1 without weight1, mean
/// of an rms norm.
struct NormResult {
  std::vector<double> y, y1, residual_out, rstd, mean;
};

/// y = (s - mean) * rstd * weight + bias, and y1 of weight1 and bias1, where
///   s = layerscale * dropout(rowscale * x) + dropout(x1) + residual, which residual_out is
///   layer norm: mean = sum(s) / n,  rstd = 1 / sqrt(sum((s - mean)^2) / n + eps)
///   rms norm:   mean = 0,           rstd = 1 / sqrt(sum(s^2) / n + eps)
/// and weights are 1 + weight if they are zero-centred.
///
/// fp64 rounds nothing to any dtype. plain rounds each operation's result to its operands' dtype
/// (of two, the wider; f32 for f16 with bf16), accumulates sums over a row in fp32, and rounds
/// outputs to their dtypes.
NormResult norm(const NormProblem& problem, Precision precision);

/// What a forward left for its backward: s (rows, n) as stored, rstd and mean (rows,).
struct NormSaved {
  std::vector<double> s, rstd, mean;
};

/// (rows, n) each; dy1 and dresidual_out may be absent.
struct NormOutputGradients {
  Values dy, dy1, dresidual_out;
  std::optional<DType> x_dtype = {};    ///< of dx and dx1, unless that of x
  std::optional<NormSaved> saved = {};  ///< what the backward that is judged was given
};

/// dx, dresidual and dx1 are (rows, n), the others (n,). Empty: those of absent tensors.
struct NormInputGradients {
  std::vector<double> dx, dresidual, dx1, dweight, dbias, dweight1, dbias1, dlayerscale;
};

/// The gradients of sum(dy * y) + sum(dy1 * y1) + sum(dresidual_out * residual_out).
///
/// With `saved`, at the arguments that a backward function takes: its formula of that s, rstd and
/// mean, in double or plain. A forward stores s rounded, beside statistics of the unrounded one,
/// and no backward can undo it: where a row has one or two elements this alone may be more than its
/// whole gradient.
///
/// Without, what the forward costs is judged, too. fp64 gives the gradients of the true function at
/// the exact inputs, as autograd in double would (with which FlashAttention's tests compare): s and
/// statistics are nowhere rounded. plain starts from the s that plain's forward rounded to
/// sum_dtype(), and from its statistics. Sums over rows are accumulated in fp32 in plain.
NormInputGradients norm_bwd(const NormProblem& problem, const NormOutputGradients& gradients,
                            Precision precision);

}  // namespace tegula::reference
