// The parts of verify that need no walk: the declarations before the body, and the types of one
// instruction.
#pragma once

#include <vector>

#include "dsl/program/program.h"

namespace tegula::program {

inline bool is_scalar(const Type& type, DType dtype) {
  return type.kind == Type::Kind::tile && type.shape.empty() && type.dtype == dtype;
}

/// Name, config, warps, cluster, parameters, types and locations. Throws Error{corrupt_data}.
void check_header(const Program& program);

/// The types of a region's arguments and of what it yields.
struct RegionRule {
  std::vector<Type> arguments, yields;
  /// The region uses only its arguments and its own values, nothing from outside, and holds only
  /// instructions for which OpRule::may_combine is true.
  bool isolated = false;
  const char* problem = nullptr;  ///< with the operands or results of the instruction itself
};
/// The rule of region `index` of an instruction whose operands are defined and whose counts are
/// right. If the regions obey, so do the results: their types are part of the rule.
RegionRule region_rule(const Program& program, const Instruction& instruction, std::size_t index);

/// What is wrong with the types and attributes of an instruction whose counts of operands, results
/// and attributes are right; null if nothing is. Ops with regions, and yields, are left to the
/// walk.
const char* check_types(const Program& program, const Instruction& instruction);

}  // namespace tegula::program
