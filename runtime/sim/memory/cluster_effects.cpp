// Instructions on the cluster: the barrier of all its blocks, and reads of other blocks' shared
// memory.
#include <fmt/format.h>

#include "runtime/sim/code/effects.h"
#include "runtime/sim/memory/access.h"
#include "runtime/sim/state/cluster_state.h"

namespace tegula::sim {
namespace {

using format::Opcode;

/// Whether all lanes of the warp are there: the cluster's barrier takes whole warps.
bool all_there(WarpAccess& access) {
  if (access.active == all_lanes || !access.checks()) return true;
  access.fault("barrier", 0,
               fmt::format("{} lanes of the warp are at the cluster's barrier, and the others are "
                           "elsewhere",
                           std::popcount(access.active)));
  return false;
}

Outcome arrive_cluster(WarpAccess& access, const Instruction&) {
  if (!all_there(access)) return Outcome::faulted;
  Worker& worker = access.worker;
  const std::string wrong = worker.cluster->arrive(worker.rank, access.site.warp);
  return wrong.empty() ? Outcome::done : access.fault("barrier", 0, wrong);
}

Outcome wait_cluster(WarpAccess& access, const Instruction&) {
  if (!all_there(access)) return Outcome::faulted;
  Worker& worker = access.worker;
  ClusterBarrier& barrier = worker.cluster->barrier;
  if (!barrier.has_passed(worker.rank, access.site.warp)) return Outcome::waits;
  const std::string wrong = barrier.wait(worker.rank, access.site.warp, worker.clocks());
  return wrong.empty() ? Outcome::done : access.fault("barrier", 0, wrong);
}

/// Checks a read of another block's memory: it must come after that block's writes, and before its
/// end and its next writes.
bool check_remote(WarpAccess& access, const Gathered& g, std::uint32_t rank) {
  ClusterState& cluster = *access.worker.cluster;
  const ClusterState::Member& member = cluster.members[rank];
  const std::uint32_t warp = access.site.warp, mine = access.worker.rank;
  if (member.ended) {
    access.fault("race", g.request.first_lane(),
                 fmt::format("{} from {}, which has ended: no cluster barrier comes between",
                             what_of(g), block_name(member.block)));
    return false;
  }
  if (!access.worker.watch_shared) return true;
  const RemoteReader reader = {mine, warp, access.pc, cluster.barrier.arrivals(mine, warp) + 1};
  const Clock& known = cluster.barrier.known(rank, cluster.barrier.waits(mine, warp));
  const auto found = member.worker->workspace.shadow.read_remotely(reader, known, g.request);
  if (!found) return true;
  report_conflict(access, fmt::format("{} from {}", what_of(g), block_name(member.block)), *found);
  return false;
}

/// For the lanes that read from one block.
bool load_from(WarpAccess& access, const Instruction& i, std::uint32_t rank, std::uint32_t lanes) {
  Gathered g = gather(access, i, Gathered::Verb::load, i.operands[0], lanes, format::Space::shared);
  g.alignment = static_cast<std::uint32_t>(std::min<std::int64_t>(i.immediate, g.request.size));
  ClusterState& cluster = *access.worker.cluster;
  if (rank >= cluster.members.size()) {
    access.fault("bounds", g.request.first_lane(),
                 fmt::format("{} from rank {} of a cluster of {}", what_of(g), rank,
                             cluster.members.size()));
    return false;
  }
  if (!check_bounds(access, g)) return false;
  if (access.checks()) {
    if (!check_alignment(access, g)) return false;
    const bool own = rank == access.worker.rank;
    if (!(own ? check_races(access, g) : check_remote(access, g, rank))) return false;
  }
  const std::uint32_t size = g.request.size;
  access.worker.counters.cluster_bytes(std::uint64_t{size} *
                                       static_cast<std::uint64_t>(std::popcount(lanes)));
  const std::byte* memory = cluster.members[rank].worker->workspace.shared();
  std::byte* result = access.frame + i.result;
  return all_lanes_of(lanes, [&](std::uint32_t lane) {
    std::memcpy(result + std::size_t{lane} * size, memory + g.request.address[lane], size);
    return true;
  });
}

Outcome load_cluster(WarpAccess& access, const Instruction& i) {
  for (std::uint32_t left = access.active; left != 0;) {
    const auto first = static_cast<std::uint32_t>(std::countr_zero(left));
    const auto rank = access.value<std::uint32_t>(i.operands[1], first);
    std::uint32_t lanes = 0;
    all_lanes_of(left, [&](std::uint32_t lane) {
      if (access.value<std::uint32_t>(i.operands[1], lane) == rank) lanes |= 1u << lane;
      return true;
    });
    if (!load_from(access, i, rank, lanes)) return Outcome::faulted;
    left &= ~lanes;
  }
  return Outcome::done;
}

}  // namespace

Effect cluster_effect(Opcode opcode) {
  switch (opcode) {
    case Opcode::cluster_arrive:
      return arrive_cluster;
    case Opcode::cluster_wait:
      return wait_cluster;
    case Opcode::cluster_load:
      return load_cluster;
    default:
      return nullptr;
  }
}

}  // namespace tegula::sim
