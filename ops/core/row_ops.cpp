#include "ops/core/row_ops.h"

#include <fmt/format.h>

#include "ops/common/row_checks.h"

namespace tegula::ops {

RowConfig row_config(const Plan& plan) {
  return choose_row_config(plan.extent("M"), plan.extent("N"));
}

RowConfig elementwise_config(const Plan& plan) {
  return choose_elementwise_config(plan.extent("M"), plan.extent("N"));
}

void check_config(const RowConfig& config, const Plan& plan) {
  check_row_config(plan.checks().op(), "config.", config);
}

std::vector<ConfigFieldInfo> row_config_fields() {
  return {detail::describe_field("rows", &RowConfig::rows),
          detail::describe_field("bn", &RowConfig::bn),
          detail::describe_field("warps", &RowConfig::warps)};
}

void check_blocks(const Plan& plan, std::string_view name, const Dims& extents, const Dims& tile) {
  constexpr std::int64_t limit = 2147483647;
  std::int64_t count = 1;  // at most one for each element
  for (std::size_t d = 0; d < extents.size(); ++d) count *= (extents[d] + tile[d] - 1) / tile[d];
  if (count > limit)
    plan.checks().fail(name, "more blocks than a grid may have", fmt::format("{} blocks", count),
                       fmt::format("at most {}", limit), "pin a .config with larger tiles");
}

}  // namespace tegula::ops
