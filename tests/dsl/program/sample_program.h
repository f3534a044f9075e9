// A Program in which the ops with regions, indices and messages occur.
#pragma once

#include "dsl/program/program.h"

namespace tegula::testing {

program::Program sample_program();

}  // namespace tegula::testing
