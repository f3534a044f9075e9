// One value for each row of a block.
#pragma once

#include "tegula/dsl.h"

namespace tegula::ops {

/// The elements of `vector`, (M,), that belong to a block of `rows` rows: (rows, 1), 0 beyond M.
/// One thread loads each and a reduction hands it on; a plain load of so small a tile is one load
/// by every thread.
Tile row_values(const TensorParameter& vector, const Tile& block, int rows, int warps);

}  // namespace tegula::ops
