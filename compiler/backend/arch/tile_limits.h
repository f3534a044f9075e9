// How many elements of a tile a thread can have.
#pragma once

#include "dsl/program/program.h"

namespace tegula::compiler {

/// Throws Error{out_of_resources} at the author's line of the first tile of which each thread would
/// have more than format::max_elements elements: with so many, in local memory, a GPU's assembler
/// takes many minutes, and the simulator's image has no register that large. Checked on the
/// Program, so that it fails at once and not at the end.
void check_tile_sizes(const program::Program& program);

}  // namespace tegula::compiler
