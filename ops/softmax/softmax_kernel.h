// The kernels of softmax and log_softmax in the tile language.
#pragma once

#include "tegula/device.h"
#include "tegula/ops/row_config.h"

namespace tegula::ops {

/// Of the two functions, whichever is meant.
enum class SoftmaxKind : std::uint8_t { softmax, log_softmax };

/// All tensors are matrices (M, N) with last stride 1.
void launch_softmax_fwd(Stream& stream, SoftmaxKind kind, const RowConfig& config,
                        const TensorRef& x, const TensorRef& y);
void launch_softmax_bwd(Stream& stream, SoftmaxKind kind, const RowConfig& config,
                        const TensorRef& dy, const TensorRef& y, const TensorRef& dx);

}  // namespace tegula::ops
