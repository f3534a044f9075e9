// How the kernels that work on the rows of a matrix are cut.
#pragma once

#include <cstdint>

#pragma GCC visibility push(default)
namespace tegula::ops {

/// A block of `warps` warps takes `rows` rows in tiles of `bn` columns. Where bn >= N a row is held
/// in one tile and read once; a longer row is read in a loop over its tiles, twice. Powers of two,
/// at most 32 warps, at most 256 elements of a tile for each thread.
struct RowConfig {
  int rows = 1;
  int bn = 4096;
  int warps = 4;
};

/// The longest row that choose_row_config holds in one tile.
inline constexpr std::int64_t max_columns_in_one_tile = 16384;

/// The configuration that an op uses unless one is pinned, from sizes alone: bn is the next power
/// of two, with at most 32 elements a thread, and rows enough that every thread moves at least one
/// 16-byte vector. Rows beyond max_columns_in_one_tile are looped over in tiles of 4096.
/// `rows` and `n` are those of the tensor as a matrix, both at least 1.
RowConfig choose_row_config(std::int64_t rows, std::int64_t n);

/// The same for kernels that work element by element, whose blocks take a tile each of a row: tiles
/// of at most 2048 columns, 16 elements a thread.
RowConfig choose_elementwise_config(std::int64_t rows, std::int64_t n);

}  // namespace tegula::ops
#pragma GCC visibility pop
