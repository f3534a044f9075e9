// cp.async: each lane's small copies, which arrive when the lane waits for their group.
#include <fmt/format.h>

#include <algorithm>

#include "runtime/sim/code/effects.h"
#include "runtime/sim/memory/access.h"

namespace tegula::sim {
namespace {

using format::Opcode;
using format::Space;

/// Checks the sources: whole copies first, then, one by one, lanes that copy less.
bool admit_sources(WarpAccess& access, const Instruction& i, std::uint32_t lanes,
                   std::uint32_t size) {
  Gathered g = gather(access, i, Gathered::Verb::copy_from, i.operands[1], lanes, Space::global);
  const auto admit_lanes = [&](std::uint32_t some, std::uint32_t bytes) {
    if (some == 0 || bytes == 0) return true;
    g.request.active = some;
    g.request.size = bytes;
    g.contiguous = g.request.contiguous();
    g.alignment = size;
    return admit(access, g);
  };
  if (i.operands[2] == no_slot) return admit_lanes(lanes, size);
  std::uint32_t whole = 0;
  const bool rest_is_good = all_lanes_of(lanes, [&](std::uint32_t lane) {
    const auto bytes = access.value<std::uint32_t>(i.operands[2], lane);
    if (bytes >= size) {
      whole |= 1u << lane;
      return true;
    }
    return admit_lanes(1u << lane, bytes);
  });
  return rest_is_good && admit_lanes(whole, size);
}

Outcome issue_copies(WarpAccess& access, const Instruction& i) {
  Worker& worker = access.worker;
  const std::uint32_t lanes = access.lanes_where(i.operands[3]);
  if (lanes == 0) return Outcome::done;
  const auto size = static_cast<std::uint32_t>(i.immediate);
  if (!admit_sources(access, i, lanes, size)) return Outcome::faulted;
  Gathered target = gather(access, i, Gathered::Verb::copy_to, i.operands[0], lanes, Space::shared);
  target.request.size = target.alignment = size;
  target.contiguous = target.request.contiguous();
  if (!check_bounds(access, target)) return Outcome::faulted;
  if (access.checks() && (!check_alignment(access, target) || !check_races(access, target)))
    return Outcome::faulted;
  count(access, target);

  const Time now = worker.workspace.clocks.now();
  all_lanes_of(lanes, [&](std::uint32_t lane) {
    const auto to = static_cast<std::uint32_t>(target.request.address[lane]);
    std::uint32_t source_bytes = size;
    if (i.operands[2] != no_slot)
      source_bytes = std::min(size, access.value<std::uint32_t>(i.operands[2], lane));
    worker.copies[access.site.warp].issue({to, access.value<std::uint64_t>(i.operands[1], lane),
                                           size, source_bytes, lane, 0, access.pc});
    if (worker.watch_shared)
      worker.workspace.shadow.arrive(to, size, Record(now, false, arriving_agent, lane, access.pc));
    return true;
  });
  return Outcome::done;
}

Outcome commit_copies(WarpAccess& access, const Instruction&) {
  access.worker.copies[access.site.warp].commit(access.active);
  return Outcome::done;
}

Outcome wait_for_copies(WarpAccess& access, const Instruction& i) {
  Worker& worker = access.worker;
  const Time now = worker.workspace.clocks.now();
  worker.copies[access.site.warp].wait(access.active, i.immediate, [&](const GroupedCopy& c) {
    std::byte* to = worker.workspace.shared() + c.target;
    std::memcpy(to, reinterpret_cast<const std::byte*>(c.source), c.source_bytes);
    std::memset(to + c.source_bytes, 0, c.bytes - c.source_bytes);
    // From here on the bytes count as stored by the lane.
    if (worker.watch_shared)
      worker.workspace.shadow.arrive(static_cast<std::uint32_t>(c.target), c.bytes,
                                     Record(now, false, access.site.warp, c.lane, c.pc));
  });
  return Outcome::done;
}

}  // namespace

Effect cp_async_effect(Opcode opcode) {
  switch (opcode) {
    case Opcode::cp_async:
      return issue_copies;
    case Opcode::cp_async_commit:
      return commit_copies;
    case Opcode::cp_async_wait:
      return wait_for_copies;
    default:
      return nullptr;
  }
}

}  // namespace tegula::sim
