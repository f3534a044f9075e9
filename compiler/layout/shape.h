// Shapes of tiles, and the linear maps that come from shapes alone.
//
// Every extent is a power of two, so the row-major flat index of an element is the bits of its
// coordinates side by side, the last axis lowest. In a tile [4x8]:
//
//     flat index   1 0 | 1 0 1     = 21, the element at row 2, column 5
//     axis          0  |   1       axis_mask: 11000 for axis 0, 00111 for axis 1
//
// Transposing moves groups of bits, and broadcasting ignores some.
//
// Extents odd * 2^k are planned. Their odd factor will count registers and stay outside the bits,
// so this file will then be about the power-of-two part.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "compiler/layout/linear_map.h"

namespace tegula::layout {

// Extents in elements, outermost axis first. An empty shape is a scalar: one element.
using Shape = std::vector<int64_t>;

// A tile has at most 2^30 elements.
inline constexpr int max_tile_bits = 30;

// "[8x16]"; a scalar is "[]".
std::string shape_to_string(const Shape& shape);

// log2 of the number of elements. Throws std::invalid_argument, naming the shape, if an extent is
// not a power of two or the tile has more than 2^30 elements. The functions below do the same.
int tile_bits(const Shape& shape);

// The bits of the flat index that count along `axis`; 0 for an axis of extent 1.
// Throws std::invalid_argument if there is no such axis.
uint32_t axis_mask(const Shape& shape, int axis);

// The extent of the last axis that is longer than 1 (1 if there is none): how many elements are
// consecutive in a row, regardless of axes of extent 1 after it.
int64_t inner_extent(const Shape& shape);

// One coordinate per axis of the element with this flat index.
// Throws std::invalid_argument if the index is outside the tile.
std::vector<int64_t> coordinates(const Shape& shape, uint32_t flat);

// For a source tile that is broadcast: flat index in `target` -> flat index in `source` of the
// element it is a copy of. The bits of axes that have extent 1 in the source are dropped. Throws
// std::invalid_argument unless the ranks are equal and each source extent is 1 or the target's.
LinearMap broadcast_projection(const Shape& source, const Shape& target);

// Axis i of the result is axis permutation[i] of `shape`, as in NumPy's transpose.
// Throws std::invalid_argument if `permutation` is not one of the axes.
Shape transpose_shape(const Shape& shape, const std::vector<int>& permutation);

// Flat index in `shape` -> flat index of the same element in the transposed tile.
LinearMap transpose_projection(const Shape& shape, const std::vector<int>& permutation);

}  // namespace tegula::layout
