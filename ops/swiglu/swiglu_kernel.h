// The kernels of swiglu in the tile language.
#pragma once

#include "tegula/dsl/kernel.h"
#include "tegula/ops/row_config.h"

namespace tegula::ops {

/// All tensors are matrices (M, N) with last stride 1.
extern const Kernel<RowConfig, In, In, Out>& swiglu_fwd_kernel;           // a, b, y
extern const Kernel<RowConfig, In, In, In, Out, Out>& swiglu_bwd_kernel;  // dy, a, b, da, db

}  // namespace tegula::ops
