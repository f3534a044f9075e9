// The rules of program.h, checked in one walk over the body. A Program that passes can be imported
// without further checks: every operand is defined before its use, and every type follows.
#include <fmt/format.h>

#include <utility>

#include "dsl/program/collectives.h"
#include "dsl/program/limits.h"
#include "dsl/program/op_table.h"
#include "dsl/program/verify_parts.h"
#include "tegula/error.h"

namespace tegula::program {
namespace {

class Verifier {
 public:
  explicit Verifier(const Program& program)
      : program_(program),
        state_(program.types.size(), State::undefined),
        isolation_(program.types.size(), 0),
        host_(program.types.size(), false),
        viewed_(program.types.size(), 0) {}

  void run() {
    check_header(program_);
    walk(program_.body, nullptr, {});
    check_grid();
    check_cluster();
    check_requirements();
    check_workspaces();
  }

 private:
  enum class State : char { undefined, visible, hidden };

  [[noreturn]] void fail(const std::string& problem) const {
    throw Error(ErrorCode::corrupt_data,
                {.where = location(),
                 .argument = "program",
                 .problem = number_ < 0 ? problem
                                        : fmt::format("instruction {} ({}): {}", number_,
                                                      op_name(current_->op), problem)});
  }
  /// The author's line of the current instruction, if it has one.
  std::string location() const {
    if (number_ < 0 || current_->location >= program_.locations.size()) return "";
    return describe_location(program_, program_.locations[current_->location]);
  }
  void need(bool holds, const char* problem) const {
    if (!holds) fail(problem);
  }

  const Type& type(ValueId value) const { return program_.types[value]; }

  void define(ValueId value, std::vector<ValueId>& scope) {
    need(value < state_.size(), "a result has no type");
    need(state_[value] == State::undefined, "a value is defined twice");
    state_[value] = State::visible;
    isolation_[value] = inside_;
    scope.push_back(value);
  }
  void use(ValueId value) const {
    need(value < state_.size() && state_[value] == State::visible && isolation_[value] == inside_,
         "an operand is not defined before its use");
  }

  /// `owner`: the instruction whose region this is; null for the kernel's body.
  void walk(const Region& region, const Instruction* owner, const RegionRule& rule) {
    std::vector<ValueId> scope;
    for (const ValueId argument : region.arguments) define(argument, scope);
    need(has_types(region.arguments, rule.arguments),
         owner == nullptr ? "the body has arguments"
                          : "the region's arguments are not what it is given");
    need(!region.body.empty() && region.body.back().op == Op::yield,
         "a region does not end with a yield");
    for (std::size_t i = 0; i < region.body.size(); ++i) {
      const Instruction& instruction = region.body[i];
      ++number_;
      current_ = &instruction;
      check_counts(instruction);
      for (const ValueId operand : instruction.operands) use(operand);
      need(instruction.location == no_location || instruction.location < program_.locations.size(),
           "the location is out of range");
      need(!rule.isolated || program::rule(instruction.op).may_combine(),
           "it cannot stand in a combination");
      if (instruction.op == Op::yield) {
        need(i + 1 == region.body.size(), "a yield stands inside a region");
        need(has_types(instruction.operands, rule.yields),
             "a yield does not match what the region gives");
        break;
      }
      // The regions first: the results are not visible in them.
      need(instruction.regions.empty() || depth_ < max_depth, "regions are nested too deep");
      ++depth_;
      for (std::size_t r = 0; r < instruction.regions.size(); ++r) enter(instruction, r);
      --depth_;
      current_ = &instruction;
      for (const ValueId result : instruction.results) define(result, scope);
      if (instruction.regions.empty())
        if (const char* problem = check_types(program_, instruction)) fail(problem);
      check_direction(instruction);
      note_host(instruction);
    }
    // The kernel's own values stay visible: the grid and the requirements name some of them.
    if (owner != nullptr)
      for (const ValueId value : scope) state_[value] = State::hidden;
  }

  void enter(const Instruction& instruction, std::size_t index) {
    current_ = &instruction;
    const RegionRule rule = region_rule(program_, instruction, index);
    if (rule.problem != nullptr) fail(rule.problem);
    if (!rule.isolated) return walk(instruction.regions[index], &instruction, rule);
    // Nothing from outside is visible inside.
    const std::uint32_t outside = std::exchange(inside_, ++isolated_);
    walk(instruction.regions[index], &instruction, rule);
    inside_ = outside;
  }

  bool has_types(const std::vector<ValueId>& values, const std::vector<Type>& types) const {
    if (values.size() != types.size()) return false;
    for (std::size_t i = 0; i < values.size(); ++i)
      if (!(type(values[i]) == types[i])) return false;
    return true;
  }

