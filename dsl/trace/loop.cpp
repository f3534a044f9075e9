// Traced loops. The body runs once. On entry every live handle gets an argument of the loop's
// region; on exit the handles that still hold their argument were not assigned, and their arguments
// are pruned: they stand for the value from before the loop. The others are carried.
#include "tegula/dsl/loop.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "dsl/trace/errors.h"
#include "dsl/trace/operand.h"
#include "dsl/trace/tracer.h"

namespace tegula {
namespace detail {

using program::Instruction;
using program::LocationId;
using program::Op;
using program::Type;

ValueId Tracer::open_loop(ValueId lower, ValueId upper, const std::source_location& at) {
  OpenLoop loop{.lower = lower, .upper = upper, .at = at};
  const LocationId where = location(at);
  loop.induction = new_value({.dtype = DType::i32}, where);
  for (Handle* handle = handles_; handle != nullptr; handle = handle->next_) {
    if (handle->value_ >= out_of_trace) continue;
    const ValueId argument = new_value(type(handle->value_), where);
    loop.carried.push_back({handle, handle->value_, argument});
    handle->value_ = argument;
  }
  // The list starts with the youngest handle: carry the eldest first, as the author declared them.
  std::reverse(loop.carried.begin(), loop.carried.end());
  loops_.push_back(std::move(loop));
  return loops_.back().induction;
}

/// Substitutes arguments that no turn changes, until no more are found: `b = a` changes b only if a
/// changes or had another value.
void Tracer::prune(OpenLoop& loop) {
  for (bool again = true; again;) {
    again = false;
    for (Carried& carried : loop.carried) {
      if (carried.pruned) continue;
      const ValueId next = resolve(carried.handle->value_);
      const ValueId initial = resolve(carried.initial);
      if (next != carried.argument && next != initial) continue;
      substitute_[carried.argument] = initial;
      carried.handle->value_ = carried.initial;
      carried.pruned = again = true;
    }
  }
}

void Tracer::check_carried(const OpenLoop& loop) const {
  for (const Carried& carried : loop.carried) {
    if (carried.pruned) continue;
    const ValueId next = carried.handle->value_;
    const std::string loop_line = "the loop at line " + std::to_string(loop.at.line());
    if (next >= out_of_trace)
      fail(loop.at, {.problem = "a tile that the loop carries ends a turn without a value",
                     .hint = "assign it a value made in this turn"});
    if (type(next) == type(carried.initial)) continue;
    const LocationId where = value_location_[next];
    throw Error(ErrorCode::kernel,
                {.where = where == program::no_location
                              ? to_text(loop.at)
                              : describe_location(program_, program_.locations[where]),
                 .problem = "a tile changes its type inside " + loop_line + ", which carries it",
                 .got = to_string(type(next)),
                 .wanted = to_string(type(carried.initial)),
                 .hint = "convert it back, or give the new value another name"});
  }
}

void Tracer::emit_loop(OpenLoop& loop) {
  Instruction instruction{
      .op = Op::for_loop, .operands = {loop.lower, loop.upper}, .location = location(loop.at)};
  Instruction yield{.op = Op::yield, .location = instruction.location};
  loop.body.arguments = {loop.induction};
  for (const Carried& carried : loop.carried) {
    if (carried.pruned) continue;
    instruction.operands.push_back(carried.initial);
    loop.body.arguments.push_back(carried.argument);
    yield.operands.push_back(carried.handle->value_);
    instruction.results.push_back(new_value(type(carried.initial), instruction.location));
  }
  loop.body.body.push_back(std::move(yield));
  instruction.regions.push_back(std::move(loop.body));
  open_region().body.push_back(std::move(instruction));
}

/// Carried handles take the loop's results. Handles that had no value before the loop lose the one
/// that they got in it.
void Tracer::retire_handles(const OpenLoop& loop) {
  std::vector<const Handle*> known;
  std::size_t result = 0;
  const Instruction& instruction = open_region().body.back();
  for (const Carried& carried : loop.carried) {
    known.push_back(carried.handle);
    if (!carried.pruned) carried.handle->value_ = instruction.results[result++];
  }
  std::sort(known.begin(), known.end());
  for (Handle* handle = handles_; handle != nullptr; handle = handle->next_)
    if (handle->value_ < out_of_trace && !std::binary_search(known.begin(), known.end(), handle))
      handle->value_ = out_of_loop;
}

void Tracer::close_loop() {
  OpenLoop loop = std::move(loops_.back());
  loops_.pop_back();
  for (const Carried& carried : loop.carried)
    if (carried.handle == nullptr)
      fail(loop.at, {.problem = "a tile from before the loop was destroyed inside it",
                     .hint = "a std::vector of tiles must not grow in a traced loop: reserve its "
                             "room before"});
  prune(loop);
  check_carried(loop);
  emit_loop(loop);
  retire_handles(loop);
}

}  // namespace detail

Range::Range(const Operand& lower, const Operand& upper)
    : tracer_(&detail::Tracer::here(lower.at())),
      lower_(detail::i32_scalar(*tracer_, lower, "a bound of range")),
      upper_(detail::i32_scalar(*tracer_, upper, "a bound of range")),
      at_(lower.at()),
      exceptions_(std::uncaught_exceptions()) {}

Tile Range::open() {
  if (state_ != State::fresh)
    detail::fail(
        at_, {.problem = "a range is used by two loops", .hint = "write range(...) in each `for`"});
  state_ = State::open;
  return {*tracer_, tracer_->open_loop(lower_, upper_, at_)};
}

void Range::close() {
  state_ = State::closed;
  tracer_->close_loop();
}

Range::~Range() noexcept(false) {
  if (state_ == State::open && std::uncaught_exceptions() == exceptions_)
    detail::fail(at_, {.problem = "a traced loop was left by break or return",
                       .hint = "its body runs once, while tracing: mask what must not happen with "
                               "select, or let the loop's bounds say when it ends"});
}

Range range(Operand lower, Operand upper) { return {lower, upper}; }

}  // namespace tegula
