#include "runtime/sim/exec/warp.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <limits>

#include "runtime/format/bytes.h"
#include "runtime/sim/state/cluster_state.h"
#include "runtime/sim/values/lanes.h"

namespace tegula::sim {
namespace {

/// Instructions of a scheduling slice, after which another warp runs.
constexpr std::uint64_t slice = 1 << 14;
constexpr std::uint32_t nowhere = std::numeric_limits<std::uint32_t>::max();

template <class T>
void blend_as(std::byte* target, const std::byte* source, std::uint32_t active) {
  for (std::size_t lane = 0; lane < warp_lanes; ++lane) {
    const T before = get<T>(target, lane), after = get<T>(source, lane);
    put<T>(target, lane, (active >> lane & 1) != 0 ? after : before);
  }
}

/// Whether an effect may change what another warp waits for. Atomics find out themselves.
bool changes_what_others_see(format::Opcode opcode) {
  using format::Opcode;
  switch (opcode) {
    case Opcode::warp_shuffle:
    case Opcode::ballot:
    case Opcode::vote:
    case Opcode::fence:
    case Opcode::warp_sync:
    case Opcode::mbarrier_try_wait:
    case Opcode::mbarrier_test_wait:
    case Opcode::fence_proxy_async:
    case Opcode::cluster_load:
    case Opcode::assert_true:
      return false;
    default:
      return format::opcode_row(opcode).modifiers != format::atomic_modifier_count;
  }
}

}  // namespace

void blend(std::byte* target, const std::byte* source, std::uint32_t active,
           std::uint32_t lane_bytes) {
  if (lane_bytes == 4) return blend_as<std::uint32_t>(target, source, active);
  if (lane_bytes == 1) return blend_as<std::uint8_t>(target, source, active);
  for (; active != 0; active &= active - 1) {
    const std::size_t at = static_cast<std::size_t>(std::countr_zero(active)) * lane_bytes;
    std::memmove(target + at, source + at, lane_bytes);
  }
}

void Warp::start(const std::array<std::uint32_t, 3>& block, std::uint64_t launch_index) {
  launch_index_ = launch_index;
  state_ = State::ready;
  pc_ = 0;
  active_ = all_lanes;
  waiting_.clear();
  meet_at_ = nowhere;
  view_ = {frame_, number_, worker_.launch.call.threads, block, worker_.launch.call.grid};
}

/// The author's operation that the warp is at. A warp whose slice has ended is at a branch's
/// target: the next instruction that has a line is meant.
std::uint32_t Warp::origin() const {
  const std::vector<Instruction>& code = worker_.launch.program.code;
  if (state_ == State::at_barrier) return code[barrier_pc_].origin;
  if (state_ != State::ready) return code[pc_].origin;
  for (std::size_t pc = pc_; pc < code.size(); ++pc)
    if (code[pc].origin != no_origin) return code[pc].origin;
  return no_origin;
}

FaultSite Warp::site() const {
  return {origin(), view_.block, number_,
          active_ == 0 ? 0 : static_cast<std::uint32_t>(std::countr_zero(active_)), launch_index_};
}

void Warp::fault(std::string_view check, const std::string& what) {
  worker_.launch.reports.add(check, site(), what);
}

void Warp::run_value(const Instruction& i) {
  if (active_ == all_lanes && i.in_place) return i.handler(view_, i, frame_ + i.result);
  std::byte* scratch = worker_.workspace.scratch();
  i.handler(view_, i, scratch);
  blend(frame_ + i.result, scratch, active_, i.lane_bytes);
}

bool Warp::arrive_at_barrier(const Instruction& i) {
  const auto number = static_cast<std::uint32_t>(i.immediate % 16);
  if (!waiting_.empty() && worker_.launch.options.checks) {
    fault("barrier", fmt::format("{} lanes of the warp are at barrier {}, and the others are "
                                 "elsewhere",
                                 std::popcount(active_), number));
    return false;
  }
  barrier_ = number;
  barrier_pc_ = pc_;
  named_ = i.opcode == format::Opcode::named_barrier;
  const std::string wrong = worker_.barriers.arrive(
      {number, static_cast<std::uint32_t>(i.immediate / 16), number_, true}, worker_.clocks());
  if (wrong.empty()) return true;
  fault("barrier", wrong);
  return false;
}

/// Whether the warp may exit: not while its bulk stores have yet to read shared memory, which ends
/// with the block.
bool Warp::may_exit() {
  const GroupedCopies& stores = worker_.bulk_stores[number_];
  if (stores.empty() || !worker_.launch.options.checks) return true;
  const std::uint32_t pc = stores.first().pc;
  const std::uint32_t origin = worker_.launch.program.code[pc].origin;
  worker_.launch.reports.add(
      "wait", site(),
      fmt::format("the warp exits, and the bulk store issued at {} has not been waited for",
                  worker_.launch.reports.source_line(origin)),
      origin);
  return false;
}

std::string Warp::is_where() const {
  if (state_ == State::ready)
    return "goes round at " + worker_.launch.reports.source_line(origin());
  return "waits " + waits_where();
}

void Warp::note_state(std::vector<std::uint64_t>& state) const {
  const format::Hash128 registers = format::hash128({frame_, worker_.launch.program.frame_bytes});
  state.insert(state.end(), {registers.low, registers.high, pc_, active_,
                             static_cast<std::uint64_t>(state_), barrier_, waiting_.size()});
  for (const Group& g : waiting_) state.push_back(std::uint64_t{g.pc} << 32 | g.lanes);
}

std::string Warp::waits_where() const {
  if (state_ == State::at_barrier) return worker_.barriers.describe(barrier_);
  const Instruction& i = worker_.launch.program.code[pc_];
  if (i.opcode == format::Opcode::cluster_wait) return worker_.cluster->barrier.describe();
  const std::size_t lane = active_ == 0 ? 0 : static_cast<std::size_t>(std::countr_zero(active_));
  const auto address = get<std::uint32_t>(frame_ + i.operands[0], lane);
  const auto parity = get<std::uint32_t>(frame_ + i.operands[1], lane) & 1;
  const MBarrier* b = worker_.mbarriers.find(address);
  if (b == nullptr) return fmt::format("at the mbarrier at offset {}", address);
  return fmt::format(
      "at the mbarrier at offset {} for parity {} ({} of {} arrivals and {} bytes to come, phase "
      "{})",
      address, parity, b->pending, b->count, b->bytes, b->phase);
}

void Warp::branch_if(const Instruction& i) {
  const std::uint32_t taken = lane_mask(frame_ + i.operands[0]) & active_;
  if (taken == 0) {
    pc_ = i.targets[1];
  } else {
    pc_ = i.targets[0];
    if (taken == active_) return;
    waiting_.push_back({i.targets[1], active_ & ~taken});
    active_ = taken;
    meet_at_ = std::min(meet_at_, i.targets[1]);
  }
}

void Warp::reconverge() {
  if (active_ != 0) waiting_.push_back({pc_, active_});
  pc_ = nowhere;
  for (const Group& g : waiting_) pc_ = std::min(pc_, g.pc);
  active_ = 0;
  meet_at_ = nowhere;
  std::erase_if(waiting_, [&](const Group& g) {
    if (g.pc != pc_) {
      meet_at_ = std::min(meet_at_, g.pc);
      return false;
    }
    active_ |= g.lanes;
    return true;
  });
}

void Warp::run(std::uint64_t& steps) {
  const Instruction* code = worker_.launch.program.code.data();
  state_ = State::ready;
  const std::uint64_t limit = worker_.launch.options.step_limit;
  const std::uint64_t stop_at =
      limit == 0 ? steps + slice : std::min(steps + slice, std::max(steps, limit) + 1);
  std::uint32_t begin = pc_;
  // What has run since `begin` ran with the same lanes.
  const auto close = [&](std::uint32_t end) {
    if (end == begin) return;
    worker_.counters.ran(begin, end, static_cast<std::uint32_t>(std::popcount(active_)));
    steps += end - begin;
  };
  const auto stop = [&](State state) {
    close(pc_ + 1);
    state_ = state;
  };

  for (;;) {
    const Instruction& i = code[pc_];
    switch (i.step) {
      case Step::value:
        run_value(i);
        ++pc_;
        break;
      case Step::load:
      case Step::store: {
        WarpAccess request = access(i);
        if (!(i.step == Step::load ? run_load(request, i) : run_store(request, i)))
          return stop(State::faulted);
        ++pc_;
        break;
      }
      case Step::effect: {
        WarpAccess request = access(i);
        const Outcome outcome = i.effect(request, i);
        if (outcome == Outcome::faulted) return stop(State::faulted);
        if (outcome == Outcome::waits) {
          close(pc_);
          state_ = State::waiting;
          return;
        }
        if (worker_.counts_changes && changes_what_others_see(i.opcode)) worker_.team->changed();
        ++pc_;
        break;
      }
      case Step::barrier:
        if (!arrive_at_barrier(i)) return stop(State::faulted);
        stop(State::at_barrier);
        ++pc_;
        if (pc_ >= meet_at_) reconverge();
        return;
      case Step::trap:
        fault("trap", "the kernel stopped itself");
        return stop(State::faulted);
      case Step::exit:
        if (waiting_.empty() && !may_exit()) return stop(State::faulted);
        close(pc_ + 1);
        active_ = 0;
        if (waiting_.empty()) {
          state_ = State::exited;
          if (worker_.launch.program.features.clusters)
            worker_.cluster->exit(worker_.rank, number_);
          return;
        }
        reconverge();
        begin = pc_;
        break;
      case Step::branch:
      case Step::branch_if:
        close(pc_ + 1);
        if (i.step == Step::branch)
          pc_ = i.targets[0];
        else
          branch_if(i);
        if (pc_ >= meet_at_) reconverge();
        begin = pc_;
        if (steps >= stop_at) return;
        continue;
    }
    if (pc_ >= meet_at_) {
      close(pc_);
      reconverge();
      begin = pc_;
    }
  }
}

}  // namespace tegula::sim
