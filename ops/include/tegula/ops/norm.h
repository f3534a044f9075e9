// Norms over the last dimension.
#pragma once

#include <cstdint>
#include <optional>

#include "tegula/device.h"
#include "tegula/ops/row_config.h"
#include "tegula/tensor.h"

#pragma GCC visibility push(default)
namespace tegula::ops {

/// M is the number of rows of x: the product of all its extents but the last, N.
struct RmsNormOptions {
  TensorRef bias = {};      ///< (N,), added last
  TensorRef residual = {};  ///< shape of x, added to x first
  float eps = 1e-6f;        ///< > 0; inside the square root
  bool prenorm = false;     ///< return x + residual too; without a residual, that is x itself
  std::optional<DType> out_dtype = {};  ///< of y; that of `out` if given, else that of x
  TensorRef out = {};                   ///< destination of y, shape of x
  TensorRef residual_out = {};  ///< destination of x + residual, shape of x, dtype of the residual
  TensorRef rstd = {};          ///< destination of rstd: f32, evenly spaced
  std::optional<RowConfig> config = {};  ///< pins the kernel's configuration
};

struct NormOut {
  Tensor y;  ///< shape of x
  /// x + residual, dtype of the residual; an alias of x for prenorm without a residual.
  std::optional<Tensor> residual_out = {};
  std::optional<Tensor> rstd = {};  ///< f32, shape of x without its last dimension
};

/// y = s * rstd * weight + bias, where s = x + residual and rstd = 1 / sqrt(mean(s^2) + eps), over
/// the last dimension (Zhang and Sennrich, arXiv:1910.07467; the arguments are FlashAttention's
/// flash_attn/ops/triton/layer_norm.py, rms_norm_fn).
///
/// x and residual: (..., N), weight and bias: (N,), each f32, f16 or bf16 on its own. The last
/// stride is 1 and the leading dimensions are evenly spaced (rows of a slice are). Arithmetic is
/// f32: the statistics are those of the unrounded sum. residual_out is stored iff there is a
/// residual; rstd always.
///
/// No rows or N = 0: succeeds, launches nothing (rstd of an empty row is NaN). NaN and Inf
/// propagate within their row. Outputs may overlap neither an input nor each other.
///
/// Throws Error{invalid_argument} before anything is launched, naming the argument: shape, dtype,
/// stride, device, null pointer, eps, overlap, config.
NormOut rms_norm_fn(Stream& stream, const TensorRef& x, const TensorRef& weight,
                    const RmsNormOptions& options = {});

}  // namespace tegula::ops
#pragma GCC visibility pop
