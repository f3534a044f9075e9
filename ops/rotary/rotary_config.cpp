// Configurations of rotary: the check of a given one, and the analytic default.
#include <algorithm>
#include <string>

#include <fmt/format.h>

#include "ops/common/power_of_two.h"
#include "ops/rotary/rotary_kernel.h"
#include "tegula/error.h"
#include "tegula/ops/rotary.h"

namespace tegula::ops {
namespace {

constexpr int warps = 4;
constexpr std::int64_t pairs_per_thread = 8;
constexpr std::int64_t max_turns = 4;
constexpr std::int64_t max_pairs_per_thread = 64;  // of a tile, two of which are held
constexpr std::int64_t max_unrolled_pairs = 256;   // of all turns: they are written out

}  // namespace

const std::int64_t max_rotary_pairs = max_pairs_per_thread * warps * threads_per_warp;

RotaryConfig choose_rotary_config(std::int64_t positions, std::int64_t heads, std::int64_t pairs) {
  constexpr std::int64_t block = warps * threads_per_warp * pairs_per_thread;
  const std::int64_t br = next_power_of_two(pairs);
  const std::int64_t fitting = std::max<std::int64_t>(block / br, 1);
  const std::int64_t bs = std::min(next_power_of_two(positions), fitting);
  const std::int64_t bh = std::min(next_power_of_two(heads), fitting / bs);
  const std::int64_t turns = std::clamp<std::int64_t>((heads + bh - 1) / bh, 1, max_turns);
  const std::int64_t used = bs * bh * br / (threads_per_warp * pairs_per_thread);
  return {static_cast<int>(bs), static_cast<int>(bh), static_cast<int>(turns),
          static_cast<int>(std::clamp<std::int64_t>(used, 1, warps))};
}

std::vector<ConfigFieldInfo> rotary_config_fields() {
  return {detail::describe_field("bs", &RotaryConfig::bs),
          detail::describe_field("bh", &RotaryConfig::bh),
          detail::describe_field("turns", &RotaryConfig::turns),
          detail::describe_field("warps", &RotaryConfig::warps)};
}

void check_rotary_config(std::string_view where, std::string_view prefix,
                         const RotaryConfig& config, std::int64_t pairs) {
  const auto fail = [&](std::string_view field, std::string problem, int got, std::string wanted) {
    throw Error(ErrorCode::invalid_argument, {.where = std::string(where),
                                              .argument = fmt::format("{}{}", prefix, field),
                                              .problem = std::move(problem),
                                              .got = std::to_string(got),
                                              .wanted = std::move(wanted)});
  };
  const auto power_of_two = [&](std::string_view field, int value, int limit) {
    if (value < 1 || value > limit || !std::has_single_bit(static_cast<unsigned>(value)))
      fail(field, "no such configuration", value,
           fmt::format("a power of two from 1 to {}", limit));
  };
  power_of_two("warps", config.warps, 32);
  power_of_two("bs", config.bs, 1024);
  power_of_two("bh", config.bh, 1024);
  if (config.turns < 1 || config.turns > 64)
    fail("turns", "no such configuration", config.turns, "1 to 64");
  const std::int64_t threads = threads_per_warp * config.warps;
  const std::int64_t tile = std::int64_t{config.bs} * config.bh * next_power_of_two(pairs);
  if (tile > max_pairs_per_thread * threads)
    fail("bs", "a tile is too large for its threads", config.bs,
         fmt::format("bs * bh * {} pairs of at most {} with {} warps", next_power_of_two(pairs),
                     max_pairs_per_thread * threads, config.warps));
  if (tile * config.turns > max_unrolled_pairs * threads)
    fail("turns", "too many turns for tiles of this size", config.turns,
         fmt::format("at most {}", max_unrolled_pairs * threads / tile));
}

}  // namespace tegula::ops
