// Checked tracing of the code of a loop, a branch or a combination: it runs twice from the same
// state, and the two recordings must be equal apart from the numbers of values.
#include <map>
#include <utility>

#include <fmt/format.h>

#include "dsl/trace/core/errors.h"
#include "dsl/trace/core/frames.h"
#include "dsl/trace/core/tracer.h"

namespace tegula::detail {
namespace {

using program::Instruction;
using program::Region;

class Comparison {
 public:
  Comparison(const program::Program& program, const std::vector<ValueId>& substitute)
      : program_(program), substitute_(substitute) {}

  bool same(const std::vector<Instruction>& a, const std::vector<Instruction>& b) {
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i)
      if (!same(a[i], b[i])) return false;
    return true;
  }
  bool same(ValueId a, ValueId b) const {
    if (!names_value(a) || !names_value(b)) return a == b;
    const auto made = counterpart_.find(resolve(a));
    return (made == counterpart_.end() ? resolve(a) : made->second) == resolve(b);
  }

 private:
  ValueId resolve(ValueId value) const {
    while (substitute_[value] != value) value = substitute_[value];
    return value;
  }
  bool match(const std::vector<ValueId>& a, const std::vector<ValueId>& b) {
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i) {
      if (!(program_.types[a[i]] == program_.types[b[i]])) return false;
      counterpart_[a[i]] = b[i];
    }
    return true;
  }
  bool same(const Instruction& a, const Instruction& b) {
    if (a.op != b.op || a.attributes != b.attributes || a.operands.size() != b.operands.size() ||
        a.regions.size() != b.regions.size())
      return false;
    for (std::size_t i = 0; i < a.operands.size(); ++i)
      if (!same(a.operands[i], b.operands[i])) return false;
    for (std::size_t i = 0; i < a.regions.size(); ++i)
      if (!match(a.regions[i].arguments, b.regions[i].arguments) ||
          !same(a.regions[i].body, b.regions[i].body))
        return false;
    return match(a.results, b.results);
  }

  const program::Program& program_;
  const std::vector<ValueId>& substitute_;
  std::map<ValueId, ValueId> counterpart_;  ///< of values made in the first pass
};

}  // namespace

bool Tracer::retrace(std::span<const ValueId> gives) {
  Frame& frame = frames_.back();
  // Within the second pass of an outer frame one pass is enough: the outer comparison covers it.
  if (!checked_ || (replays_ > 0 && !frame.replaying)) return false;
  check_alive(frame);
  std::vector<ValueId> ends(gives.begin(), gives.end());
  for (const Held& held : frame.held) ends.push_back(held.handle->value_);

  if (!frame.replaying) {
    frame.replaying = true;
    ++replays_;
    frame.first_pass = std::exchange(frame.region.body, {});
    frame.leaves.clear();
    frame.first_ends = std::move(ends);
    const bool loop = frame.instruction.op == program::Op::for_loop ||
                      frame.instruction.op == program::Op::while_loop;
    for (const Held& held : frame.held)
      held.handle->value_ = loop ? held.arguments[frame.instruction.regions.size()] : held.initial;
    retire_handles(frame, out_of_loop);
    return true;
  }

  frame.replaying = false;
  --replays_;
  Comparison comparison(program_, substitute_);
  bool same = comparison.same(frame.first_pass, frame.region.body) &&
              ends.size() == frame.first_ends.size();
  for (std::size_t i = 0; same && i < ends.size(); ++i)
    same = comparison.same(frame.first_ends[i], ends[i]);
  if (!same)
    fail(frame.at,
         {.problem = fmt::format("tracing the code of {} twice gave two different results",
                                 describe(frame.instruction.op)),
          .hint =
              "it runs while tracing, not in each iteration, and it changes host state: let a Tile "
              "count, or move the change out of it"});
  frame.first_pass.clear();
  return false;
}

}  // namespace tegula::detail