  void check_counts(const Instruction& instruction) const {
    const OpRule& r = rule(instruction.op);
    const auto matches = [](int wanted, std::size_t got) {
      return wanted == OpRule::any || static_cast<std::size_t>(wanted) == got;
    };
    need(matches(r.operands, instruction.operands.size()), "wrong number of operands");
    need(matches(r.results, instruction.results.size()), "wrong number of results");
    need(matches(r.attribute_count(), instruction.attributes.size()), "wrong number of attributes");
    need(matches(r.regions, instruction.regions.size()), "wrong number of regions");
  }

  /// Checks that loads read tensors that the kernel may read, and stores write those it may write.
  void check_direction(const Instruction& instruction) {
    const auto access = [&] {
      const bool viewed = instruction.op == Op::load || instruction.op == Op::store;
      const std::size_t view = instruction.op == Op::store ? 1 : 0;
      return program_
          .parameters[viewed ? viewed_[instruction.operands[view]]
                             : static_cast<std::uint32_t>(instruction.attributes[0])]
          .access;
    };
    switch (instruction.op) {
      case Op::view:
        viewed_[instruction.results[0]] = static_cast<std::uint32_t>(instruction.attributes[0]);
        return;
      case Op::load:
      case Op::gather:
        return need(access() != Parameter::Access::out, "it reads an output");
      case Op::store:
      case Op::scatter:
        return need(access() != Parameter::Access::in, "it writes an input");
      case Op::atomic:
      case Op::atomic_cas:
        return need(access() == Parameter::Access::in_out, "an atomic reads and writes");
      default:
        return;
    }
  }

  void note_host(const Instruction& instruction) {
    if (instruction.results.size() != 1 || !rule(instruction.op).on_host) return;
    const Type& t = type(instruction.results[0]);
    bool host = t.kind == Type::Kind::tile && t.shape.empty() && is_integer(t.dtype);
    for (const ValueId operand : instruction.operands) host = host && host_[operand];
    host_[instruction.results[0]] = host;
  }

  bool is_host_i32(ValueId value) const {
    return value < state_.size() && state_[value] == State::visible && host_[value] &&
           type(value).dtype == DType::i32;
  }

  void check_grid() {
    number_ = -1;
    need(!program_.grid.empty() && program_.grid.size() <= 3, "a grid has 1 to 3 extents");
    for (const ValueId value : program_.grid)
      need(is_host_i32(value), "a grid extent is no i32 formula of extents and constants");
  }

  void check_cluster() const {
    if (program_.cluster == 1) return;
    const ValueId last = program_.grid.back();
    bool found = false;
    for (const Instruction& i : program_.body.body)
      found = found || (i.op == Op::constant && i.results[0] == last &&
                        i.attributes[0] == static_cast<std::int64_t>(program_.cluster));
    need(found, "the grid's last extent is not the cluster's size");
    if (const auto lone = find_lone_collective(program_)) fail(lone->problem);
  }

  void check_requirements() const {
    for (const Requirement& requirement : program_.requirements) {
      need(requirement.parameter < program_.parameters.size(), "a requirement of no parameter");
      const Parameter& parameter = program_.parameters[requirement.parameter];
      need(parameter.kind == Parameter::Kind::tensor, "a requirement of no tensor");
      need(requirement.dimension >= -1 &&
               requirement.dimension < static_cast<std::int64_t>(parameter.extents.size()),
           "a requirement of no dimension");
      need(is_host_i32(requirement.extent),
           "a required extent is no i32 formula of extents and constants");
      need(requirement.location == no_location || requirement.location < program_.locations.size(),
           "a requirement's location is out of range");
    }
  }

  void check_workspaces() const {
    for (const Workspace& workspace : program_.workspaces)
      for (const ValueId extent : workspace.extents)
        need(is_host_i32(extent),
             "a workspace's extent is no i32 formula of extents and constants");
  }

  const Program& program_;
  std::vector<State> state_;
  std::vector<std::uint32_t> isolation_;     ///< by value: the isolated region it is defined in
  std::uint32_t inside_ = 0, isolated_ = 0;  ///< the open one, 0 for none; how many there were
  std::vector<bool> host_;                   ///< by value: a formula that the host can evaluate
  std::vector<std::uint32_t> viewed_;        ///< by value: the parameter of a view
  const Instruction* current_ = nullptr;
  std::int64_t number_ = -1;
  int depth_ = 0;  ///< regions around the current instruction, the body not counted
};

}  // namespace

void verify(const Program& program) { Verifier(program).run(); }

}  // namespace tegula::program
