// The host's answer: what each tensor of a program holds after it has run.
#pragma once

#include <vector>

#include "tests/random/numbers.h"
#include "tests/random/program.h"

namespace tegula::random_programs {

/// By tensor, all elements of its memory.
std::vector<std::vector<Element>> evaluate(const Program& program);

}  // namespace tegula::random_programs
