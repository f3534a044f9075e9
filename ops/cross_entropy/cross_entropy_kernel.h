// The kernels of cross_entropy in the tile language.
#pragma once

#include "tegula/dsl/kernel.h"
#include "tegula/ops/row_config.h"

namespace tegula::ops {

/// `smoothing`: whether label_smoothing is other than 0, so that every logit counts.
struct CrossEntropyConfig {
  int rows = 1, bn = 4096, warps = 4;
  bool smoothing = false;
};

/// x and dx are matrices (M, N) with last stride 1, the others vectors (M,) of any stride; then
/// label_smoothing, logit_scale, lse_square_scale, ignore_index.
extern const Kernel<CrossEntropyConfig, In, In, Out, Out, F32, F32, F32, I64>&
    cross_entropy_fwd_kernel;  // x, target, loss, lse
extern const Kernel<RowConfig, In, In, In, In, Out, F32, F32, F32, I64>&
    cross_entropy_bwd_kernel;  // dloss, x, lse, target, dx

}  // namespace tegula::ops
