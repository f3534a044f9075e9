// Streaming: layouts in which tiles of several dtypes are all moved in full vectors and sectors.
//
// Memory wants 16 bytes a lane, and each request of a warp to cover whole sectors of 32 bytes. For
// one dtype that is Distributed::blocked. For a bf16 and an f32 tile that meet in arithmetic it
// cannot be one layout: 16 bytes are 8 elements of the one and 4 of the other, and with 8 elements
// a lane an f32 request would take half of each sector.
//
//      f32    [256] register:(1 2   8) lane:(4   16 32 64 128)       two lanes make a sector
//      bf16   [256] register:(1 2   4) lane:(8   16 32 64 128)       widened(8)
//
// The two differ in one register bit and one lane bit, changed for each other: half of the words of
// the bf16 tile go to the neighbouring lane by one shuffle each (shuffle.h).
#pragma once

#include <optional>

#include "compiler/layout/distributed.h"

namespace tegula::layout {

// As Distributed::blocked with vectors of `narrow` elements, but arranged so that widened(wide) has
// only to change neighbouring lanes: registers have the bits above those that the first lanes have.
// The same as blocked where the tile has fewer than `wide` elements for each thread.
// Throws std::invalid_argument if an argument is not a power of two, or wide < narrow.
Distributed streaming(const Shape& shape, int narrow, int wide, int warps);

// The layout with vectors of `vector_elements`, in which lane bits that move within such a vector
// have changed places with register bits, the lowest that are free. nullopt if it has such vectors
// already, if there is no register bit to change with, or if the vector spans warps.
std::optional<Distributed> widened(const Distributed& layout, int vector_elements);

// How many consecutive elements, in memory where rows are contiguous, one access of `width`
// elements by all lanes of a warp covers without a gap around each of them.
int64_t contiguous_run(const Distributed& layout, int width);

}  // namespace tegula::layout
