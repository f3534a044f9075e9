// A description as a kernel of the language, and its launch.
#pragma once

#include <string>
#include <vector>

#include "tegula/device.h"
#include "tests/random/numbers.h"
#include "tests/random/program.h"

namespace tegula::random_programs {

/// What each tensor of the program holds after the kernel has run on the device: all elements of
/// its memory. Throws what tracing, compiling and launching throw.
std::vector<std::vector<Element>> launch(const Program& program, Stream& stream);

/// Compiles the kernel for a GPU, to a cubin where there is an assembler, else to PTX. Throws the
/// same.
void compile_to_ptx(const Program& program, Stream& stream, const std::string& architecture);

}  // namespace tegula::random_programs
