// The kernels of softmax in the tile language.
#pragma once

#include "tegula/dsl/kernel.h"
#include "tegula/ops/row_config.h"

namespace tegula::ops {

/// All tensors are matrices (M, N) with last stride 1.
using SoftmaxForwardKernel = Kernel<RowConfig, In, Out>;       // x, y
using SoftmaxBackwardKernel = Kernel<RowConfig, In, In, Out>;  // dy, y, dx

extern const SoftmaxForwardKernel &softmax_fwd_kernel, &log_softmax_fwd_kernel;
extern const SoftmaxBackwardKernel &softmax_bwd_kernel, &log_softmax_bwd_kernel;

}  // namespace tegula::ops
