// The rules of program.h, checked in one walk over the body. A Program that passes can be imported
// without further checks: every operand is defined before its use, and every type follows.
#include <fmt/format.h>

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
        host_(program.types.size(), false),
        viewed_(program.types.size(), 0) {}

  void run() {
    check_header(program_);
    walk(program_.body, nullptr);
    check_grid();
    check_requirements();
  }

 private:
  enum class State : char { undefined, visible, hidden };

  [[noreturn]] void fail(const std::string& problem) const {
    throw Error(ErrorCode::corrupt_data,
                {.argument = "program",
                 .problem = number_ < 0 ? problem
                                        : fmt::format("instruction {} ({}): {}", number_,
                                                      op_name(current_->op), problem)});
  }
  void need(bool holds, const char* problem) const {
    if (!holds) fail(problem);
  }

  const Type& type(ValueId value) const { return program_.types[value]; }

  void define(ValueId value, std::vector<ValueId>& scope) {
    need(value < state_.size(), "a result has no type");
    need(state_[value] == State::undefined, "a value is defined twice");
    state_[value] = State::visible;
    scope.push_back(value);
  }
  void use(ValueId value) const {
    need(value < state_.size() && state_[value] == State::visible,
         "an operand is not defined before its use");
  }

  /// `loop`: the instruction whose region this is; null for the kernel's body.
  void walk(const Region& region, const Instruction* loop) {
    std::vector<ValueId> scope;
    for (const ValueId argument : region.arguments) define(argument, scope);
    if (loop != nullptr)
      check_loop_arguments(*loop, region);
    else
      need(region.arguments.empty(), "the body has arguments");
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
      if (instruction.op == Op::yield) {
        need(i + 1 == region.body.size(), "a yield stands inside a region");
        check_yield(instruction, loop);
        break;
      }
      // The region first: the loop's results are not visible in its body.
      for (const Region& inner : instruction.regions) walk(inner, &instruction);
      current_ = &instruction;
      for (const ValueId result : instruction.results) define(result, scope);
      if (instruction.op == Op::for_loop)
        check_loop(instruction);
      else if (const char* problem = check_types(program_, instruction))
        fail(problem);
      check_direction(instruction);
      note_host(instruction);
    }
    // The kernel's own values stay visible: the grid and the requirements name some of them.
    if (loop != nullptr)
      for (const ValueId value : scope) state_[value] = State::hidden;
  }

  void check_counts(const Instruction& instruction) const {
    const OpRule& r = rule(instruction.op);
    const auto matches = [](int wanted, std::size_t got) {
      return wanted == OpRule::any || static_cast<std::size_t>(wanted) == got;
    };
    need(matches(r.operands, instruction.operands.size()), "wrong number of operands");
    need(matches(r.results, instruction.results.size()), "wrong number of results");
    need(matches(r.attributes, instruction.attributes.size()), "wrong number of attributes");
    need(matches(r.regions, instruction.regions.size()), "wrong number of regions");
  }

  void check_loop_arguments(const Instruction& loop, const Region& region) const {
    need(loop.operands.size() >= 2, "a loop without bounds");
    need(region.arguments.size() + 1 == loop.operands.size(),
         "the region's arguments are not the induction and the carried values");
    need(is_scalar(type(loop.operands[0]), DType::i32) &&
             is_scalar(type(loop.operands[1]), DType::i32) &&
             is_scalar(type(region.arguments[0]), DType::i32),
         "a loop's bounds and induction are i32 scalars");
    for (std::size_t i = 2; i < loop.operands.size(); ++i)
      need(type(loop.operands[i]).kind == Type::Kind::tile &&
               type(loop.operands[i]) == type(region.arguments[i - 1]),
           "a carried value changes its type");
  }

  void check_yield(const Instruction& yield, const Instruction* loop) const {
    const std::size_t carried = loop == nullptr ? 0 : loop->operands.size() - 2;
    need(yield.operands.size() == carried, "a yield does not match the carried values");
    for (std::size_t i = 0; i < carried; ++i)
      need(type(yield.operands[i]) == type(loop->operands[i + 2]),
           "a yielded value is of another type than the carried one");
  }

  void check_loop(const Instruction& loop) const {
    need(loop.results.size() + 2 == loop.operands.size(),
         "a loop's results are not the carried values");
    for (std::size_t i = 0; i < loop.results.size(); ++i)
      need(type(loop.results[i]) == type(loop.operands[i + 2]),
           "a loop's result is of another type than the carried value");
  }

  /// Loads read what the kernel may read, stores write what it may write.
  void check_direction(const Instruction& instruction) {
    const auto access = [&](std::size_t operand) {
      return program_.parameters[viewed_[instruction.operands[operand]]].access;
    };
    if (instruction.op == Op::view)
      viewed_[instruction.results[0]] = static_cast<std::uint32_t>(instruction.attributes[0]);
    if (instruction.op == Op::load) need(access(0) != Parameter::Access::out, "it reads an output");
    if (instruction.op == Op::store) need(access(1) != Parameter::Access::in, "it writes an input");
  }

  void note_host(const Instruction& instruction) {
    if (instruction.results.size() != 1 || !is_host_computable(instruction.op)) return;
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

  const Program& program_;
  std::vector<State> state_;
  std::vector<bool> host_;             ///< by value: a formula that the host can evaluate
  std::vector<std::uint32_t> viewed_;  ///< by value: the parameter of a view
  const Instruction* current_ = nullptr;
  std::int64_t number_ = -1;
};

}  // namespace

void verify(const Program& program) { Verifier(program).run(); }

}  // namespace tegula::program
