// Grids over matrices: a block for each tile.
#pragma once

#include <array>
#include <cstdint>

#include "tegula/dsl.h"

namespace tegula::ops {

/// States the grid: a block for each of `groups` and each tile of `bn` of the `n` columns, all on
/// its first axis, since the others end at 65,535 blocks. Gives both coordinates; the tiles of a
/// group are neighbours.
std::array<Tile, 2> tile_grid(const Tile& groups, std::int64_t n, int bn);

}  // namespace tegula::ops
