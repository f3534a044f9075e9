#include "runtime/sim/exec/block.h"
#include "runtime/sim/exec/seeded_order.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "runtime/sim/memory/bulk.h"
#include "runtime/sim/state/cluster_state.h"

namespace tegula::sim {

Block::Block(Worker& worker) : worker_(worker) {
  for (std::uint32_t k = 0; k < worker.launch.program.warps; ++k) warps_.emplace_back(worker, k);
}

void Block::start(const std::array<std::uint32_t, 3>& coordinates, const Start& start) {
  // All ones is a NaN in every floating type, so that reads of unwritten memory show.
  std::memset(worker_.workspace.shared(), 0xff, worker_.launch.shared_bytes);
  worker_.start_block(start.number);
  for (Warp& warp : warps_) warp.start(coordinates, start.launch_index);
  seed_ = start.seed;
  landings_ = steps_ = 0;
  worker_.counters.block_started();
}

bool Block::over_limit() const {
  const std::uint64_t limit = worker_.launch.options.step_limit;
  return limit != 0 && steps_ > limit;
}

Block::Progress Block::run_slices() {
  const SeededOrder order(warps_.size(), seed_);
  bool any_progress = false, any_left = false;
  for (std::uint64_t k = 0; k < warps_.size(); ++k) {
    Warp& warp = warps_[order[k]];
    if (warp.state() == Warp::State::ready || warp.state() == Warp::State::waiting) {
      const std::uint64_t before = steps_;
      warp.run(steps_);
      if (warp.state() == Warp::State::faulted) return Progress::failed;
      if (warp.state() == Warp::State::at_barrier && !check_barriers(warp)) return Progress::failed;
      any_progress |= steps_ != before;
    }
    any_left |= warp.state() != Warp::State::exited;
    if (over_limit()) {
      worker_.launch.reports.add("limit", warp.site(),
                                 fmt::format("the block has run {} warp instructions", steps_));
      return Progress::failed;
    }
  }
  if (!any_left) return check_end() ? Progress::ended : Progress::failed;
  return release_barriers() || any_progress ? Progress::went_on : Progress::stuck;
}

/// Reports if another block's read of this one's shared memory is not ordered before its end.
bool Block::check_end() {
  if (!worker_.watch_shared || !worker_.launch.program.features.clusters) return true;
  const auto found =
      worker_.workspace.shadow.remote_read_after(worker_.cluster->barrier.most_waits(worker_.rank));
  if (!found) return true;
  const Launch& launch = worker_.launch;
  const std::uint32_t origin = launch.program.code[found->other.pc()].origin;
  worker_.launch.reports.add(
      "race", warps_[0].site(),
      fmt::format("the block ends, and nothing orders that after the read of its shared memory by "
                  "{} at {}",
                  remote_reader(worker_, *found), launch.reports.source_line(origin)),
      origin);
  return false;
}

/// Warps that wait for the whole block must wait at the same barrier.
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

/// Where a barrier waits for the whole block, warps that have exited count as arrived.
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
  // From the seed's upper bits, another choice for each copy.
  const std::uint64_t choice = seed_ == 0 ? 0 : (seed_ >> 8) * ++landings_ >> 16;
  return land_bulk_load(worker_, choice);
}

FaultSite Block::site() const {
  const auto live = std::find_if(warps_.begin(), warps_.end(), [](const Warp& warp) {
    return warp.state() != Warp::State::exited;
  });
  return (live == warps_.end() ? warps_.front() : *live).site();
}

std::string Block::whereabouts() const {
  std::string all;
  for (std::size_t k = 0; k < warps_.size(); ++k)
    if (warps_[k].state() != Warp::State::exited)
      all += fmt::format("{}warp {} {}", all.empty() ? "" : ", ", k, warps_[k].is_where());
  return all;
}

}  // namespace tegula::sim
