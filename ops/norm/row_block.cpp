#include "ops/norm/row_block.h"

namespace tegula::ops {

RowBlock::RowBlock(int rows, int bn, const Tile& block, const OptIn& map)
    : RowBlock(rows, bn, block) {
  if (map) mapped_ = map.gather({block}).to(i32);
}

View RowBlock::view(const TensorParameter& matrix) const {
  if (!mapped_) return matrix.tiles({rows_, bn_});
  return matrix.narrow(0, max(*mapped_ - 1, 0), min(*mapped_, 1)).tiles({1, bn_});
}

Tile RowBlock::coordinate() const { return mapped_ ? full(i32, {}, 0) : block_; }

Tile RowBlock::load(const TensorParameter& matrix, const Tile& j) const {
  return view(matrix).load({coordinate(), j}).to(f32);
}

void RowBlock::store(const TensorParameter& matrix, const Tile& value, const Tile& j) const {
  view(matrix).store(value.to(matrix.dtype()), {coordinate(), j});
}

Tile RowBlock::values(const TensorParameter& vector) const {
  if (mapped_) {
    Mask there = *mapped_ > 0;
    return vector.gather({max(*mapped_ - 1, 0)}, there).to(f32).reshape({1, 1});
  }
  return vector.tiles({rows_}).load({block_}).to(f32).reshape({rows_, 1});
}

void RowBlock::store_values(const TensorParameter& vector, const Tile& values) const {
  vector.tiles({rows_}).store(values.reshape({rows_}), {block_});
}

Tile RowBlock::numbers() const {
  if (mapped_) return (mapped_->to(i64) - 1).reshape({1, 1});
  return (block_.to(i64) * rows_ + iota(i64, rows_)).reshape({rows_, 1});
}

Tile load_columns(const TensorParameter& vector, int bn, const Tile& j) {
  return vector.tiles({bn}).load({j}).to(f32);
}

}  // namespace tegula::ops
