// Runs a Program on the host, element by element and in double precision: what the tracer composes
// (sigmoid, argmax, Philox, Welford) is checked by values, without a compiler. Knows the ops that
// those compositions need, and views whose one tile is the whole tensor.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "dsl/program/program.h"

namespace tegula::testing {

/// A tile: floats as they are, integers as whole numbers, masks as 0 and 1. Row-major.
using Values = std::vector<double>;

/// `tensors`: by parameter name; stores change them. Throws std::logic_error for an op that it does
/// not know.
void interpret(const program::Program& program, std::map<std::string, Values>& tensors);

}  // namespace tegula::testing
