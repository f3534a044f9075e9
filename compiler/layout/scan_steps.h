// Scan steps: the order in which a layout's bits walk along an axis.
//
// A scan combines neighbours first, then groups of neighbours. How depends on the kind of bit that
// the next bit of the axis's index is: registers are combined in the thread, lanes by shuffles,
// warps through shared memory.
//
//     [1024] register:(1 2 512) lane:(4 8 16 32 64) warp:(128 256)
//
// walks 4 neighbours in registers 0 and 1, then 5 bits of lanes, 2 of warps, and register bit 2:
//
//     {registers, {0, 1}}  {lanes, {0, 1, 2, 3, 4}}  {warps, {0, 1}}  {registers, {2}}
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "compiler/layout/distributed.h"

namespace tegula::layout {

// Bits of one kind that follow each other along the axis, in ascending order on both sides.
struct ScanStep {
  enum class Kind : std::uint8_t { registers, lanes, warps };
  Kind kind = Kind::registers;
  std::vector<int> bits;  // of the register, lane or warp number

  // The bits as a mask of that number.
  std::uint32_t mask() const;
  friend bool operator==(const ScanStep&, const ScanStep&) = default;
};

// The steps along `axis`, the lowest bits of its index first; none for an extent of 1. nullopt
// unless every bit of the axis's index belongs to one column, and that column moves nothing else:
// layouts with copies or swizzles along the axis, or with it split over CTAs, have no such order.
// Throws std::invalid_argument if there is no such axis.
std::optional<std::vector<ScanStep>> scan_steps(const Distributed& layout, int axis);

// The layout in which to scan along `axis` a tile that is, and is needed back, in `layout`: that
// one if it has scan steps and is not too expensive, otherwise a blocked one. Each group of
// neighbours that a thread holds costs a shuffle for every lane bit of the axis, and two more;
// where neighbours are in neighbouring lanes, as when a tile is loaded element by element, every
// element is a group. In the blocked layout a thread holds one group; converting to it and back
// takes, for each register, a store of one element and a load of four at a time, or the reverse,
// and two barriers, each counted as 16 accesses. Throws std::invalid_argument if there is no such
// axis.
Distributed layout_for_scan(const Distributed& layout, int axis);

}  // namespace tegula::layout
