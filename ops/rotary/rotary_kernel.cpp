#include "ops/rotary/rotary_kernel.h"
#include "ops/lasting.h"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "ops/common/row_loop.h"
#include "ops/common/tile_grid.h"
#include "tegula/dsl.h"

namespace tegula::ops {
namespace {

struct RotaryKernelConfig {
  int bs = 16, bh = 1, turns = 4, warps = 4;
  bool interleaved = false, inverse = false, in_place = false;
};

std::int64_t power_of_two_above(std::int64_t value) {
  return static_cast<std::int64_t>(std::bit_ceil(static_cast<std::uint64_t>(value)));
}

/// How many of a head's elements behind its pairs are moved at a time: 64 of a tile for a thread.
std::int64_t rest_at_once(const RotaryKernelConfig& c, std::int64_t br) {
  return std::max<std::int64_t>(2 * br, std::int64_t{c.warps} * 32 * 64 / (c.bs * c.bh));
}

/// A block takes c.bs positions of c.turns * c.bh heads of one batch entry.
/// seqlen_offset counts only beside seqlen_offsets: alone it is in the tables' addresses.
void rotary_fwd(const RotaryKernelConfig& c, In x, In cos, In sin, OptIn seqlen_offsets, Out y,
                I64 seqlen_offset) {
  check_rotary_config("rotary_fwd", "", {c.bs, c.bh, c.turns, c.warps}, cos.static_dim(1));
  auto [b, s, h, d] = dims4(x);
  auto [t, r] = dims2(cos);
  require(sin, {t, r}), require(y, {b, s, h, d});
  Tile groups = cdiv(s, c.bs);  // of positions, in an entry
  auto [place, group] = tile_grid(b * groups, x.static_dim(2), c.bh * c.turns);
  Tile entry = place / groups, i = place % groups;
  const std::int64_t pairs = cos.static_dim(1), rest = x.static_dim(3) - 2 * pairs;
  const std::int64_t br = power_of_two_above(pairs);

  // The rows of the tables that are this entry's positions; none if it begins before the first.
  Tile start = full(i32, {}, 0), length = t;
  std::optional<Mask> rotated;  // the positions that have a row; without offsets all have one
  if (seqlen_offsets) {
    require(seqlen_offsets, {b});
    Tile offset = seqlen_offsets.gather({entry}).to(i64) + seqlen_offset;
    start = clamp(offset, 0, t.to(i64)).to(i32);
    length = select(offset < 0, 0, t - start);
    rotated = (i * c.bs + iota(c.bs) < length).reshape({1, c.bs, 1, 1});
  }
  const auto angles = [&](In table) {
    return table.narrow(0, start, length)
        .tiles({c.bs, br})
        .load({i, 0})
        .to(f32)
        .reshape({1, c.bs, 1, br});
  };
  Tile cosine = angles(cos), sine = angles(sin);
  if (c.inverse) sine = -sine;
  const auto rotate = [&](const Tile& x1, const Tile& x2) {
    return std::pair(x1 * cosine - x2 * sine, x1 * sine + x2 * cosine);
  };
  const auto part = [&](const TensorParameter& tensor, std::int64_t first, std::int64_t count) {
    return tensor.narrow(3, first, count).tiles({1, c.bs, c.bh, power_of_two_above(count)});
  };

  // What passes keeps its bits, unless y has another dtype.
  const auto passing = [&](const Tile& elements) {
    return y.dtype() == x.dtype() ? elements : elements.to(f32).to(y.dtype());
  };
  const auto result = [&](const Tile& value, const Tile& before) {
    Tile rounded = value.to(y.dtype());
    return rotated ? select(*rotated, rounded, passing(before)) : rounded;
  };

  for (int turn = 0; turn < c.turns; ++turn) {
    Tile k = group * c.turns + turn;
    if (c.interleaved) {
      Tile both = part(x, 0, 2 * pairs).load({entry, i, k, 0});
      auto [x1, x2] = split(both.to(f32).reshape({1, c.bs, c.bh, br, 2}));
      auto [y1, y2] = rotate(x1, x2);
      part(y, 0, 2 * pairs)
          .store(result(join(y1, y2).reshape({1, c.bs, c.bh, 2 * br}), both), {entry, i, k, 0});
    } else {
      Tile x1 = part(x, 0, pairs).load({entry, i, k, 0});
      Tile x2 = part(x, pairs, pairs).load({entry, i, k, 0});
      auto [y1, y2] = rotate(x1.to(f32), x2.to(f32));
      part(y, 0, pairs).store(result(y1, x1), {entry, i, k, 0});
      part(y, pairs, pairs).store(result(y2, x2), {entry, i, k, 0});
    }
    if (rest == 0 || c.in_place) continue;
    const std::int64_t width = std::min(power_of_two_above(rest), rest_at_once(c, br));
    const auto rest_of = [&](const TensorParameter& tensor) {
      return tensor.narrow(3, 2 * pairs, rest).tiles({1, c.bs, c.bh, width});
    };
    const auto pass = [&](const Tile& j) {
      rest_of(y).store(passing(rest_of(x).load({entry, i, k, j})), {entry, i, k, j});
    };
    if (rest <= width)
      pass(full(i32, {}, 0));
    else
      for_each_tile(rest, width, pass);
  }
}

const auto& rotary_kernel = lasting(
    kernel("rotary_fwd", rotary_fwd, {"x", "cos", "sin", "seqlen_offsets", "y", "seqlen_offset"})
        .specialise_dim("x", 3)
        .specialise_dim("x", 2)  // heads take few values, and masks of theirs vanish
        .specialise_dim("cos", 1)
        .sweep("bs", &RotaryKernelConfig::bs, {4, 8, 16, 32})
        .sweep("bh", &RotaryKernelConfig::bh, {1, 2, 4, 8})
        .sweep("turns", &RotaryKernelConfig::turns, {1, 2, 4, 8})
        .sweep("warps", &RotaryKernelConfig::warps, {1, 2, 4, 8})
        .field("interleaved", &RotaryKernelConfig::interleaved)
        .field("inverse", &RotaryKernelConfig::inverse)
        .field("in_place", &RotaryKernelConfig::in_place));

}  // namespace

void launch_rotary(Plan& plan, const RotaryConfig& c, bool interleaved, bool inverse,
                   std::string_view x, std::string_view y) {
  plan.launch(rotary_kernel,
              {c.bs, c.bh, c.turns, c.warps, interleaved, inverse, plan.in_place(y, x)},
              {{"x", x}, {"y", y}, {"cos", "cos_rows"}, {"sin", "sin_rows"}});
}

}  // namespace tegula::ops
