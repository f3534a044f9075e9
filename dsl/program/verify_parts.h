// The two halves of verify that need no walk: the declarations before the body, and the types of
// one instruction.
#pragma once

#include "dsl/program/program.h"

namespace tegula::program {

inline bool is_scalar(const Type& type, DType dtype) {
  return type.kind == Type::Kind::tile && type.shape.empty() && type.dtype == dtype;
}

/// Name, config, warps, parameters, types and locations. Throws Error{corrupt_data}.
void check_header(const Program& program);

/// What is wrong with the types and attributes of an instruction whose counts of operands, results
/// and attributes are right; null if nothing is. Loops and yields are the walk's.
const char* check_types(const Program& program, const Instruction& instruction);

}  // namespace tegula::program
