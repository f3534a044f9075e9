// Mean and reciprocal standard deviation of rows.
#pragma once

#include <cstdint>

#include "ops/norm/norm_kernels.h"
#include "tegula/dsl.h"

namespace tegula::ops {

/// Which columns of tile j, (1, bn), a row of n elements has.
Mask columns_inside(const Tile& j, std::int64_t bn, std::int64_t n);

/// f32 (rows, 1). A layer norm's are about its mean; an rms norm's about 0, and it has no mean.
struct RowStatistics {
  Tile mean, rstd;
};

/// Of rows of `n` elements that the tiles (rows, bn) of a cluster's blocks hold together, 0 behind
/// them; `s` is tile `j`. In two passes over registers, so that a mean far from 0 costs no more
/// digits than its own rounding.
RowStatistics statistics_of_tile(NormKind kind, const Tile& s, const Tile& j, int cluster,
                                 std::int64_t n, const Tile& eps);

/// Of rows that come a tile at a time. Every column of the tiles keeps its own mean and sum of
/// squared deviations (Welford's recurrence), which are put together at the end (Chan et al.,
/// 1979); an rms norm keeps sums of squares.
class RunningStatistics {
 public:
  RunningStatistics(NormKind kind, int rows, int bn, std::int64_t n);
  /// Tile j, in order from 0.
  void add(const Tile& s, const Tile& j);
  RowStatistics finish(const Tile& eps) const;

 private:
  NormKind kind_;
  std::int64_t n_;
  int bn_;
  Tile mean_, squares_;
};

}  // namespace tegula::ops
