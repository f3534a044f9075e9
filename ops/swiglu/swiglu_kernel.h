// The kernels of swiglu in the tile language.
#pragma once

#include "tegula/device.h"
#include "tegula/ops/row_config.h"

namespace tegula::ops {

/// All tensors are matrices (M, N) with last stride 1.
void launch_swiglu_fwd(Stream& stream, const RowConfig& config, const TensorRef& a,
                       const TensorRef& b, const TensorRef& y);
void launch_swiglu_bwd(Stream& stream, const RowConfig& config, const TensorRef& dy,
                       const TensorRef& a, const TensorRef& b, const TensorRef& da,
                       const TensorRef& db);

}  // namespace tegula::ops
