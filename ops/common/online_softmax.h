// Row statistics of exponentials, in one pass over the tiles of a row.
#pragma once

#include <limits>

#include "tegula/dsl.h"

namespace tegula::ops {

inline constexpr double infinity = std::numeric_limits<double>::infinity();

/// What exponents are taken relative to: the row's largest, but 0 where that is -Inf, since
/// -Inf - -Inf would make a NaN of every element that is merely 0.
Tile exponent_shift(const Tile& largest);

/// The largest of a row and the sum of exp(x - shift), grown tile by tile (Milakov and Gimelshein,
/// arXiv:1805.02867). The largest is that of the row; the sum is one partial sum for each column of
/// a tile, so that a turn of the loop reduces over the block once.
struct OnlineSoftmax {
  Tile largest;  ///< (rows, 1)
  Tile sums;     ///< (rows, bn)

  OnlineSoftmax(std::int64_t rows, std::int64_t bn);
  /// `x` is a tile of f32; columns that do not exist hold -Inf.
  void add(const Tile& x);
  /// (rows, 1)
  Tile shift() const { return exponent_shift(largest); }
  Tile sum() const { return tegula::sum(sums, 1); }
};

}  // namespace tegula::ops
