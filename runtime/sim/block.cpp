#include "runtime/sim/block.h"

#include <fmt/format.h>

#include <cstring>

namespace tegula::sim {

Block::Block(Launch& launch) : launch_(launch) {
  for (std::uint32_t k = 0; k < launch.program.warps; ++k) warps_.emplace_back(launch, k);
}

bool Block::run(const std::array<std::uint32_t, 3>& coordinates, std::uint64_t seed) {
  // All ones is a NaN in every floating type: what was never written shows.
  std::memset(launch_.workspace.shared(), 0xff, launch_.shared_bytes);
  for (Warp& warp : warps_) warp.start(coordinates);
  steps_ = 0;
  launch_.counters.block_started();
  while (take_turns(seed)) {
  }
  return !over_limit();
}

bool Block::over_limit() const {
  return launch_.options.step_limit != 0 && steps_ > launch_.options.step_limit;
}

bool Block::take_turns(std::uint64_t seed) {
  const SeededOrder order(warps_.size(), seed);
  bool any_ready = false, any_left = false;
  for (std::uint64_t k = 0; k < warps_.size(); ++k) {
    Warp& warp = warps_[order[k]];
    if (warp.state() == Warp::State::ready) {
      warp.run(steps_);
      if (warp.state() == Warp::State::faulted) return false;
      if (warp.state() == Warp::State::at_barrier && !check_barriers(warp)) return false;
      any_ready |= warp.state() == Warp::State::ready;
    }
    any_left |= warp.state() != Warp::State::exited;
    if (over_limit()) {
      launch_.reports.add("limit", warp.site(),
                          fmt::format("the block has run {} warp instructions", steps_));
      return false;
    }
  }
  return any_ready || (any_left && release_barrier());
}

bool Block::check_barriers(const Warp& arrived) {
  if (!launch_.options.checks) return true;
  for (std::size_t k = 0; k < warps_.size(); ++k) {
    const Warp& other = warps_[k];
    if (other.state() != Warp::State::at_barrier || other.barrier() == arrived.barrier()) continue;
    launch_.reports.add("barrier", arrived.site(),
                        fmt::format("the warp is at barrier {} while warp {} waits at barrier {}",
                                    arrived.barrier(), k, other.barrier()));
    return false;
  }
  return true;
}

/// All warps wait or have exited; those that have exited count as arrived.
bool Block::release_barrier() {
  const Warp* first = nullptr;
  for (Warp& warp : warps_) {
    if (warp.state() != Warp::State::at_barrier) continue;
    if (first == nullptr) first = &warp;
    if (warp.barrier() == first->barrier()) continue;
    launch_.reports.add("deadlock", warp.site(),
                        "no warp can run: they wait at different barriers");
    return false;
  }
  for (Warp& warp : warps_)
    if (warp.state() == Warp::State::at_barrier) warp.pass_barrier();
  launch_.counters.barrier_passed();
  return true;
}

}  // namespace tegula::sim
