// What the ops on the rows of a matrix (M, N) have in common.
#pragma once

#include <vector>

#include "tegula/op.h"
#include "tegula/ops/row_config.h"

namespace tegula::ops {

/// choose_row_config and choose_elementwise_config, of the extents M and N.
RowConfig row_config(const Plan& plan);
RowConfig elementwise_config(const Plan& plan);
/// Throws Error{invalid_argument} naming config.rows and so on.
void check_config(const RowConfig& config, const Plan& plan);
std::vector<ConfigFieldInfo> row_config_fields();

/// A grid may have as many blocks as there are tiles in `extents`, which are the tensor's `name`.
void check_blocks(const Plan& plan, std::string_view name, const Dims& extents, const Dims& tile);

/// Launches a kernel that has a block for each tile of the matrix `name`, (M, N), if that has
/// elements.
template <class... P>
void launch_by_tiles(Plan& plan, const Kernel<RowConfig, P...>& kernel, std::string_view name) {
  if (plan.empty()) return;
  const auto c = plan.config<RowConfig>();
  check_blocks(plan, name, {plan.extent("M"), plan.extent("N")}, {c.rows, c.bn});
  plan.launch(kernel, c);
}

}  // namespace tegula::ops
