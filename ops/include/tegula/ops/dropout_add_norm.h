// FlashAttention's CUDA norms under their names: dropout, layerscale and a residual before a norm,
// over a part of the rows if need be (drop path), or of two branches in parallel.
#pragma once

#include <cstdint>
#include <optional>

#include "tegula/device.h"
#include "tegula/ops/norm.h"
#include "tegula/ops/rng.h"
#include "tegula/ops/row_config.h"
#include "tegula/tensor.h"

#pragma GCC visibility push(default)
namespace tegula::ops {

/// M is the number of rows of x0, N the last extent.
struct DropoutAddNormOptions {
  TensorRef residual = {};        ///< shape of x0, added to what dropout left of it
  TensorRef bias = {};            ///< (N,), added last
  float dropout_p = 0;            ///< in [0, 1): the share of x0 that is dropped
  float epsilon = 1e-6f;          ///< > 0; inside the square root
  TensorRef rowscale = {};        ///< M elements, any shape: times the rows of x0, before dropout
  TensorRef layerscale = {};      ///< (N,): times what dropout left of x0
  bool prenorm = false;           ///< return the sum that was normalised too
  bool residual_in_fp32 = false;  ///< without a residual: the sum is kept as f32
  bool return_dropout_mask = false;  ///< return which elements of x0 were kept
  std::optional<RngState> rng = {};  ///< must be given where dropout_p > 0
  TensorRef out = {};                ///< destination of y
  TensorRef residual_out = {};       ///< destination of the sum
  std::optional<NormRowConfig> config = {};
};

/// y = norm(layerscale * dropout(rowscale * x0) + residual) * weight + bias (FlashAttention's
/// dropout_add_rms_norm and dropout_add_layer_norm).
///
/// x0, residual: (..., N); weight, bias: (N,). y has the dtype of x0. The masks are those of
/// docs/rng.md; with dropout_p = 0 they are all true. What is not said here is as rms_norm_fn and
/// layer_norm_fn have it: strides, dtypes, when residual_out is stored, errors.
NormOut dropout_add_rms_norm(Stream& stream, const TensorRef& x0, const TensorRef& weight,
                             const DropoutAddNormOptions& options = {});
NormOut dropout_add_layer_norm(Stream& stream, const TensorRef& x0, const TensorRef& weight,
                               const DropoutAddNormOptions& options = {});

struct DropoutAddNormSubsetOptions {
  TensorRef residual = {};         ///< (M, N)
  TensorRef bias = {};             ///< as above
  float dropout_p = 0;             ///< as above
  float epsilon = 1e-6f;           ///< as above
  TensorRef layerscale = {};       ///< as above
  TensorRef x0_subset = {};        ///< i32 (M,): which row of x0 a row has, from 1; 0: none
  TensorRef out_subset = {};       ///< i32 (M,): which row of y a row becomes, from 1; 0: none
  float rowscale_const = 1;        ///< times x0; with a subset
  std::int64_t out_numrows = 0;    ///< how many rows y has; with out_subset
  bool subsets_are_valid = false;  ///< the caller's promise, see below
  bool prenorm = false;
  bool residual_in_fp32 = false;
  bool return_dropout_mask = false;
  std::optional<RngState> rng = {};
  TensorRef out = {};
  TensorRef residual_out = {};
  std::optional<NormRowConfig> config = {};
};

/// The same where some of M rows have no x0, and some of the results are not wanted (drop path). x0
/// is (K, N), of the rows that are there alone; residual is (M, N), or absent, when rows without x0
/// are 0. Without x0_subset M is K. y is (out_numrows, N) with out_subset, else (M, N).
///
/// A mask is of x0's shape, drawn by rows of x0. An x0_subset names each row of x0 once, an
/// out_subset each row of y. To see that they do the op reads them back, and waits for the stream
/// to do so, unless `subsets_are_valid` or the stream is capturing: then others are a fault of the
/// kernel, or leave rows of y unwritten.
NormOut dropout_add_rms_norm_subset(Stream& stream, const TensorRef& x0, const TensorRef& weight,
                                    const DropoutAddNormSubsetOptions& options = {});
NormOut dropout_add_layer_norm_subset(Stream& stream, const TensorRef& x0, const TensorRef& weight,
                                      const DropoutAddNormSubsetOptions& options = {});

struct DropoutAddNormParallelOptions {
  TensorRef x1 = {};        ///< shape of x0, drops out on its own and is added too
  TensorRef residual = {};  ///< shape of x0
  TensorRef bias0 = {};     ///< (N,), added to y last
  TensorRef weight1 = {};   ///< (N,): asks for y1
  TensorRef bias1 = {};     ///< (N,), added to y1 last; only with weight1
  float dropout_p = 0;      ///< the share of x0, and of x1, that is dropped
  float epsilon = 1e-6f;    ///< > 0; inside the square root
  bool prenorm = false;
  bool residual_in_fp32 = false;
  bool return_dropout_mask = false;  ///< of x0 and of x1
  std::optional<RngState> rng = {};
  TensorRef out = {};           ///< destination of y
  TensorRef residual_out = {};  ///< destination of the sum
  std::optional<NormRowConfig> config = {};
};

/// y = norm(s) * weight0 + bias0 and y1 = norm(s) * weight1 + bias1, of s = dropout(x0) +
/// dropout(x1) + residual. Without weight1 there is no y1 (the weights are tied).
NormOut dropout_add_rms_norm_parallel_residual(Stream& stream, const TensorRef& x0,
                                               const TensorRef& weight0,
                                               const DropoutAddNormParallelOptions& options = {});
NormOut dropout_add_layer_norm_parallel_residual(Stream& stream, const TensorRef& x0,
                                                 const TensorRef& weight0,
                                                 const DropoutAddNormParallelOptions& options = {});

/// What a backward pass takes besides dy, s, rstd and weight: the forward's own tensors and
/// parameters, each given iff the forward had it.
struct DropoutAddNormBwdOptions {
  TensorRef bias = {};           ///< (N,): asks for dbias, in its dtype
  TensorRef mean = {};           ///< of a layer norm: what the forward gave
  TensorRef dresidual_out = {};  ///< gradient of the returned sum (prenorm), shape of s
  TensorRef rowscale = {};
  TensorRef layerscale = {};  ///< asks for dlayerscale, in its dtype
  TensorRef x0 = {};          ///< with layerscale, and of the subset functions
  float dropout_p = 0;
  std::optional<RngState> rng = {};   ///< the forward's
  bool has_residual = false;          ///< give dresidual, in the dtype of s
  std::optional<DType> x_dtype = {};  ///< of dx0; unless given that of dx0, of x0, of s
  TensorRef dx0 = {};                 ///< destination
  TensorRef dresidual = {};           ///< destination
  std::optional<NormRowConfig> config = {};
};

struct DropoutAddNormGrads {
  Tensor dx0;                              ///< shape of x0
  Tensor dweight;                          ///< (N,), dtype of weight
  std::optional<Tensor> dbias = {};        ///< (N,), dtype of bias
  std::optional<Tensor> dresidual = {};    ///< shape and dtype of s; is dx0 where the two are equal
  std::optional<Tensor> dlayerscale = {};  ///< (N,), dtype of layerscale
};

/// The gradients of dropout_add_rms_norm and dropout_add_layer_norm; `s` is what was normalised:
/// the forward's residual_out, or x0 where it stored none. As rms_norm_fn_bwd, and
///   dx0 = rowscale * dropout(layerscale * ds),
///   dlayerscale = sum of ds * dropout(rowscale * x0) over the rows.
DropoutAddNormGrads dropout_add_rms_norm_bwd(Stream& stream, const TensorRef& dy,
                                             const TensorRef& s, const TensorRef& rstd,
                                             const TensorRef& weight,
                                             const DropoutAddNormBwdOptions& options = {});
DropoutAddNormGrads dropout_add_layer_norm_bwd(Stream& stream, const TensorRef& dy,
                                               const TensorRef& s, const TensorRef& rstd,
                                               const TensorRef& weight,
                                               const DropoutAddNormBwdOptions& options = {});

/// What the backward pass of a subset takes besides DropoutAddNormBwdOptions, without rowscale.
struct NormSubset {
  TensorRef x0_subset = {}, out_subset = {};
  float rowscale_const = 1;
  bool subsets_are_valid = false;
};

/// Of the subset functions. dy: shape of y; s: (M, N), the forward's residual_out; options.x0 must
/// be given. dx0 is (K, N), as x0.
DropoutAddNormGrads dropout_add_rms_norm_subset_bwd(Stream& stream, const TensorRef& dy,
                                                    const TensorRef& s, const TensorRef& rstd,
                                                    const TensorRef& weight,
                                                    const NormSubset& subset,
                                                    const DropoutAddNormBwdOptions& options);
DropoutAddNormGrads dropout_add_layer_norm_subset_bwd(Stream& stream, const TensorRef& dy,
                                                      const TensorRef& s, const TensorRef& rstd,
                                                      const TensorRef& weight,
                                                      const NormSubset& subset,
                                                      const DropoutAddNormBwdOptions& options);

/// Of the parallel residual functions: dx is the gradient of x0, and options.dy1, weight1 and bias1
/// are those of y1. As rms_norm_fn_bwd; rowscale and zero_centered_weight do not occur.
NormGrads dropout_add_rms_norm_parallel_residual_bwd(Stream& stream, const TensorRef& dy,
                                                     const TensorRef& s, const TensorRef& rstd,
                                                     const TensorRef& weight0,
                                                     const NormBwdOptions& options = {});
NormGrads dropout_add_layer_norm_parallel_residual_bwd(Stream& stream, const TensorRef& dy,
                                                       const TensorRef& s, const TensorRef& rstd,
                                                       const TensorRef& weight0,
                                                       const NormBwdOptions& options = {});

}  // namespace tegula::ops
#pragma GCC visibility pop
