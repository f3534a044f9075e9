#include "runtime/sim/state/cluster_state.h"

#include <fmt/format.h>

#include <algorithm>

#include "runtime/sim/state/launch_state.h"

namespace tegula::sim {

void ClusterBarrier::start(std::size_t blocks, std::size_t warps_per_block) {
  per_block_ = warps_per_block;
  warps_.assign(blocks * warps_per_block, {});
  sides_.assign(blocks, {});
  live_ = pending_ = warps_.size();
  completed_ = 0;
}

std::string ClusterBarrier::arrive(std::uint32_t rank, std::uint32_t warp, Clocks* clocks) {
  WarpState& state = at(rank, warp);
  if (state.arrived != state.waited)
    return "the warp arrives at the cluster's barrier again before it has waited there";
  ++state.arrived;
  if (clocks != nullptr) clocks->release(warp, sides_[rank].collecting);
  --pending_;
  complete_if_possible();
  return {};
}

std::string ClusterBarrier::wait(std::uint32_t rank, std::uint32_t warp, Clocks* clocks) {
  WarpState& state = at(rank, warp);
  if (state.arrived == state.waited)
    return "the warp waits at the cluster's barrier without having arrived there";
  state.waited = state.arrived;
  if (clocks != nullptr) clocks->acquire(warp, sides_[rank].passed[state.waited % 2]);
  return {};
}

void ClusterBarrier::exit(std::uint32_t rank, std::uint32_t warp) {
  WarpState& state = at(rank, warp);
  state.exited = true;
  --live_;
  if (state.arrived == completed_) --pending_;
  complete_if_possible();
}

void ClusterBarrier::complete_if_possible() {
  if (pending_ != 0 || live_ == 0) return;
  ++completed_;
  pending_ = live_;
  for (Side& side : sides_) side.passed[completed_ % 2] = side.collecting;
}

std::uint32_t ClusterBarrier::most_waits(std::uint32_t rank) const {
  std::uint32_t most = 0;
  for (std::uint32_t warp = 0; warp < per_block_; ++warp) most = std::max(most, waits(rank, warp));
  return most;
}

std::string ClusterBarrier::describe() const {
  return fmt::format("at the cluster's barrier, where {} of {} warps have arrived",
                     live_ - pending_, live_);
}

std::string ClusterState::arrive(std::uint32_t rank, std::uint32_t warp) {
  const std::uint32_t before = barrier.completed();
  std::string wrong = barrier.arrive(rank, warp, members[rank].worker->clocks());
  order_blocks(before);
  return wrong;
}

void ClusterState::exit(std::uint32_t rank, std::uint32_t warp) {
  const std::uint32_t before = barrier.completed();
  barrier.exit(rank, warp);
  order_blocks(before);
}

/// Orders what the blocks did before a phase was complete before what they do after it.
void ClusterState::order_blocks(std::uint32_t completed_before) {
  if (barrier.completed() == completed_before || !members[0].worker->watch_global) return;
  BlockClocks& clocks = members[0].worker->launch.block_clocks;
  // No atomic has this address.
  const std::uint64_t location = std::uint64_t{1} << 63 | members[0].worker->tag;
  for (const Member& member : members)
    clocks.release(member.worker->tag, member.worker->workspace.clocks.now() - 1, location,
                   member.worker->known);
  for (const Member& member : members)
    clocks.acquire(member.worker->workspace.clocks.now(), location, member.worker->known);
}

}  // namespace tegula::sim
