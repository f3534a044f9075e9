// A smaller program that fails in the same way.
#pragma once

#include <functional>

#include "tests/random/program.h"

namespace tegula::random_programs {

/// Drops statements, puts constants in their place, takes loops and branches apart, as long as
/// `fails` is true of what remains; it must be of `program`.
Program shrunk(const Program& program, const std::function<bool(const Program&)>& fails);

}  // namespace tegula::random_programs
