#include "runtime/sim/exec/cluster.h"
#include "runtime/sim/exec/seeded_order.h"

#include <fmt/format.h>

#include "runtime/sim/memory/access.h"
#include "runtime/sim/state/launch_state.h"

namespace tegula::sim {
namespace {

/// Warp instructions between two checks for progress.
constexpr std::uint64_t between_looks = std::uint64_t{1} << 18;
/// How many checks a cluster may still pass after a fault has been found somewhere.
constexpr std::uint32_t most_looks_after_fault = 8;

}  // namespace

Cluster::Cluster(const std::vector<Worker*>& workers) : launch_(workers[0]->launch) {
  for (Worker* worker : workers) {
    worker->cluster = &state_;
    worker->rank = static_cast<std::uint32_t>(state_.members.size());
    state_.members.push_back({worker});
    blocks_.emplace_back(*worker);
  }
}

bool Cluster::run(const std::array<std::uint32_t, 3>& first, std::uint64_t launch_index) {
  start(first, launch_index);
  while (run_slices())
    if (!makes_progress()) return false;
  for (const Block& block : blocks_)
    if (block.over_limit()) return false;
  return true;
}

void Cluster::start(const std::array<std::uint32_t, 3>& first, std::uint64_t launch_index) {
  looked_at_ = changed_at_ = looks_after_fault_ = 0;
  changes_ = LaunchProgress::Team::nowhere;
  LaunchProgress::Team& team = *state_.members[0].worker->team;
  team.stuck_at = team.nowhere;
  team.changed();
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
    blocks_[rank].start(at, {number, launch_index * blocks_.size() + rank, block_seed});
  }
}

bool Cluster::run_slices() {
  const SeededOrder order(blocks_.size(), seed_);
  bool any_progress = false, any_left = false;
  for (std::uint64_t k = 0; k < blocks_.size(); ++k) {
    const auto rank = static_cast<std::uint32_t>(order[k]);
    ClusterState::Member& member = state_.members[rank];
    if (member.ended) continue;
    switch (blocks_[rank].run_slices()) {
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
  // Copies land at the last moment: when nothing can go on without them.
  if (land_copy()) return true;
  report_warps("deadlock", "no warp can run");
  return false;
}

bool Cluster::land_copy() {
  for (std::uint32_t rank = 0; rank < blocks_.size(); ++rank)
    if (!state_.members[rank].ended && blocks_[rank].land_copy()) return true;
  return false;
}

bool Cluster::makes_progress() {
  std::uint64_t steps = 0;
  for (const Block& block : blocks_) steps += block.steps();
  if (steps - looked_at_ < between_looks) return true;
  looked_at_ = steps;
  const bool is_first = launch_.reports.empty();
  if (!is_first && ++looks_after_fault_ > most_looks_after_fault) return false;

  LaunchProgress& progress = launch_.progress;
  LaunchProgress::Team& team = *state_.members[0].worker->team;
  for (const ClusterState::Member& member : state_.members) {
    if (!member.worker->counts_changes) team.changed();
    member.worker->counts_changes = true;
  }
  const std::uint64_t changes = progress.changes();
  const bool changed = changes != changes_;
  changes_ = changes;
  if (changed) {
    changed_at_ = steps;
    team.stuck_at = team.nowhere;
  }
  if (team.stuck_at != changes && repeats_state(changed)) team.stuck_at = changes;
  if (team.stuck_at == changes) {
    if (land_copy()) {
      team.changed();
      return true;
    }
    if (progress.all_stuck(changes)) {
      if (is_first)
        report_warps("deadlock", fmt::format("the warps go on for ever and change nothing, with {} "
                                             "blocks still to begin",
                                             progress.clusters_to_come() * blocks_.size()));
      return false;
    }
  }
  const std::uint64_t limit = launch_.options.idle_limit;
  if (limit == 0 || steps - changed_at_ <= limit) return true;
  if (is_first)
    report_warps("limit", fmt::format("nothing has changed memory for {} warp instructions",
                                      steps - changed_at_));
  return false;
}

bool Cluster::repeats_state(bool changed) {
  std::vector<std::uint64_t> state;
  for (std::uint32_t rank = 0; rank < blocks_.size(); ++rank)
    if (!state_.members[rank].ended) blocks_[rank].note_state(state);
  if (!changed) {
    if (state == state_before_) return true;
    if (--looks_left_ > 0) return false;
  }
  looks_left_ = looks_each_ = changed ? 1 : 2 * looks_each_;
  state_before_ = std::move(state);
  return false;
}

void Cluster::report_warps(std::string_view check, std::string_view what) {
  const Block* first = nullptr;
  std::string text = fmt::format("{}: ", what);
  for (std::uint32_t rank = 0; rank < blocks_.size(); ++rank) {
    if (state_.members[rank].ended) continue;
    if (first != nullptr) text += ", ";
    if (blocks_.size() > 1) text += fmt::format("of {} ", block_name(state_.members[rank].block));
    text += blocks_[rank].whereabouts();
    if (first == nullptr) first = &blocks_[rank];
  }
  launch_.reports.add(check, first->site(), text);
}

}  // namespace tegula::sim
