#include "dsl/program/collectives.h"

#include <algorithm>

namespace tegula::program {
namespace {

class Search {
 public:
  explicit Search(const Program& program) : program_(program), same_(program.types.size(), false) {}

  std::optional<LoneCollective> run() {
    walk(program_.body, nullptr);
    return found_;
  }

 private:
  /// `problem`: why not all blocks may reach the region; null if they do.
  void walk(const Region& region, const char* problem) {
    for (const Instruction& instruction : region.body) {
      if (found_) return;
      if (instruction.op == Op::cluster_reduce && problem != nullptr)
        found_ = LoneCollective{&instruction, problem};
      const bool same = gives_the_same(instruction);
      for (const Region& inner : instruction.regions) {
        const char* inside = problem_of(instruction);
        if (instruction.op == Op::for_loop) same_[inner.arguments.at(0)] = inside == nullptr;
        walk(inner, problem != nullptr ? problem : inside);
      }
      for (const ValueId result : instruction.results) same_[result] = same;
    }
  }

  const char* problem_of(const Instruction& instruction) const {
    if (instruction.op == Op::if_then)
      return "it stands in a branch, which some blocks may not take";
    if (instruction.op == Op::while_loop)
      return "it stands in a while_, which some blocks may leave sooner";
    if (instruction.op != Op::for_loop) return nullptr;
    return same_[instruction.operands[0]] && same_[instruction.operands[1]]
               ? nullptr
               : "it stands in a loop whose bounds may differ from block to block";
  }

  /// Whether the results are the same in all blocks of the cluster, as far as is known.
  bool gives_the_same(const Instruction& instruction) const {
    switch (instruction.op) {
      case Op::cluster_reduce:
        return true;
      case Op::program_id:
        return instruction.attributes[0] + 1 < static_cast<std::int64_t>(program_.grid.size());
      case Op::load:
      case Op::gather:
      case Op::atomic:
      case Op::atomic_cas:
        return false;
      default:
        return instruction.regions.empty() &&
               std::all_of(instruction.operands.begin(), instruction.operands.end(),
                           [&](ValueId operand) { return same_[operand]; });
    }
  }

  const Program& program_;
  std::vector<bool> same_;  ///< by value
  std::optional<LoneCollective> found_;
};

}  // namespace

std::optional<LoneCollective> find_lone_collective(const Program& program) {
  return Search(program).run();
}

}  // namespace tegula::program
