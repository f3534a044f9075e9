#include "ops/common/row_values.h"

#include <algorithm>

namespace tegula::ops {

Tile row_values(const TensorParameter& vector, const Tile& block, int rows, int warps) {
  const int width = std::max(32 * warps / rows, 1);  // an element for each thread
  Tile row = (block.to(i64) * rows + iota(i64, rows)).reshape({rows, 1});
  Mask first = iota(width).reshape({1, width}) == 0;
  Tile values = vector.gather({row}, first & (row < vector.dim(0).to(i64)));
  return sum(values, 1);
}

}  // namespace tegula::ops
