// How the norms' kernels are cut: the analytic defaults, and the checks of what a caller pins.
#include <algorithm>
#include <bit>
#include <cstdint>
#include <string>

#include <fmt/format.h>

#include "ops/common/row_checks.h"
#include "ops/norm/norm_args.h"
#include "runtime/format/architecture.h"
#include "tegula/error.h"

namespace tegula::ops {
namespace {

constexpr int max_cluster = 8;  // what every GPU with clusters can run
constexpr int max_warps = 32;

/// The fewest blocks of tiles of up to `most` columns that hold a row; 0 if no cluster does.
NormRowConfig cluster_for(std::int64_t n, std::int64_t most, int elements_per_thread) {
  NormRowConfig config;
  config.cluster = 2;
  while (config.cluster * most < n) config.cluster *= 2;
  const std::int64_t part = (n + config.cluster - 1) / config.cluster;
  config.bn = static_cast<int>(std::bit_ceil(static_cast<std::uint64_t>(part)));
  config.warps = std::min(config.bn / (32 * elements_per_thread), max_warps);
  return config;
}

}  // namespace

NormRowConfig choose_norm_config(std::int64_t rows, std::int64_t n, bool has_clusters) {
  if (n <= max_columns_in_one_tile || !has_clusters) return choose_row_config(rows, n);
  if (n <= max_cluster * max_columns_in_one_tile)
    return cluster_for(n, max_columns_in_one_tile, 32);
  if (n <= 2 * max_cluster * max_columns_in_one_tile)
    return cluster_for(n, 2 * max_columns_in_one_tile, 32);
  return choose_row_config(rows, n);
}

NormRowConfig choose_norm_bwd_config(std::int64_t rows, std::int64_t n, bool has_clusters) {
  // What 8 warps hold, 16 elements a thread, which may have 255 registers then; or 16 warps with
  // 128.
  constexpr std::int64_t roomy = 4096, tight = 8192;
  if (has_clusters && n > tight && n <= max_cluster * roomy) return cluster_for(n, roomy, 16);
  if (has_clusters && n > tight && n <= max_cluster * tight) return cluster_for(n, tight, 16);
  if (n > max_columns_in_one_tile) return RowConfig{1, 2048, 4};
  NormRowConfig config = choose_row_config(rows, n);
  config.warps = std::clamp(config.rows * config.bn / 512, config.warps, max_warps);
  return config;
}

void check_norm_config(std::string_view where, std::string_view prefix, const NormConfig& c,
                       std::int64_t n) {
  check_row_config(where, prefix, {c.rows, c.bn, c.warps});
  const auto fail = [&](std::string_view field, std::string problem, std::string got,
                        std::string wanted) {
    throw Error(ErrorCode::invalid_argument, {.where = std::string(where),
                                              .argument = fmt::format("{}{}", prefix, field),
                                              .problem = std::move(problem),
                                              .got = std::move(got),
                                              .wanted = std::move(wanted)});
  };
  if (c.cluster < 1 || c.cluster > max_cluster ||
      !std::has_single_bit(static_cast<unsigned>(c.cluster)))
    fail("cluster", "no such configuration", std::to_string(c.cluster), "1, 2, 4 or 8");
  if (c.cluster > 1 && std::int64_t{c.cluster} * c.bn < n)
    fail("cluster", "the tiles of a cluster do not hold a row",
         fmt::format("{} tiles of {} columns for {}", c.cluster, c.bn, n),
         "tiles that do, or a cluster of 1");
}

bool has_clusters(const Device& device) {
  return format::compute_of(device.target().arch).value_or(0) >= 90;
}

std::vector<ConfigFieldInfo> norm_config_fields() {
  return {detail::describe_field("rows", &NormRowConfig::rows),
          detail::describe_field("bn", &NormRowConfig::bn),
          detail::describe_field("warps", &NormRowConfig::warps),
          detail::describe_field("cluster", &NormRowConfig::cluster)};
}

void check_pinned_norm_config(const NormRowConfig& c, const Plan& plan, std::int64_t n,
                              bool single_rows) {
  const OpChecks& checks = plan.checks();
  check_norm_config(checks.op(), "config.", {c.rows, c.bn, c.warps, c.cluster}, n);
  if (single_rows && c.rows != 1)
    checks.fail("config.rows", "rows of a subset are taken one by one", std::to_string(c.rows),
                "1");
  if (c.cluster > 1 && !has_clusters(plan.device()))
    checks.fail("config.cluster", "the device's architecture has no clusters",
                fmt::format("{} for {}", c.cluster, plan.device().target().arch), "1");
}

}  // namespace tegula::ops
