// Whether a program's kernel does what the host does.
#pragma once

#include <optional>
#include <string>

#include "tests/random/program.h"

namespace tegula::random_programs {

struct Failure {
  std::string kind;  ///< the same for the same fault, mostly: what went wrong, without numbers
  std::string text;
};

/// Runs the program on a simulator of `architecture` with all checks, and now and then, by the
/// seed, compiles it to PTX, too. Nothing if all is well.
std::optional<Failure> check(const Program& program, const std::string& architecture);
/// On the architecture that the seed says.
std::optional<Failure> check(const Program& program);

}  // namespace tegula::random_programs
