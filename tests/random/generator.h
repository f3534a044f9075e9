// Random programs: the same seed, the same program. Each is free of races, stays inside its tensors
// and ends, and gives the same bits in whichever order its reductions and blocks are done:
//
// - Floats are summed only where all partial sums are exact.
// - A product of f32 or f64 that may come to an addition is `rounded` first, since which products
//   are fused into it is the compiler's choice.
// - Integers are not divided by 0; shifts are not negative.
// - What is written is a block's own, and read by it alone; atomics of a tensor are of one kind.
#pragma once

#include "tests/random/program.h"

namespace tegula::random_programs {

Program generate(std::uint64_t seed);

}  // namespace tegula::random_programs
