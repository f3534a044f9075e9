// The kernels of cross_entropy in the tile language.
#pragma once

#include "tegula/ops/cross_entropy.h"

namespace tegula::ops {

/// x and dx are matrices (M, N) with last stride 1, the others vectors (M,) of any stride.
struct CrossEntropyTensors {
  TensorRef x, target, loss, lse;
  TensorRef dloss, dx;  ///< of the backward kernel, which does not use loss
};

void launch_cross_entropy_fwd(Stream& stream, const RowConfig& config,
                              const CrossEntropyTensors& tensors,
                              const CrossEntropyOptions& options);
void launch_cross_entropy_bwd(Stream& stream, const RowConfig& config,
                              const CrossEntropyTensors& tensors,
                              const CrossEntropyOptions& options);

}  // namespace tegula::ops
