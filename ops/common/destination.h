// The output tensors of an op.
#pragma once

#include "tegula/device.h"
#include "tegula/tensor.h"

namespace tegula::ops {

/// The caller's destination if there is one, else a new tensor.
Tensor destination(Stream& stream, const TensorRef& given, DType dtype, const Dims& shape);

/// All extents but the last.
Dims leading(const Dims& shape);

}  // namespace tegula::ops
