#include "dsl/trace/core/tracer.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "dsl/program/abi.h"
#include "dsl/program/collectives.h"
#include "dsl/program/op_table.h"
#include "dsl/trace/core/errors.h"
#include "dsl/trace/core/frames.h"
#include "dsl/trace/simplify/simplify.h"

namespace tegula::detail {

using program::Instruction;
using program::LocationId;
using program::Op;
using program::Region;
using program::Type;

namespace {

thread_local Tracer* current_tracer = nullptr;

void check_collectives(const program::Program& program) {
  const auto lone = program::find_lone_collective(program);
  if (!lone) return;
  const LocationId at = lone->collective->location;
  throw Error(
      ErrorCode::kernel,
      {.where = at == program::no_location ? program.name
                                           : describe_location(program, program.locations[at]),
       .problem = fmt::format("a collective of the cluster may wait for ever: {}", lone->problem),
       .wanted = "a place that all blocks of the cluster come to equally often",
       .hint = "compute the tile in the branch, and call cluster_sum, cluster_max or "
               "cluster_min after it; bounds of loops around it may depend on extents, "
               "scalar parameters and the grid's other axes"});
}

}  // namespace

Tracer::Tracer(program::Program declarations, bool checked)
    : program_(std::move(declarations)),
      checked_(checked),
      outer_(std::exchange(current_tracer, this)) {}

Tracer::~Tracer() {
  // Handles that outlive the trace (globals, members of the author's objects) must not name values
  // of a later trace by accident.
  while (handles_ != nullptr) {
    Handle& handle = *handles_;
    if (names_value(handle.value_)) handle.value_ = out_of_trace;
    handle.unlink();
  }
  current_tracer = outer_;
}

Tracer* Tracer::current() { return current_tracer; }

Tracer& Tracer::here(const std::source_location& at) {
  if (current_tracer == nullptr)
    fail(at, {.problem = "tiles exist only while a kernel is traced",
              .hint = "call this from a function given to kernel(...)"});
  return *current_tracer;
}

ValueId Tracer::use(ValueId value, const Tracer* owner, const std::source_location& at) const {
  if (value == uninitialised)
    fail(at, {.problem = "a tile is used that has no value yet",
              .hint = "give it one where it is declared, as in `Tile t = zeros(f32, {64});`"});
  if (value == out_of_loop)
    fail(at, {.problem = "a value made inside a traced loop is used after it",
              .hint = "give the tile a value before the loop: it is then carried out of it"});
  if (value == out_of_branch)
    fail(at, {.problem = "a value made in one branch of an if_ alone is used after it",
              .hint = "give the tile a value before the if_, or in both branches"});
  if (value == out_of_trace || owner != this)
    fail(at, {.problem = "a tile of another trace is used",
              .hint = "make tiles inside the kernel's function; do not keep them outside"});
  if (in_combination() && value < frames_.back().first_value)
    fail(at, {.problem = "a combination uses a tile from outside",
              .hint = "it may use its two arguments and literals: combine a further tile along "
                      "with the others, as in reduce({a, b}, axis, ...)"});
  return value;
}

LocationId Tracer::location(const std::source_location& at) {
  if (at.line() == 0) return program::no_location;
  last_location_ = at;
  std::uint32_t file = 0;
  while (file < program_.files.size() && program_.files[file] != at.file_name()) ++file;
  if (file == program_.files.size()) program_.files.emplace_back(at.file_name());
  const auto [it, fresh] = locations_.try_emplace(
      {file, at.line(), at.column()}, static_cast<LocationId>(program_.locations.size()));
  if (fresh) program_.locations.push_back({file, at.line(), at.column()});
  return it->second;
}

ValueId Tracer::new_value(Type type, LocationId location) {
  const auto value = static_cast<ValueId>(program_.types.size());
  program_.types.push_back(std::move(type));
  substitute_.push_back(value);
  value_location_.push_back(location);
  value_index_.push_back(0);
  return value;
}

ValueId Tracer::emit(Op op, std::vector<ValueId> operands, Type result,
                     const std::source_location& at, std::vector<std::int64_t> attributes) {
  return emit_all(op, std::move(operands), {std::move(result)}, at, std::move(attributes))[0];
}

std::vector<ValueId> Tracer::emit_all(Op op, std::vector<ValueId> operands,
                                      std::vector<Type> results, const std::source_location& at,
                                      std::vector<std::int64_t> attributes) {
  if (in_combination() && !program::rule(op).may_combine())
    fail(at, {.problem = "a combination does more than arithmetic on scalars",
              .got = std::string(program::op_name(op))});
  const LocationId where = location(at);
  std::vector<Instruction>& body = open_region().body;
  std::vector<ValueId> values;
  for (Type& result : results) {
    values.push_back(new_value(std::move(result), where));
    value_index_.back() = body.size();
  }
  body.push_back({.op = op,
                  .operands = std::move(operands),
                  .results = values,
                  .attributes = std::move(attributes),
                  .location = where});
  return values;
}

ValueId Tracer::leaf(Op op, Type result, std::vector<std::int64_t> attributes,
                     const std::source_location& at) {
  if (in_combination() && op != Op::constant)
    fail(at, {.problem = "a combination does more than arithmetic on scalars",
              .got = std::string(program::op_name(op))});
  Frame* const combination = in_combination() ? &frames_.back() : nullptr;
  std::vector<ValueId>& alike =
      (combination != nullptr ? combination->leaves : leaf_values_)[{op, attributes}];
  for (const ValueId value : alike)
    if (type(value) == result) return value;
  Region& region = combination != nullptr ? combination->region : leaves_;
  const LocationId where = location(at);
  const ValueId value = new_value(std::move(result), where);
  value_index_.back() = region.body.size();
  alike.push_back(value);
  region.body.push_back(
      {.op = op, .results = {value}, .attributes = std::move(attributes), .location = where});
  return value;
}

bool Tracer::in_combination() const {
  if (frames_.empty()) return false;
  const Op op = frames_.back().instruction.op;
  return op == Op::reduce_with || op == Op::scan_with;
}

std::int64_t Tracer::message(std::string_view text) {
  std::vector<std::string>& strings = program_.strings;
  for (std::size_t i = 0; i < strings.size(); ++i)
    if (strings[i] == text) return static_cast<std::int64_t>(i);
  strings.emplace_back(text);
  return static_cast<std::int64_t>(strings.size() - 1);
}

ValueId Tracer::constant(DType dtype, std::int64_t bits, const std::source_location& at) {
  return leaf(Op::constant, {.dtype = dtype}, {bits}, at);
}

std::optional<std::int64_t> Tracer::known_integer(ValueId value) const {
  value = resolve(value);
  if (!is_integer(type(value).dtype)) return std::nullopt;
  const Instruction* leaf =
      definition(value, Op::constant, in_combination() ? frames_.back().region : leaves_);
  if (leaf == nullptr) return std::nullopt;
  return leaf->attributes[0];
}

const Instruction* Tracer::definition(ValueId value, Op op) const {
  return definition(value, op, open_region());
}

const Instruction* Tracer::definition(ValueId value, Op op, const Region& region) const {
  const std::size_t index = value_index_[value];
  if (index >= region.body.size()) return nullptr;
  const Instruction& there = region.body[index];
  const bool defines = there.op == op && there.results.size() == 1 && there.results[0] == value;
  return defines ? &there : nullptr;
}

void Tracer::set_grid(std::vector<ValueId> extents, std::uint32_t cluster) {
  program_.grid = std::move(extents);
  program_.cluster = cluster;
}

void Tracer::require(std::uint32_t parameter, std::int32_t dimension, ValueId extent,
                     const std::source_location& at) {
  program_.requirements.push_back({parameter, dimension, extent, location(at)});
}

std::uint32_t Tracer::add_workspace(program::Parameter parameter, std::vector<ValueId> extents) {
  const auto is_taken = [&](const std::string& name) {
    return std::any_of(program_.parameters.begin(), program_.parameters.end(),
                       [&](const program::Parameter& p) { return p.name == name; });
  };
  for (int number = 0; parameter.name.empty() || is_taken(parameter.name); ++number)
    parameter.name = fmt::format("workspace_{}", number);
  const auto index = static_cast<std::uint32_t>(program_.parameters.size());
  program_.parameters.push_back(std::move(parameter));
  program_.workspaces.push_back({index, std::move(extents)});
  return index;
}

std::optional<ValueId> Tracer::workspace_extent(std::uint32_t parameter,
                                                std::size_t dimension) const {
  for (const program::Workspace& workspace : program_.workspaces)
    if (workspace.parameter == parameter) return workspace.extents.at(dimension);
  return std::nullopt;
}

ValueId Tracer::resolve(ValueId value) const {
  while (substitute_[value] != value) value = substitute_[value];
  return value;
}

void Tracer::resolve(Region& region) const {
  for (Instruction& instruction : region.body) {
    for (ValueId& operand : instruction.operands) operand = resolve(operand);
    for (Region& inner : instruction.regions) resolve(inner);
  }
}

program::Program Tracer::finish() {
  if (!frames_.empty())
    fail(frames_.back().at, {.problem = fmt::format("{} was left by an exception",
                                                    describe(frames_.back().instruction.op)),
                             .hint = "do not catch exceptions around it"});
  if (program_.grid.empty())
    throw Error(ErrorCode::kernel, {.where = program_.name,
                                    .problem = "the kernel states no grid",
                                    .hint = "say `auto [i] = grid({cdiv(n, 64)});`"});
  body_.body.push_back({.op = Op::yield});
  program::Program program = std::move(program_);
  program.body = std::move(leaves_);
  for (Instruction& instruction : body_.body) program.body.body.push_back(std::move(instruction));
  resolve(program.body);
  for (ValueId& extent : program.grid) extent = resolve(extent);
  for (program::Requirement& r : program.requirements) r.extent = resolve(r.extent);
  for (program::Workspace& w : program.workspaces)
    for (ValueId& extent : w.extents) extent = resolve(extent);

  simplify(program);
  // Throws, at the author's line, if a formula depends on more than extents.
  (void)program::launch_record(program);
  check_collectives(program);
  try {
    program::verify(program);
  } catch (const Error& error) {
    throw InternalError(std::string("tracing made an invalid Program: ") + error.what());
  }
  return program;
}

}  // namespace tegula::detail
