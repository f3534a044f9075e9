#include "dsl/trace/simplify/simplify.h"

#include <map>
#include <optional>
#include <utility>

#include "dsl/program/limits.h"
#include "dsl/program/op_table.h"
#include "dsl/trace/simplify/fold.h"

namespace tegula::detail {
namespace {

using program::Instruction;
using program::Op;
using program::Program;
using program::Region;
using program::ValueId;

/// Replaces constant integer arithmetic by constants, which go to the top of the body.
class Folder {
 public:
  explicit Folder(Program& program) : program_(program) {
    for (ValueId v = 0; v < program.types.size(); ++v) replaced_.push_back(v);
    known_.resize(program.types.size());
  }

  void run() {
    walk(program_.body);
    for (ValueId& extent : program_.grid) extent = replaced_[extent];
    for (program::Requirement& r : program_.requirements) r.extent = replaced_[r.extent];
    for (program::Workspace& w : program_.workspaces)
      for (ValueId& extent : w.extents) extent = replaced_[extent];
    program_.body.body.insert(program_.body.body.begin(), constants_.begin(), constants_.end());
  }

 private:
  void walk(Region& region) {
    for (Instruction& instruction : region.body) {
      for (ValueId& operand : instruction.operands) operand = replaced_[operand];
      const bool combines = instruction.op == Op::reduce_with || instruction.op == Op::scan_with;
      for (Region& inner : instruction.regions) combines ? walk_apart(inner) : walk(inner);
      fold(instruction);
    }
  }

  /// A combination sees nothing of the outside: its constants stay inside.
  void walk_apart(Region& region) {
    auto made = std::exchange(made_, {});
    auto constants = std::exchange(constants_, {});
    walk(region);
    region.body.insert(region.body.begin(), constants_.begin(), constants_.end());
    made_ = std::move(made);
    constants_ = std::move(constants);
  }

  void fold(const Instruction& instruction) {
    if (instruction.results.size() != 1) return;
    const ValueId result = instruction.results[0];
    const program::Type& type = program_.types[result];
    if (type.kind != program::Type::Kind::tile || !type.shape.empty()) return;
    const std::optional<std::int64_t> value = value_of(instruction, type.dtype);
    if (!value) return;
    if (instruction.op != Op::constant) {
      replaced_[result] = constant(type.dtype, *value, instruction.location);
      return;
    }
    made_.try_emplace({type.dtype, *value}, result);
    if (is_integer(type.dtype)) known_[result] = *value;
  }

  /// The bits of the constant that the instruction amounts to.
  std::optional<std::int64_t> value_of(const Instruction& instruction, DType dtype) const {
    if (instruction.op == Op::constant) return instruction.attributes[0];
    if (instruction.op == Op::dim) {
      const auto& p = program_.parameters[static_cast<std::size_t>(instruction.attributes[0])];
      const std::int64_t extent = p.extents[static_cast<std::size_t>(instruction.attributes[1])];
      if (extent == program::Parameter::dynamic) return std::nullopt;
      return extent;
    }
    for (const ValueId operand : instruction.operands)
      if (!known_[operand]) return std::nullopt;
    const std::size_t n = instruction.operands.size();
    if (instruction.op == Op::cast && n == 1)
      return fold_cast(*known_[instruction.operands[0]],
                       program_.types[instruction.operands[0]].dtype, dtype);
    if (n == 2 && is_integer(dtype))
      return fold_integers(instruction.op, dtype, *known_[instruction.operands[0]],
                           *known_[instruction.operands[1]]);
    return std::nullopt;
  }

  ValueId constant(DType dtype, std::int64_t bits, program::LocationId location) {
    const auto [it, fresh] = made_.try_emplace({dtype, bits}, 0);
    if (!fresh) return it->second;
    const auto value = static_cast<ValueId>(program_.types.size());
    program_.types.push_back({.dtype = dtype});
    replaced_.push_back(value);
    known_.push_back(is_integer(dtype) ? std::optional(bits) : std::nullopt);
    constants_.push_back(
        {.op = Op::constant, .results = {value}, .attributes = {bits}, .location = location});
    return it->second = value;
  }

  Program& program_;
  std::vector<ValueId> replaced_;                   // by value
  std::vector<std::optional<std::int64_t>> known_;  // by value: integer constants
  std::map<std::pair<DType, std::int64_t>, ValueId> made_;
  std::vector<Instruction> constants_;
};

/// Drops instructions whose only effect is a result that nobody uses.
class Pruner {
 public:
  explicit Pruner(Program& program) : program_(program), used_(program.types.size(), false) {}

  void run() {
    for (const ValueId extent : program_.grid) used_[extent] = true;
    for (const program::Requirement& r : program_.requirements) used_[r.extent] = true;
    for (const program::Workspace& w : program_.workspaces)
      for (const ValueId extent : w.extents) used_[extent] = true;
    prune(program_.body);
  }

 private:
  static bool acts(const Region& region) {
    for (const Instruction& instruction : region.body) {
      if (rule(instruction.op).has_effect) return true;
      for (const Region& inner : instruction.regions)
        if (acts(inner)) return true;
    }
    return false;
  }

  bool is_used(const Instruction& instruction) const {
    if (rule(instruction.op).has_effect || instruction.op == Op::yield) return true;
    for (const ValueId result : instruction.results)
      if (used_[result]) return true;
    for (const Region& region : instruction.regions)
      if (acts(region)) return true;
    return false;
  }

  /// From the last instruction to the first: uses come after definitions.
  void prune(Region& region) {
    std::vector<Instruction> kept;
    for (std::size_t i = region.body.size(); i-- > 0;) {
      Instruction& instruction = region.body[i];
      if (!is_used(instruction)) continue;
      for (const ValueId operand : instruction.operands) used_[operand] = true;
      for (Region& inner : instruction.regions) prune(inner);
      kept.push_back(std::move(instruction));
    }
    region.body.assign(std::make_move_iterator(kept.rbegin()),
                       std::make_move_iterator(kept.rend()));
  }

  Program& program_;
  std::vector<bool> used_;
};

/// Gives values new numbers in the order in which they are defined.
class Renumberer {
 public:
  explicit Renumberer(Program& program) : program_(program), number_(program.types.size(), 0) {}

  void run() {
    walk(program_.body);
    for (ValueId& extent : program_.grid) extent = number_[extent];
    for (program::Requirement& r : program_.requirements) r.extent = number_[r.extent];
    for (program::Workspace& w : program_.workspaces)
      for (ValueId& extent : w.extents) extent = number_[extent];
    program_.types = std::move(types_);
  }

 private:
  void define(ValueId& value) {
    number_[value] = static_cast<ValueId>(types_.size());
    types_.push_back(program_.types[value]);
    value = number_[value];
  }

  void walk(Region& region) {
    for (ValueId& argument : region.arguments) define(argument);
    for (Instruction& instruction : region.body) {
      for (ValueId& operand : instruction.operands) operand = number_[operand];
      for (Region& inner : instruction.regions) walk(inner);
      for (ValueId& result : instruction.results) define(result);
    }
  }

  Program& program_;
  std::vector<ValueId> number_;  // by old number
  std::vector<program::Type> types_;
};

}  // namespace

void simplify(Program& program) {
  Folder(program).run();
  Pruner(program).run();
  Renumberer(program).run();
}

}  // namespace tegula::detail
