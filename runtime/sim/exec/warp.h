// A warp that can stop and resume: at barriers and waits, and at the end of a scheduling slice, so
// that no warp starves another.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "runtime/sim/memory/memory.h"

namespace tegula::sim {

class Warp {
 public:
  enum class State : std::uint8_t {
    ready,
    at_barrier,
    waiting,  ///< at an instruction that may succeed when something has changed
    exited,
    faulted,
  };

  Warp(Worker& worker, std::uint32_t number)
      : worker_(worker), frame_(worker.workspace.frame(number)), number_(number) {}

  /// `launch_index`: of the block.
  void start(const std::array<std::uint32_t, 3>& block, std::uint64_t launch_index);
  /// Runs until the warp waits, ends, fails a check, or has used up its slice. Adds the
  /// instructions it ran to `steps`. A warp that was waiting tries again.
  void run(std::uint64_t& steps);

  State state() const { return state_; }
  std::uint32_t barrier() const { return barrier_; }  ///< while at a barrier: its number
  bool at_named_barrier() const { return named_; }
  void pass_barrier() { state_ = State::ready; }
  /// "waits at barrier 1", "waits at the mbarrier at offset 16 for parity 0", "goes round at
  /// kernels/scale.cpp:42:7", for a report.
  std::string is_where() const;
  /// Appends everything but memory that decides how the warp goes on.
  void note_state(std::vector<std::uint64_t>& state) const;
  /// The instruction that the warp is at, for a report.
  FaultSite site() const;

 private:
  /// Lanes that took another branch and wait for the active ones.
  struct Group {
    std::uint32_t pc = 0;
    std::uint32_t lanes = 0;
  };

  void run_value(const Instruction& i);
  WarpAccess access(const Instruction& i) {
    return {worker_, frame_, active_, pc_, {i.origin, view_.block, number_, 0, launch_index_}};
  }
  bool arrive_at_barrier(const Instruction& i);
  bool may_exit();
  std::string waits_where() const;
  std::uint32_t origin() const;
  void branch_if(const Instruction& i);
  void reconverge();
  void fault(std::string_view check, const std::string& what);

  Worker& worker_;
  std::byte* frame_;
  std::uint32_t number_;
  State state_ = State::exited;
  std::uint32_t barrier_ = 0, barrier_pc_ = 0;
  bool named_ = false;
  std::uint64_t launch_index_ = 0;
  std::uint32_t pc_ = 0;
  std::uint32_t active_ = 0;
  /// All lanes that have not exited are active or in one of these groups, at a later instruction:
  /// the group that is farthest behind runs, and merges with the others as it reaches them.
  std::vector<Group> waiting_;
  std::uint32_t meet_at_ = 0;  ///< the least pc of those groups
  WarpView view_;
};

}  // namespace tegula::sim
