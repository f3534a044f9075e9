#include "ops/common/tile_grid.h"

namespace tegula::ops {

std::array<Tile, 2> tile_grid(const Tile& groups, std::int64_t n, int bn) {
  const std::int64_t tiles = (n + bn - 1) / bn;
  auto [block] = grid({groups * tiles});
  if (tiles <= 1) return {block, full(i32, {}, 0)};
  return {block / tiles, block % tiles};
}

}  // namespace tegula::ops
