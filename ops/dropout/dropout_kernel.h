// The kernels of dropout in the tile language, as parts of a plan. Scalars are dropout_scalars().
#pragma once

#include <string_view>

#include "ops/common/dropout_mask.h"
#include "tegula/ops/row_config.h"
#include "tegula/plan.h"

namespace tegula::ops {

/// `x` and `y` name matrices (M, N) with last stride 1; mask: i1, the same, or absent; rng.memory.
void launch_dropout(Plan& plan, const RowConfig& config, bool drops, std::string_view x,
                    std::string_view y);

void launch_dropout_mask(Plan& plan, const RowConfig& config, bool drops, DropoutStream of);

}  // namespace tegula::ops
