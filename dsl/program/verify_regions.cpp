// What the regions of loops, branches and combinations take and yield.
#include "dsl/program/op_table.h"
#include "dsl/program/verify_parts.h"

namespace tegula::program {
namespace {

Type scalar_of(DType dtype) { return {.dtype = dtype}; }

struct RegionTypes {
  const Program& program;
  const Instruction& instruction;

  std::vector<Type> operands(std::size_t first = 0) const {
    std::vector<Type> types;
    for (std::size_t i = first; i < instruction.operands.size(); ++i)
      types.push_back(program.types[instruction.operands[i]]);
    return types;
  }
  /// Results are not defined yet while the regions are walked, but have a type already.
  bool results_have_types() const {
    for (const ValueId result : instruction.results)
      if (result >= program.types.size()) return false;
    return true;
  }
  std::vector<Type> results() const {
    std::vector<Type> types;
    for (const ValueId result : instruction.results) types.push_back(program.types[result]);
    return types;
  }
};

bool all_tiles(const std::vector<Type>& types) {
  for (const Type& type : types)
    if (type.kind != Type::Kind::tile) return false;
  return true;
}

RegionRule carried_rule(const RegionTypes& t, std::size_t first) {
  RegionRule rule{.arguments = t.operands(first), .yields = t.operands(first)};
  if (!all_tiles(rule.arguments)) rule.problem = "a carried value is no tile";
  if (t.results() != rule.arguments) rule.problem = "a loop's results are not the carried values";
  return rule;
}

RegionRule for_rule(const RegionTypes& t) {
  if (t.instruction.operands.size() < 2) return {.problem = "a loop without bounds"};
  RegionRule rule = carried_rule(t, 2);
  const std::vector<Type> all = t.operands();
  if (!is_scalar(all[0], DType::i32) || !is_scalar(all[1], DType::i32))
    rule.problem = "a loop's bounds and induction are i32 scalars";
  rule.arguments.insert(rule.arguments.begin(), scalar_of(DType::i32));
  return rule;
}

RegionRule if_rule(const RegionTypes& t) {
  RegionRule rule{.yields = t.results()};
  if (!all_tiles(rule.yields)) rule.problem = "a result is no tile";
  if (!is_scalar(t.operands()[0], DType::i1)) rule.problem = "the condition is no i1 scalar";
  return rule;
}

RegionRule combine_rule(const RegionTypes& t) {
  RegionRule rule{.isolated = true};
  const std::vector<Type> tiles = t.operands();
  if (tiles.empty() || !all_tiles(tiles)) return {.problem = "an operand is no tile"};
  for (const Type& tile : tiles) {
    if (tile.shape != tiles[0].shape) return {.problem = "the tiles are not of one shape"};
    rule.yields.push_back(scalar_of(tile.dtype));
  }
  rule.arguments = rule.yields;
  rule.arguments.insert(rule.arguments.end(), rule.yields.begin(), rule.yields.end());
  const std::int64_t axis = t.instruction.attributes[0];
  if (axis < 0 || axis >= static_cast<std::int64_t>(tiles[0].shape.size()))
    return {.problem = "the axis is out of range"};
  std::vector<Type> results = tiles;
  if (t.instruction.op == Op::reduce_with)
    for (Type& result : results) result.shape[static_cast<std::size_t>(axis)] = 1;
  else if (t.instruction.attributes[1] != 0 && t.instruction.attributes[1] != 1)
    rule.problem = "the direction is neither 0 nor 1";
  if (rule.problem == nullptr && t.results() != results)
    rule.problem = "the results do not follow from the tiles";
  return rule;
}

}  // namespace

RegionRule region_rule(const Program& program, const Instruction& instruction, std::size_t index) {
  const RegionTypes t{program, instruction};
  if (!t.results_have_types()) return {.problem = "a result has no type"};
  switch (instruction.op) {
    case Op::for_loop:
      return for_rule(t);
    case Op::while_loop: {
      RegionRule rule = carried_rule(t, 0);
      if (index == 0) rule.yields = {scalar_of(DType::i1)};
      return rule;
    }
    case Op::if_then:
      return if_rule(t);
    case Op::reduce_with:
    case Op::scan_with:
      return combine_rule(t);
    default:
      return {.problem = "it has no regions"};
  }
}

}  // namespace tegula::program
