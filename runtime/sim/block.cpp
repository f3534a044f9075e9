#include "runtime/sim/block.h"

#include <fmt/format.h>

#include <cstring>

#include "runtime/sim/bulk.h"

namespace tegula::sim {

Block::Block(Worker& worker) : worker_(worker) {
  for (std::uint32_t k = 0; k < worker.launch.program.warps; ++k) warps_.emplace_back(worker, k);
}

bool Block::run(const std::array<std::uint32_t, 3>& coordinates, const Start& start) {
  // All ones is a NaN in every floating type: what was never written shows.
  std::memset(worker_.workspace.shared(), 0xff, worker_.launch.shared_bytes);
  worker_.start_block(start.number);
  for (Warp& warp : warps_) warp.start(coordinates, start.turn);
  seed_ = start.seed;
  landings_ = steps_ = 0;
  worker_.counters.block_started();
  while (take_turns()) {
  }
  return !over_limit();
}

bool Block::over_limit() const {
  const std::uint64_t limit = worker_.launch.options.step_limit;
  return limit != 0 && steps_ > limit;
}

bool Block::take_turns() {
  const SeededOrder order(warps_.size(), seed_);
  bool any_progress = false, any_left = false;
  for (std::uint64_t k = 0; k < warps_.size(); ++k) {
    Warp& warp = warps_[order[k]];
    if (warp.state() == Warp::State::ready || warp.state() == Warp::State::waiting) {
      const std::uint64_t before = steps_;
      warp.run(steps_);
      if (warp.state() == Warp::State::faulted) return false;
      if (warp.state() == Warp::State::at_barrier && !check_barriers(warp)) return false;
      any_progress |= steps_ != before;
    }
    any_left |= warp.state() != Warp::State::exited;
    if (over_limit()) {
      worker_.launch.reports.add("limit", warp.site(),
                                 fmt::format("the block has run {} warp instructions", steps_));
      return false;
    }
  }
  if (!any_left) return false;
  // Copies land at the last moment: when without them nothing can go on.
  if (release_barriers() || any_progress || land_copy()) return true;
  report_deadlock();
  return false;
}

/// Warps that wait for the whole block wait at one barrier.
bool Block::check_barriers(const Warp& arrived) {
  if (!worker_.launch.options.checks || arrived.at_named_barrier()) return true;
  for (std::size_t k = 0; k < warps_.size(); ++k) {
    const Warp& other = warps_[k];
    if (other.state() != Warp::State::at_barrier || other.at_named_barrier() ||
        other.barrier() == arrived.barrier())
      continue;
    worker_.launch.reports.add(
        "barrier", arrived.site(),
        fmt::format("the warp is at barrier {} while warp {} waits at barrier {}",
                    arrived.barrier(), k, other.barrier()));
    return false;
  }
  return true;
}

/// Those that have exited count as arrived where the whole block is waited for.
bool Block::release_barriers() {
  std::uint64_t live = 0;
  for (std::size_t k = 0; k < warps_.size(); ++k)
    if (warps_[k].state() != Warp::State::exited) live |= std::uint64_t{1} << k;
  std::uint64_t passed = 0;
  const std::uint64_t released = worker_.barriers.release(live, worker_.clocks(), passed);
  for (std::size_t k = 0; k < warps_.size(); ++k)
    if ((released >> k & 1) != 0) warps_[k].pass_barrier();
  worker_.counters.barriers_passed(passed);
  return released != 0;
}

bool Block::land_copy() {
  // The seed's upper bits, turned on for each copy.
  const std::uint64_t choice = seed_ == 0 ? 0 : (seed_ >> 8) * ++landings_ >> 16;
  return land_bulk_load(worker_, choice);
}

void Block::report_deadlock() {
  const Warp* first = nullptr;
  std::string waits;
  for (std::size_t k = 0; k < warps_.size(); ++k) {
    const Warp& warp = warps_[k];
    if (warp.state() == Warp::State::exited) continue;
    if (first == nullptr) first = &warp;
    waits += fmt::format("{}warp {} waits {}", waits.empty() ? "" : ", ", k, warp.waits_where());
  }
  worker_.launch.reports.add("deadlock", first->site(), "no warp can run: " + waits);
}

}  // namespace tegula::sim
