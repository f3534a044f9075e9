// Whether a program's kernel does what the host does.
#pragma once

#include <optional>
#include <string>

#include "tegula/device.h"
#include "tests/random/program.h"

namespace tegula::random_programs {

struct Failure {
  std::string kind;  ///< the same for the same fault, mostly: what went wrong, without numbers
  std::string text;
};

/// Runs the program on the stream's device; nothing if all is well. Throws std::logic_error for one
/// that the host cannot run.
std::optional<Failure> check(const Program& program, Stream& stream);
/// Makes PTX of the program, and a cubin where there is an assembler.
std::optional<Failure> check_ptx(const Program& program, Stream& stream,
                                 const std::string& architecture);
/// The first with all checks of a simulator, of an architecture that the seed says; now and then
/// the second, too.
std::optional<Failure> check(const Program& program);

}  // namespace tegula::random_programs
