// Loops, branches and combinations while they are traced.
//
// On entry to a loop every live handle gets an argument of the loop's region. Handles that still
// hold their argument at the end were not assigned, and their arguments are pruned: they stand for
// the value from before the loop. The others are carried. A branch needs no arguments: each side
// starts from the values before it, and a handle that the sides leave with different values becomes
// a result. A combination sees nothing of the outside, and leaves it as it was.
#include "dsl/trace/core/frames.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "dsl/program/limits.h"
#include "dsl/trace/core/errors.h"
#include "dsl/trace/core/tracer.h"

namespace tegula::detail {

using program::Instruction;
using program::LocationId;
using program::Op;
using program::Type;

std::string_view describe(Op op) {
  switch (op) {
    case Op::if_then:
      return "an if_";
    case Op::reduce_with:
    case Op::scan_with:
      return "a combination";
    default:
      return "a traced loop";
  }
}

Tracer::Frame& Tracer::open(Instruction instruction, const std::source_location& at) {
  if (in_combination())
    fail(at, {.problem = "a combination does more than arithmetic on scalars",
              .got = std::string(describe(instruction.op))});
  if (frames_.size() >= static_cast<std::size_t>(program::max_depth))
    fail(at, {.problem = "loops, branches and combinations are nested too deep",
              .wanted = fmt::format("at most {} in each other", program::max_depth),
              .hint = "a function that opens one and calls itself opens as many as it has calls"});
  instruction.location = location(at);
  Frame frame{.instruction = std::move(instruction), .at = at};
  frame.first_value = static_cast<ValueId>(program_.types.size());
  for (Handle* handle = handles_; handle != nullptr; handle = handle->next_)
    frame.held.push_back({handle, handle->value_});
  // The list starts with the newest handle: carry the oldest first, in the author's order.
  std::reverse(frame.held.begin(), frame.held.end());
  frames_.push_back(std::move(frame));
  return frames_.back();
}

void Tracer::check_alive(const Frame& frame) const {
  for (const Held& held : frame.held)
    if (held.handle == nullptr)
      fail(frame.at,
           {.problem = fmt::format(
                "a tile from before {} was destroyed inside it",
                frame.instruction.op == Op::for_loop ? "the loop" : describe(frame.instruction.op)),
            .hint = "a std::vector of tiles must not grow in it: reserve its room before"});
}

Tracer::Frame Tracer::take_frame() {
  Frame frame = std::move(frames_.back());
  frames_.pop_back();
  check_alive(frame);
  return frame;
}

/// Gives arguments to the handles for the loop's next region.
void Tracer::hand_out_arguments(Frame& frame) {
  const std::size_t region = frame.instruction.regions.size();
  for (Held& held : frame.held) {
    if (held.handle == nullptr) continue;
    held.arguments[region] = names_value(held.initial)
                                 ? new_value(type(held.initial), frame.instruction.location)
                                 : held.initial;
    held.handle->value_ = held.arguments[region];
  }
}

void Tracer::end_region(Frame& frame, std::vector<ValueId> yields) {
  frame.region.body.push_back(
      {.op = Op::yield, .operands = std::move(yields), .location = frame.instruction.location});
  frame.instruction.regions.push_back(std::exchange(frame.region, {}));
}

/// Appends the finished instruction to the region around it.
std::vector<ValueId> Tracer::emit(Frame& frame, std::vector<Type> results) {
  for (Type& result : results)
    frame.instruction.results.push_back(new_value(std::move(result), frame.instruction.location));
  std::vector<ValueId> values = frame.instruction.results;
  open_region().body.push_back(std::move(frame.instruction));
  return values;
}

/// Handles made in the frame that outlive it lose their value.
void Tracer::retire_handles(const Frame& frame, ValueId as) {
  std::vector<const Handle*> known;
  for (const Held& held : frame.held) known.push_back(held.handle);
  std::sort(known.begin(), known.end());
  for (Handle* handle = handles_; handle != nullptr; handle = handle->next_)
    if (names_value(handle->value_) && !std::binary_search(known.begin(), known.end(), handle))
      handle->value_ = as;
}

std::string Tracer::place_of(ValueId value, const std::source_location& otherwise) const {
  const LocationId where = value_location_[value];
  return where == program::no_location ? to_text(otherwise)
                                       : describe_location(program_, program_.locations[where]);
}

// Loops

/// Substitutes arguments that no iteration changes, until no more are found: `b = a` changes b only
/// if a changes or had another value.
void Tracer::prune(Frame& loop) {
  const std::size_t body = loop.instruction.op == Op::while_loop ? 1 : 0;
  for (bool again = true; again;) {
    again = false;
    for (Held& held : loop.held) {
      if (!held.carried || !names_value(held.initial)) continue;
      const ValueId initial = resolve(held.initial);
      if (names_value(held.handle->value_)) {
        const ValueId next = resolve(held.handle->value_);
        if (next != held.arguments[body] && next != initial) continue;
      } else {
        continue;
      }
      for (std::size_t region = 0; region <= body; ++region)
        substitute_[held.arguments[region]] = initial;
      held.handle->value_ = held.initial;
      held.carried = false;
      again = true;
    }
  }
}

void Tracer::check_carried(const Frame& loop) const {
  for (const Held& held : loop.held) {
    if (!held.carried || !names_value(held.initial)) continue;
    const ValueId next = held.handle->value_;
    if (!names_value(next))
      fail(loop.at, {.problem = "a tile that the loop carries ends an iteration without a value",
                     .hint = "assign it a value made in this iteration"});
    if (type(next) == type(held.initial)) continue;
    throw Error(ErrorCode::kernel,
                {.where = place_of(next, loop.at),
                 .problem = fmt::format("a tile changes its type inside the loop at line {}, which "
                                        "carries it",
                                        loop.at.line()),
                 .got = to_string(type(next)),
                 .wanted = to_string(type(held.initial)),
                 .hint = "convert it back, or give the new value another name"});
  }
}

/// `frame`: its open region is the body; the condition, if there is one, is finished.
void Tracer::close_loop(Frame frame) {
  prune(frame);
  check_carried(frame);
  std::vector<ValueId> yields;
  std::vector<Type> types;
  const std::size_t body = frame.instruction.regions.size();
  for (Held& held : frame.held) {
    held.carried = held.carried && names_value(held.initial);
    if (!held.carried) continue;
    frame.instruction.operands.push_back(held.initial);
    types.push_back(type(held.initial));
    yields.push_back(held.handle->value_);
    if (body == 1) frame.instruction.regions[0].arguments.push_back(held.arguments[0]);
    frame.region.arguments.push_back(held.arguments[body]);
  }
  end_region(frame, std::move(yields));
  const std::vector<ValueId> results = emit(frame, std::move(types));
  std::size_t next = 0;
  for (const Held& held : frame.held) {
    if (held.carried)
      held.handle->value_ = results[next++];
    else if (!names_value(held.initial) && names_value(held.handle->value_))
      held.handle->value_ = out_of_loop;
  }
  retire_handles(frame, out_of_loop);
}

ValueId Tracer::open_for(ValueId lower, ValueId upper, const std::source_location& at) {
  Frame& frame = open({.op = Op::for_loop, .operands = {lower, upper}}, at);
  const ValueId induction = new_value({.dtype = DType::i32}, frame.instruction.location);
  frame.region.arguments = {induction};
  hand_out_arguments(frame);
  return induction;
}

void Tracer::close_for() { close_loop(take_frame()); }

void Tracer::open_while(const std::source_location& at) {
  hand_out_arguments(open({.op = Op::while_loop}, at));
}

void Tracer::while_body(ValueId condition) {
  Frame& frame = frames_.back();
  for (const Held& held : frame.held)
    if (held.handle == nullptr || held.handle->value_ != held.arguments[0])
      fail(frame.at, {.problem = "the condition of a while_ assigns a tile",
                      .hint = "assign it before the loop and at the end of the body"});
  retire_handles(frame, out_of_loop);
  end_region(frame, {condition});
  hand_out_arguments(frame);
}

void Tracer::close_while() { close_loop(take_frame()); }

// Branches

void Tracer::open_if(ValueId condition, const std::source_location& at) {
  open({.op = Op::if_then, .operands = {condition}}, at);
}

void Tracer::else_branch() {
  Frame& frame = frames_.back();
  for (Held& held : frame.held) {
    if (held.handle == nullptr) continue;  // close_if reports it
    held.first = std::exchange(held.handle->value_, held.initial);
  }
  retire_handles(frame, out_of_branch);
  frame.instruction.regions.push_back(std::exchange(frame.region, {}));
}

void Tracer::close_if() {
  Frame frame = take_frame();
  frame.instruction.regions.push_back(std::exchange(frame.region, {}));
  std::vector<ValueId> yields[2];
  std::vector<Type> types;
  std::vector<Handle*> merged;
  for (const Held& held : frame.held) {
    const ValueId a = held.first, b = held.handle->value_;
    if (!names_value(a) || !names_value(b)) {
      held.handle->value_ = names_value(a) || names_value(b) ? out_of_branch : b;
      continue;
    }
    if (resolve(a) == resolve(b)) continue;  // unchanged: neither side sees the other's values
    if (!(type(a) == type(b)))
      throw Error(
          ErrorCode::kernel,
          {.where = place_of(b == held.initial ? a : b, frame.at),
           .problem = fmt::format("a tile has two types after the if_ at line {}", frame.at.line()),
           .got = fmt::format("{} and {}", to_string(type(a)), to_string(type(b))),
           .hint = "convert one of them, or give the new value another name"});
    yields[0].push_back(a);
    yields[1].push_back(b);
    types.push_back(type(a));
    merged.push_back(held.handle);
  }
  for (std::size_t i = 0; i < 2; ++i)
    frame.instruction.regions[i].body.push_back({.op = Op::yield,
                                                 .operands = std::move(yields[i]),
                                                 .location = frame.instruction.location});
  retire_handles(frame, out_of_branch);
  const std::vector<ValueId> results = emit(frame, std::move(types));
  for (std::size_t i = 0; i < merged.size(); ++i) merged[i]->value_ = results[i];
}

// Combinations

std::vector<ValueId> Tracer::open_combination(Op op, std::vector<ValueId> tiles,
                                              std::vector<std::int64_t> attributes,
                                              const std::source_location& at) {
  std::vector<DType> dtypes;
  for (const ValueId tile : tiles) dtypes.push_back(type(tile).dtype);
  Frame& frame =
      open({.op = op, .operands = std::move(tiles), .attributes = std::move(attributes)}, at);
  for (int side = 0; side < 2; ++side)
    for (const DType dtype : dtypes)
      frame.region.arguments.push_back(new_value({.dtype = dtype}, frame.instruction.location));
  return frame.region.arguments;
}

std::vector<ValueId> Tracer::close_combination(std::vector<ValueId> combined) {
  Frame frame = take_frame();
  for (const Held& held : frame.held)
    if (held.handle->value_ != held.initial)
      fail(frame.at, {.problem = "a combination assigns a tile from outside",
                      .hint = "return what it computes"});
  const bool reduces = frame.instruction.op == Op::reduce_with;
  std::vector<Type> results;
  for (std::size_t i = 0; i < combined.size(); ++i) {
    Type result = type(frame.instruction.operands[i]);
    const Type &got = type(combined[i]), wanted{.dtype = result.dtype};
    if (!(got == wanted))
      throw Error(ErrorCode::kernel, {.where = place_of(combined[i], frame.at),
                                      .problem = "a combination gives another type than it takes",
                                      .got = to_string(got),
                                      .wanted = to_string(wanted),
                                      .hint = "convert the result back, or the tile before"});
    if (reduces) result.shape[static_cast<std::size_t>(frame.instruction.attributes[0])] = 1;
    results.push_back(std::move(result));
  }
  end_region(frame, std::move(combined));
  retire_handles(frame, out_of_branch);
  return emit(frame, std::move(results));
}

}  // namespace tegula::detail
