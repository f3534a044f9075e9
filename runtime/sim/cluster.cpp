#include "runtime/sim/cluster.h"

#include "runtime/sim/launch.h"

namespace tegula::sim {

Cluster::Cluster(const std::vector<Worker*>& workers) : launch_(workers[0]->launch) {
  for (Worker* worker : workers) {
    worker->cluster = &state_;
    worker->rank = static_cast<std::uint32_t>(state_.members.size());
    state_.members.push_back({worker});
    blocks_.emplace_back(*worker);
  }
}

bool Cluster::run(const std::array<std::uint32_t, 3>& first, std::uint64_t turn) {
  start(first, turn);
  while (take_turns()) {
  }
  for (const Block& block : blocks_)
    if (block.over_limit()) return false;
  return true;
}

void Cluster::start(const std::array<std::uint32_t, 3>& first, std::uint64_t turn) {
  const auto& shape = launch_.program.cluster;
  const auto& grid = launch_.call.grid;
  if (launch_.program.features.clusters)
    state_.barrier.start(blocks_.size(), launch_.program.warps);
  for (std::uint32_t rank = 0; rank < blocks_.size(); ++rank) {
    const std::array<std::uint32_t, 3> at = {first[0] + rank % shape[0],
                                             first[1] + rank / shape[0] % shape[1],
                                             first[2] + rank / (shape[0] * shape[1])};
    state_.members[rank].block = at;
    state_.members[rank].ended = false;
    const std::uint64_t number =
        at[0] + std::uint64_t{grid[0]} * (at[1] + std::uint64_t{grid[1]} * at[2]);
    const std::uint64_t seed = launch_.options.seed;
    const std::uint64_t block_seed = seed == 0 ? 0 : mixed(seed ^ number) | 1;
    if (rank == 0) seed_ = block_seed;
    blocks_[rank].start(at, {number, turn * blocks_.size() + rank, block_seed});
  }
}

bool Cluster::take_turns() {
  const SeededOrder order(blocks_.size(), seed_);
  bool any_progress = false, any_left = false;
  for (std::uint64_t k = 0; k < blocks_.size(); ++k) {
    const auto rank = static_cast<std::uint32_t>(order[k]);
    ClusterState::Member& member = state_.members[rank];
    if (member.ended) continue;
    switch (blocks_[rank].take_turns()) {
      case Block::Progress::failed:
        return false;
      case Block::Progress::ended:
        member.ended = true;
        any_progress = true;
        continue;
      case Block::Progress::went_on:
        any_progress = true;
        break;
      case Block::Progress::stuck:
        break;
    }
    any_left = true;
  }
  if (!any_left) return false;
  if (any_progress) return true;
  // Copies land at the last moment: when without them nothing can go on.
  Block* stuck = nullptr;
  for (std::uint32_t rank = 0; rank < blocks_.size(); ++rank) {
    if (state_.members[rank].ended) continue;
    if (blocks_[rank].land_copy()) return true;
    if (stuck == nullptr) stuck = &blocks_[rank];
  }
  stuck->report_deadlock();
  return false;
}

}  // namespace tegula::sim
