// Collectives of a cluster: all its blocks must come to each of them, equally often.
#pragma once

#include <optional>

#include "dsl/program/program.h"

namespace tegula::program {

/// A cluster_reduce that some blocks may not come to.
struct LoneCollective {
  const Instruction* collective = nullptr;
  const char* problem = nullptr;  ///< "it stands in a branch..."
};
/// The first one of a Program whose operands are defined before their uses. A collective may stand
/// in loops whose bounds are surely the same in all blocks of a cluster: computed from constants,
/// extents, scalar parameters, the other axes of the grid, and what collectives gave.
std::optional<LoneCollective> find_lone_collective(const Program& program);

}  // namespace tegula::program
