// Collectives of a cluster: all its blocks must reach each of them, equally often.
#pragma once

#include <optional>

#include "dsl/program/program.h"

namespace tegula::program {

/// A cluster_reduce that some blocks may not reach.
struct LoneCollective {
  const Instruction* collective = nullptr;
  const char* problem = nullptr;  ///< "it stands in a branch..."
};
/// The first one of a Program whose operands are defined before their uses. A collective may be in
/// loops whose bounds are certain to be the same in all blocks of a cluster: computed from
/// constants, extents, scalar parameters, the other axes of the grid, and results of collectives.
std::optional<LoneCollective> find_lone_collective(const Program& program);

}  // namespace tegula::program
