// How many elements of a tile a thread can have.
#pragma once

#include "dsl/program/program.h"

namespace tegula::compiler {

/// Throws Error{out_of_resources} at the author's line of the first tile of which each thread would
/// have more than format::max_elements: so many, in a thread's local memory, take a GPU's assembler
/// many minutes, and the simulator's image has no register for them. Needs no compiler: what would
/// fail at the end fails at once.
void check_tile_sizes(const program::Program& program);

}  // namespace tegula::compiler
