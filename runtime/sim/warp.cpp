#include "runtime/sim/warp.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <limits>

#include "runtime/sim/lanes.h"

namespace tegula::sim {
namespace {

/// Instructions after which another warp gets its turn.
constexpr std::uint64_t turn = 1 << 14;
constexpr std::uint32_t nowhere = std::numeric_limits<std::uint32_t>::max();

template <class T>
void blend_as(std::byte* target, const std::byte* source, std::uint32_t active) {
  for (std::size_t lane = 0; lane < warp_lanes; ++lane) {
    const T before = get<T>(target, lane), after = get<T>(source, lane);
    put<T>(target, lane, (active >> lane & 1) != 0 ? after : before);
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

void Warp::start(const std::array<std::uint32_t, 3>& block) {
  state_ = State::ready;
  pc_ = 0;
  active_ = all_lanes;
  waiting_.clear();
  meet_at_ = nowhere;
  view_ = {frame_, number_, launch_.call.threads, block, launch_.call.grid};
}

FaultSite Warp::site() const {
  return {launch_.program.code[pc_].origin, view_.block, number_,
          active_ == 0 ? 0 : static_cast<std::uint32_t>(std::countr_zero(active_))};
}

void Warp::fault(std::string_view check, const std::string& what) {
  launch_.reports.add(check, site(), what);
}

void Warp::run_value(const Instruction& i) {
  if (active_ == all_lanes && i.in_place) return i.handler(view_, i, frame_ + i.result);
  std::byte* scratch = launch_.workspace.scratch();
  i.handler(view_, i, scratch);
  blend(frame_ + i.result, scratch, active_, i.lane_bytes);
}

bool Warp::run_shuffle(const Instruction& i) {
  if (active_ != all_lanes && launch_.options.checks) {
    fault("shuffle", fmt::format("a warp shuffle needs all 32 lanes, and {} of them are not there",
                                 32 - std::popcount(active_)));
    return false;
  }
  const std::byte* value = frame_ + i.operands[0];
  const std::byte* operand = frame_ + i.operands[1];
  std::byte* scratch = launch_.workspace.scratch();
  for (std::uint32_t lane = 0; lane < warp_lanes; ++lane) {
    const std::uint32_t b = get<std::uint32_t>(operand, lane) % warp_lanes;  // five bits count
    std::uint32_t from = lane;
    switch (static_cast<format::ShuffleMode>(i.modifier)) {
      case format::ShuffleMode::up:
        from = lane >= b ? lane - b : lane;
        break;
      case format::ShuffleMode::down:
        from = lane + b < warp_lanes ? lane + b : lane;
        break;
      case format::ShuffleMode::butterfly:
        from = lane ^ b;
        break;
      case format::ShuffleMode::index:
        from = b;
        break;
    }
    put(scratch, lane, get<std::uint32_t>(value, from));
  }
  blend(frame_ + i.result, scratch, active_, i.lane_bytes);
  return true;
}

bool Warp::arrive_at_barrier(const Instruction& i) {
  if (!waiting_.empty() && launch_.options.checks) {
    fault("barrier",
          fmt::format("{} lanes of the warp are at barrier {}, and the others are elsewhere",
                      std::popcount(active_), i.immediate));
    return false;
  }
  barrier_ = static_cast<std::uint32_t>(i.immediate);
  return true;
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
  const Instruction* code = launch_.program.code.data();
  const std::uint64_t stop_at = steps + turn;
  std::uint32_t begin = pc_;
  // What has run since `begin` ran with the same lanes.
  const auto close = [&](std::uint32_t end) {
    if (end == begin) return;
    launch_.counters.ran(begin, end, static_cast<std::uint32_t>(std::popcount(active_)));
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
        WarpAccess access{launch_, frame_, active_, pc_, {}};
        access.site = {i.origin, view_.block, number_, 0};
        if (!(i.step == Step::load ? run_load(access, i) : run_store(access, i)))
          return stop(State::faulted);
        ++pc_;
        break;
      }
      case Step::warp_shuffle:
        if (!run_shuffle(i)) return stop(State::faulted);
        ++pc_;
        break;
      case Step::nothing:
        ++pc_;
        break;
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
        close(pc_ + 1);
        active_ = 0;
        if (waiting_.empty()) {
          state_ = State::exited;
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
