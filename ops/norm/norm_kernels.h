// The norms' kernels: what they take, and their launches.
#pragma once

#include <cstdint>
#include <string_view>

#include "dsl/kept_launch.h"
#include "ops/common/dropout_mask.h"
#include "tegula/ops/norm.h"

namespace tegula::ops {

/// NormRowConfig, and what specialises a norm's kernel beside its tensors.
struct NormConfig {
  int rows = 1;
  int bn = 4096;
  int warps = 4;
  int cluster = 1;             ///< blocks that share the columns of their rows
  bool dropout = false;        ///< x (and x1) drop out
  bool zero_centered = false;  ///< weights are 1 + weight
};

/// Throws Error{invalid_argument} naming `prefix` and the field: not a configuration for rows of
/// `n` elements.
void check_norm_config(std::string_view where, std::string_view prefix, const NormConfig& config,
                       std::int64_t n);

/// Matrices (M, N) with last stride 1, vectors (N,), and one value a row (M,). Optional tensors may
/// be absent; an output is present iff there is something to store.
struct NormTensors {
  TensorRef x, residual, x1;
  TensorRef weight, bias, weight1, bias1;
  TensorRef rowscale, layerscale;
  /// i32 (M,): which row of x, and of y, a row has, from 1; 0: none. x and y then have rows of
  /// their own.
  TensorRef x_subset, out_subset;
  TensorRef y, y1, residual_out, mask, mask1, mean, rstd;
};

enum class NormKind : std::uint8_t { rms, layer };

/// `kept` keeps the launch for launch_norm_fwd_again.
void launch_norm_fwd(Stream& stream, NormKind kind, const NormConfig& config,
                     const NormTensors& tensors, const Dropout& dropout, float eps,
                     detail::KeptLaunch& kept);

/// The addresses of NormTensors, null where a tensor is absent, in the order of the kernel's
/// parameters.
struct NormAddresses {
  void *x, *residual, *x1, *weight, *bias, *weight1, *bias1, *rowscale, *layerscale, *x_subset,
      *out_subset, *rng, *y, *y1, *residual_out, *mask, *mask1, *mean, *rstd;
};
void launch_norm_fwd_again(Stream& stream, const NormAddresses& addresses, const Dropout& dropout,
                           float eps, detail::KeptLaunch& kept);

/// As NormTensors, of the backward pass; `s` (M, N) is what the forward normalised, as stored.
struct NormBwdTensors {
  TensorRef dy, s, weight, dy1, weight1, dresidual_out, mean, rstd, rowscale;
  TensorRef x, layerscale;  ///< the forward's x, for the gradient of layerscale
  TensorRef x_subset, out_subset;
  /// f32 (M,): means over each row of g * h and of g; present where a block takes parts of rows.
  TensorRef mean_gh, mean_g;
  TensorRef dx, dresidual, dx1;
  /// f32 (blocks, N): what each block of rows adds to the gradients of the vectors.
  TensorRef dweight_parts, dbias_parts, dweight1_parts, dbias1_parts, dlayerscale_parts;
};

void launch_norm_bwd(Stream& stream, NormKind kind, const NormConfig& config,
                     const NormBwdTensors& tensors, const Dropout& dropout);

/// mean_gh and mean_g of every row, of tensors.dy, s, weight, dy1, weight1, mean, rstd, out_subset.
void launch_norm_bwd_rows(Stream& stream, NormKind kind, const NormConfig& config,
                          const NormBwdTensors& tensors);

/// The vectors' gradients from their parts; those without parts are absent.
struct NormVectorGradients {
  TensorRef dweight, dbias, dweight1, dbias1, dlayerscale;  ///< (N,)
};
void launch_column_sums(Stream& stream, const NormBwdTensors& tensors,
                        const NormVectorGradients& gradients);

}  // namespace tegula::ops
