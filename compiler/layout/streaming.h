// Streaming: layouts with which tiles of several dtypes are all moved in full vectors and sectors.
//
// Accesses are best if each lane moves 16 bytes and each request of a warp covers whole sectors of
// 32 bytes. For one dtype Distributed::blocked does that. For a bf16 and an f32 tile that meet in
// arithmetic no single layout can: 16 bytes are 8 elements of the one and 4 of the other, and with
// 8 elements a lane an f32 request would use half of each sector.
//
//      f32    [256] register:(1 2   8) lane:(4   16 32 64 128)       two lanes make a sector
//      bf16   [256] register:(1 2   4) lane:(8   16 32 64 128)       widened(8)
//
// In the two, one register bit and one lane bit have changed roles: half of the words of the bf16
// tile go to the neighbouring lane, by one shuffle each (shuffle.h).
#pragma once

#include <optional>

#include "compiler/layout/distributed.h"

namespace tegula::layout {

// As Distributed::blocked with vectors of `narrow` elements, but arranged so that widened(wide)
// only moves elements between neighbouring lanes: the register bits come right above those of the
// first lanes. The same as blocked if the tile has fewer than `wide` elements for each thread.
// Throws std::invalid_argument if an argument is not a power of two, or wide < narrow.
Distributed streaming(const Shape& shape, int narrow, int wide, int warps);

// The layout with vectors of `vector_elements`: lane bits that move within such a vector are
// swapped with register bits, the lowest that are free. nullopt if the layout has such vectors
// already, if there is no register bit to swap with, or if the vector spans warps.
std::optional<Distributed> widened(const Distributed& layout, int vector_elements);

// The length of the runs of consecutive elements that one access of `width` elements by all lanes
// of a warp covers, in memory whose rows are contiguous.
int64_t contiguous_run(const Distributed& layout, int width);

}  // namespace tegula::layout
