#include "ops/common/row_checks.h"

#include <bit>
#include <cstdint>
#include <string>

#include <fmt/format.h>

#include "tegula/error.h"

namespace tegula::ops {
namespace {

constexpr int max_elements_per_thread = 256;  // a thread has 255 registers

}  // namespace

void check_row_config(std::string_view where, std::string_view prefix, const RowConfig& config) {
  const auto fail = [&](std::string_view field, std::string problem, std::string got,
                        std::string wanted) {
    throw Error(ErrorCode::invalid_argument, {.where = std::string(where),
                                              .argument = fmt::format("{}{}", prefix, field),
                                              .problem = std::move(problem),
                                              .got = std::move(got),
                                              .wanted = std::move(wanted)});
  };
  const auto power_of_two = [&](std::string_view field, int value, int limit) {
    if (value < 1 || value > limit || !std::has_single_bit(static_cast<unsigned>(value)))
      fail(field, "no such configuration", std::to_string(value),
           fmt::format("a power of two from 1 to {}", limit));
  };
  power_of_two("warps", config.warps, 32);
  power_of_two("bn", config.bn, 1 << 18);
  power_of_two("rows", config.rows, 1024);
  const int threads = 32 * config.warps;
  const std::int64_t most = std::int64_t{max_elements_per_thread} * threads;
  const std::string warps = fmt::format("{} warp{}", config.warps, config.warps == 1 ? "" : "s");
  if (config.bn > most)
    fail("bn", "a tile is too large for its threads", std::to_string(config.bn),
         fmt::format("at most {} with {}", most, warps));
  if (std::int64_t{config.rows} * config.bn > most)
    fail("rows", "a tile is too large for its threads", std::to_string(config.rows),
         fmt::format("at most {} with bn = {} and {}", most / config.bn, config.bn, warps));
}

}  // namespace tegula::ops
