// Layout conversions: what must move when a tile changes from one distributed layout to another.
//
// Layouts of one tile can differ in their register columns, their lane columns, or their warp
// columns. The cheaper the kind of columns in which they differ, the cheaper the conversion:
//
//     [4x32] register:(1 64) lane:(2 4 8 16 32)      what a thread has
//     [4x32] register:(64 1) lane:(2 4 8 16 32)      registers: renamed, no instruction at all
//     [4x32] register:(32 64) lane:(1 2 4 8 16)      lanes: shuffles within the warp
//
// Broadcasts and reductions within a thread are register renamings too, between tiles of different
// shapes; a projection (shape.h) then says which source element a target element is a copy of.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "compiler/layout/distributed.h"

namespace tegula::layout {

// For each register of the target, the register of the source that holds element
// projection(target element) in the same thread, for every thread; of several the lowest. nullopt
// if there is no such register number, or if the layouts' warps() or ctas() differ.
// `projection` maps target flat indices to source flat indices; throws std::invalid_argument if its
// bits are not the two tiles'.
std::optional<std::vector<uint32_t>> register_sources(const Distributed& source,
                                                      const Distributed& target,
                                                      const LinearMap& projection);

// The same for two layouts of one tile. Throws std::invalid_argument if the shapes differ.
std::optional<std::vector<uint32_t>> register_sources(const Distributed& source,
                                                      const Distributed& target);

// In ascending order of what they can do.
enum class ConversionKind {
  none,       // the layouts are equal
  registers,  // each thread has what it needs: rename registers
  lanes,      // each warp has what it needs: shuffle
  shared,     // through shared memory; the cluster's, where elements move between CTAs
};

// The cheapest kind of conversion from source to target. If warps() or ctas() differ that is
// `shared`. Throws std::invalid_argument if the shapes differ.
ConversionKind classify(const Distributed& source, const Distributed& target);

// For each register, the register of layout.reduced(axis) that it folds into when each thread
// reduces its own part of the axis. Folding lanes (axis_lane_bits), warps and CTAs comes after.
// Throws std::invalid_argument if there is no such axis, if the layout is not separable along it,
// or if registers are replicated, as copies would then count twice.
std::vector<uint32_t> reduction_targets(const Distributed& layout, int axis);

}  // namespace tegula::layout
