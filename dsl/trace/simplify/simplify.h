// The last steps from a trace to a Program: constant integer scalars are folded, so that
// cdiv(4096, 1024) is 4; instructions whose results nobody uses are dropped; and values are
// numbered in the order of their definition, so that equal kernels have equal Programs.
#pragma once

#include "dsl/program/program.h"

namespace tegula::detail {

void simplify(program::Program& program);

}  // namespace tegula::detail
