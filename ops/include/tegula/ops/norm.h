// Norms over the last dimension, with all that is usually fused with them.
#pragma once

#include <cstdint>
#include <optional>

#include "tegula/device.h"
#include "tegula/ops/rng.h"
#include "tegula/ops/row_config.h"
#include "tegula/tensor.h"

#pragma GCC visibility push(default)
namespace tegula::ops {

/// RowConfig, and how many blocks share the columns of their rows. Where bn * cluster >= N a row is
/// read once; otherwise cluster is 1, and the forward reads it twice, the backward in two launches.
struct NormRowConfig : RowConfig {
  /// Blocks of a thread-block cluster: 1, and from sm_90 on 2, 4 or 8.
  int cluster = 1;

  NormRowConfig() = default;
  NormRowConfig(const RowConfig& config, int blocks = 1) : RowConfig(config), cluster(blocks) {}
};

/// M is the number of rows of x: the product of all its extents but the last, N.
struct NormOptions {
  TensorRef bias = {};            ///< (N,), added last
  TensorRef residual = {};        ///< shape of x, added to what dropout left of x
  TensorRef x1 = {};              ///< shape of x, drops out on its own and is added too
  TensorRef weight1 = {};         ///< (N,): a second result y1, of the same normalised rows
  TensorRef bias1 = {};           ///< (N,), added to y1 last; only with weight1
  float eps = 1e-6f;              ///< > 0; inside the square root
  float dropout_p = 0;            ///< in [0, 1): the share of x, and of x1, that is dropped
  TensorRef rowscale = {};        ///< M elements, any shape: times the rows of x first; not with x1
  bool prenorm = false;           ///< return the sum that was normalised too
  bool residual_in_fp32 = false;  ///< without a residual: the sum is kept as f32
  bool zero_centered_weight = false;    ///< weights are 1 + weight and 1 + weight1
  bool is_rms_norm = false;             ///< of layer_norm_fn: leave the mean in
  bool return_dropout_mask = false;     ///< return which elements were kept
  std::optional<DType> out_dtype = {};  ///< of y and y1; that of `out` if given, else that of x
  TensorRef out = {};                   ///< destination of y, shape of x
  /// Destination of the sum, shape of x: of the residual's dtype, f32 with residual_in_fp32, else
  /// any.
  TensorRef residual_out = {};
  TensorRef rstd = {};  ///< destination of rstd: f32, evenly spaced
  TensorRef mean = {};  ///< destination of mean, of a layer norm: f32, evenly spaced
  /// What dropout draws from; must be given where dropout_p > 0, and is not touched otherwise.
  std::optional<RngState> rng = {};
  std::optional<NormRowConfig> config = {};  ///< pins the kernel's configuration
};
using RmsNormOptions = NormOptions;
using LayerNormOptions = NormOptions;

struct NormOut {
  Tensor y;                       ///< shape of x
  std::optional<Tensor> y1 = {};  ///< shape of x; with weight1
  /// The sum that was normalised, rounded: shape of x, dtype of the residual (without one: f32 with
  /// residual_in_fp32, else that of the destination, else that of x). For prenorm, where it is x
  /// itself, an alias of x, which owns nothing and is good for as long as x is (Tensor::alias);
  /// absent where nothing was stored and nobody asked.
  std::optional<Tensor> residual_out = {};
  std::optional<Tensor> mask = {};   ///< i1, shape of x: true where x was kept
  std::optional<Tensor> mask1 = {};  ///< the same of x1
  std::optional<Tensor> rstd = {};   ///< f32, shape of x without its last dimension
  std::optional<Tensor> mean = {};   ///< the same; of a layer norm
};

/// y = (s - mean) * rstd * weight + bias over the last dimension, where
///   s = dropout(rowscale * x) + dropout(x1) + residual,
///   rms_norm_fn:   mean = 0 (absent),  rstd = 1 / sqrt(mean of s^2 + eps)
///   layer_norm_fn: mean = mean of s,   rstd = 1 / sqrt(mean of (s - mean)^2 + eps)
/// and dropout(v) is v / (1 - p) where it is kept, else 0 (exactly: docs/rng.md). y1 is the same
/// with weight1 and bias1. (Zhang and Sennrich, arXiv:1910.07467; Ba et al., arXiv:1607.06450; the
/// arguments are FlashAttention's flash_attn/ops/triton/layer_norm.py.)
///
/// x, residual, x1: (..., N); weight, bias, weight1, bias1: (N,); rowscale: M elements; each f32,
/// f16 or bf16 on its own. The last stride is 1 and the leading dimensions are evenly spaced (rows
/// of a slice are). Arithmetic is f32: the statistics are those of the unrounded sum.
///
/// residual_out is stored iff s is not x itself: there is a residual, x1, rowscale or dropout, or
/// its dtype is not that of x. rstd (and mean) are always stored. With return_dropout_mask and
/// dropout_p = 0 the masks are absent.
///
/// No rows or N = 0: succeeds, launches nothing (rstd of an empty row is NaN). NaN and Inf
/// propagate within their row. Outputs may overlap neither an input nor each other.
///
/// Throws Error{invalid_argument} before anything is launched, naming the argument: shape, dtype,
/// stride, device, null pointer, eps, dropout_p outside [0, 1) or so near 1 that nothing would be
/// kept (above 1 - 2^-17), rng missing, rowscale with x1, bias1 without weight1, overlap, config.
NormOut rms_norm_fn(Stream& stream, const TensorRef& x, const TensorRef& weight,
                    const NormOptions& options = {});
NormOut layer_norm_fn(Stream& stream, const TensorRef& x, const TensorRef& weight,
                      const NormOptions& options = {});

/// What a backward pass takes besides dy, s, rstd and weight: the forward's own tensors and
/// parameters, each given iff the forward had it.
struct NormBwdOptions {
  TensorRef bias = {};           ///< (N,): asks for dbias, in its dtype
  TensorRef dy1 = {};            ///< gradient of y1; with weight1
  TensorRef weight1 = {};        ///< (N,)
  TensorRef bias1 = {};          ///< (N,): asks for dbias1
  TensorRef mean = {};           ///< of a layer norm: what the forward gave
  TensorRef dresidual_out = {};  ///< gradient of the returned sum (prenorm), shape of s
  TensorRef rowscale = {};
  float dropout_p = 0;
  std::optional<RngState> rng = {};  ///< the forward's
  bool has_residual = false;         ///< give dresidual, in the dtype of s
  bool has_x1 = false;               ///< give dx1, in the dtype of dx
  bool zero_centered_weight = false;
  bool is_rms_norm = false;           ///< of layer_norm_fn_bwd
  std::optional<DType> x_dtype = {};  ///< of dx and dx1; that of `dx` if given, else that of s
  TensorRef dx = {};                  ///< destination, shape of s
  TensorRef dresidual = {};           ///< destination, shape and dtype of s
  TensorRef dx1 = {};                 ///< destination, shape of s, dtype x_dtype
  std::optional<NormRowConfig> config = {};
};

struct NormGrads {
  Tensor dx;                             ///< shape of s
  Tensor dweight;                        ///< (N,), dtype of weight
  std::optional<Tensor> dbias = {};      ///< (N,), dtype of bias
  std::optional<Tensor> dresidual = {};  ///< shape and dtype of s; is dx where the two are equal
  std::optional<Tensor> dx1 = {};        ///< shape of s
  std::optional<Tensor> dweight1 = {};   ///< (N,), dtype of weight1
  std::optional<Tensor> dbias1 = {};     ///< (N,), dtype of bias1
};

/// The gradients of rms_norm_fn and layer_norm_fn. `s` is what the forward normalised, as it stored
/// it: its residual_out, or x where it stored none; `rstd` (and options.mean) are what it gave.
/// dy, dy1, dresidual_out: shape of s, each f32, f16 or bf16 on its own. rowscale has no gradient.
///
/// With h = (s - mean) * rstd, and g = weight * dy + weight1 * dy1,
///   ds = rstd * (g - h * mean(g * h) [- mean(g), of a layer norm]) + dresidual_out
///   dresidual = ds;  dx = rowscale * dropout(ds);  dx1 = dropout(ds), each by its forward's mask
///   dweight = sum of dy * h over the rows, dbias = sum of dy, and so for dy1.
/// Sums over rows are of f32 partial sums, one for each block of a grid that depends on the shape
/// and the device alone, added in a fixed order: the same bits in every run.
///
/// No rows: dweight and its kin are 0. Throws Error{invalid_argument} as the forward does.
NormGrads rms_norm_fn_bwd(Stream& stream, const TensorRef& dy, const TensorRef& s,
                          const TensorRef& rstd, const TensorRef& weight,
                          const NormBwdOptions& options = {});
NormGrads layer_norm_fn_bwd(Stream& stream, const TensorRef& dy, const TensorRef& s,
                            const TensorRef& rstd, const TensorRef& weight,
                            const NormBwdOptions& options = {});

/// The configurations that the norms use unless one is pinned, from sizes alone (both at least 1):
/// as choose_row_config, but from max_columns_in_one_tile on a cluster, where the device has them,
/// holds a row, of up to 262,144 elements forward and 65,536 backward. In the backward a thread has
/// 16 elements of a row: beside them it holds as many of the weight and of each vector's gradient.
NormRowConfig choose_norm_config(std::int64_t rows, std::int64_t n, bool has_clusters);
NormRowConfig choose_norm_bwd_config(std::int64_t rows, std::int64_t n, bool has_clusters);

}  // namespace tegula::ops
#pragma GCC visibility pop
