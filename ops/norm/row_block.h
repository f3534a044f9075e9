// The rows of a matrix that one block works on.
#pragma once

#include <array>
#include <optional>

#include "tegula/dsl.h"

namespace tegula::ops {

/// Rows `block` * rows and on, in tiles of `bn` columns; or the one row that a map names.
class RowBlock {
 public:
  RowBlock(int rows, int bn, const Tile& block) : rows_(rows), bn_(bn), block_(block) {}
  /// One row: row map[block] - 1 of the matrices; none if that entry is 0. What is loaded of no row
  /// is 0, and nothing of it is stored. Without a map: as above.
  RowBlock(int rows, int bn, const Tile& block, const OptIn& map);

  /// Tile j of a matrix, as f32; 0 outside the matrix.
  Tile load(const TensorParameter& matrix, const Tile& j) const;
  /// Rounds to the matrix's dtype.
  void store(const TensorParameter& matrix, const Tile& value, const Tile& j) const;

  /// One value for each row of a vector (M,), as f32 (rows, 1).
  Tile values(const TensorParameter& vector) const;
  void store_values(const TensorParameter& vector, const Tile& values) const;

  /// The numbers of the rows, i64 (rows, 1).
  Tile numbers() const;

 private:
  View view(const TensorParameter& matrix) const;
  Tile coordinate() const;

  int rows_, bn_;
  Tile block_;
  std::optional<Tile> mapped_;  ///< i32, from 1
};

/// Tile j of a vector (N,) in tiles of `bn`, as f32.
Tile load_columns(const TensorParameter& vector, int bn, const Tile& j);

}  // namespace tegula::ops
