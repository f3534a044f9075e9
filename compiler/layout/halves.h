// Halves: a tile whose last axis has extent 2, and the tiles that it is joined from.
#pragma once

#include <optional>

#include "compiler/layout/distributed.h"

namespace tegula::layout {

// For a tile whose last axis has extent 2: the layout of its halves if every thread holds both
// halves of its elements, and nothing otherwise. whole_layout is its inverse, with the halves in
// neighbouring registers.
std::optional<Distributed> half_layout(const Distributed& whole);
Distributed whole_layout(const Distributed& half);

// The layout of a half that a thread joins, or splits, without asking others; where the whole's
// does not allow it (its halves are different lanes'), one from which few shuffles lead to the
// whole: with the bit of a register for that of the lane, or else with copies in all those lanes.
Distributed nearest_half_layout(const Distributed& whole);

}  // namespace tegula::layout
