// The rms norm kernel in the tile language.
#pragma once

#include "tegula/ops/norm.h"

namespace tegula::ops {

/// The kernel's tensors: matrices (M, N) with last stride 1, vectors (N,) and (M,). Absent: bias,
/// residual; residual_out is present iff residual is.
struct RmsNormTensors {
  TensorRef x, weight, bias, residual;
  TensorRef y, residual_out, rstd;
};

void launch_rms_norm_fwd(Stream& stream, const RowConfig& config, const RmsNormTensors& tensors,
                         float eps);

}  // namespace tegula::ops
