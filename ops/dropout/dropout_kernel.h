// The kernels of dropout in the tile language.
#pragma once

#include "ops/common/dropout_mask.h"
#include "tegula/device.h"
#include "tegula/ops/row_config.h"

namespace tegula::ops {

/// x and y: matrices (M, N) with last stride 1. mask: i1, the same, or absent.
void launch_dropout(Stream& stream, const RowConfig& config, const Dropout& dropout,
                    const TensorRef& x, const TensorRef& y, const TensorRef& mask);

void launch_dropout_mask(Stream& stream, const RowConfig& config, const Dropout& dropout,
                         DropoutStream of, const TensorRef& mask);

}  // namespace tegula::ops
