// Shapes without their last extent.
#pragma once

#include "tegula/tensor.h"

namespace tegula::ops {

/// All extents but the last.
Dims leading(const Dims& shape);

}  // namespace tegula::ops
