#include "runtime/sim/memory/bulk.h"

#include <fmt/format.h>

#include "runtime/sim/checks/racy_bytes.h"
#include "runtime/sim/code/effects.h"
#include "runtime/sim/memory/access.h"

namespace tegula::sim {
namespace {

using format::Opcode;
using format::Space;

/// One lane's side of a bulk copy.
Gathered side(const WarpAccess& access, const Instruction& i, Gathered::Verb verb,
              std::size_t operand, std::uint32_t lane, std::uint32_t bytes, Space space) {
  Gathered g = gather(access, i, verb, i.operands[operand], 1u << lane, space);
  g.request.size = bytes;
  g.contiguous = true;
  g.alignment = 16;
  return g;
}

bool check_size(WarpAccess& access, std::uint32_t lane, std::uint32_t bytes) {
  if (bytes % 16 == 0 && bytes <= (1u << 20)) return true;
  access.fault("alignment", lane,
               fmt::format("a bulk copy of {} bytes, which is not a multiple of 16", bytes));
  return false;
}

/// With checks off, too, a copy that lands later must stay inside the simulator's shared memory.
bool admit_side(WarpAccess& access, const Gathered& g) {
  return check_bounds(access, g) && (!access.checks() || check_alignment(access, g));
}

Outcome load(WarpAccess& access, const Instruction& i) {
  Worker& worker = access.worker;
  const bool good = all_lanes_of(access.lanes_where(i.operands[4]), [&](std::uint32_t lane) {
    const auto bytes = access.value<std::uint32_t>(i.operands[2], lane);
    if (!check_size(access, lane, bytes)) return false;
    const auto mbarrier = access.value<std::uint32_t>(i.operands[3], lane);
    if (worker.mbarriers.find(mbarrier) == nullptr) {
      access.fault("mbarrier", lane,
                   fmt::format("a bulk copy to complete at offset {} of shared memory, where no "
                               "mbarrier is",
                               mbarrier));
      return false;
    }
    if (bytes == 0) return true;
    const Gathered from = side(access, i, Gathered::Verb::copy_from, 1, lane, bytes, Space::global);
    const Gathered to = side(access, i, Gathered::Verb::copy_to, 0, lane, bytes, Space::shared);
    if (!admit_side(access, from) || !admit_side(access, to) || !check_races(access, from))
      return false;
    count(access, from);
    const auto target = static_cast<std::uint32_t>(to.request.address[lane]);
    if (worker.watch_shared) {
      const auto found =
          worker.workspace.shadow.start_arriving(access.accessor(), lane, target, bytes);
      if (found) {
        report_conflict(access, fmt::format("bulk copy of {} bytes", bytes), *found);
        return false;
      }
    }
    FaultSite site = access.site;
    site.lane = lane;
    worker.bulk_loads.push_back(
        {target, from.request.address[lane], bytes, mbarrier, access.pc, site});
    return true;
  });
  return good ? Outcome::done : Outcome::faulted;
}

Outcome store(WarpAccess& access, const Instruction& i) {
  Worker& worker = access.worker;
  const bool good = all_lanes_of(access.lanes_where(i.operands[3]), [&](std::uint32_t lane) {
    const auto bytes = access.value<std::uint32_t>(i.operands[2], lane);
    if (!check_size(access, lane, bytes)) return false;
    if (bytes == 0) return true;
    const Gathered to = side(access, i, Gathered::Verb::copy_to, 0, lane, bytes, Space::global);
    const Gathered from = side(access, i, Gathered::Verb::copy_from, 1, lane, bytes, Space::shared);
    if (!admit_side(access, from) || !admit_side(access, to) || !check_races(access, to))
      return false;
    count(access, to);
    const auto source = static_cast<std::uint32_t>(from.request.address[lane]);
    if (worker.watch_shared) {
      const auto found = worker.workspace.shadow.start_reading(
          access.accessor(), worker.workspace.clocks.proxied(access.site.warp), lane, source,
          bytes);
      if (found) {
        report_conflict(access, fmt::format("bulk store of {} bytes", bytes), *found);
        return false;
      }
    }
    worker.bulk_stores[access.site.warp].issue(
        {to.request.address[lane], source, bytes, bytes, lane, 0, access.pc});
    return true;
  });
  return good ? Outcome::done : Outcome::faulted;
}

Outcome commit(WarpAccess& access, const Instruction&) {
  access.worker.bulk_stores[access.site.warp].commit(access.active);
  return Outcome::done;
}

/// A wait for the sources alone completes the copies, too: no kernel can tell the difference.
Outcome wait(WarpAccess& access, const Instruction& i) {
  Worker& worker = access.worker;
  const Time now = worker.workspace.clocks.now();
  worker.bulk_stores[access.site.warp].wait(access.active, i.immediate, [&](const GroupedCopy& c) {
    store_racy(reinterpret_cast<std::byte*>(c.target), worker.workspace.shared() + c.source,
               c.bytes);
    if (worker.watch_shared)
      worker.workspace.shadow.finish_reading(static_cast<std::uint32_t>(c.source), c.bytes,
                                             Record(now, false, access.site.warp, c.lane, c.pc));
  });
  return Outcome::done;
}

Outcome fence_proxy(WarpAccess& access, const Instruction&) {
  if (Clocks* clocks = access.worker.clocks()) clocks->fence_proxies(access.site.warp);
  return Outcome::done;
}

}  // namespace

bool land_bulk_load(Worker& worker, std::uint64_t choice) {
  if (worker.bulk_loads.empty()) return false;
  const auto at =
      worker.bulk_loads.begin() + static_cast<std::ptrdiff_t>(choice % worker.bulk_loads.size());
  const BulkLoad copy = *at;
  worker.bulk_loads.erase(at);
  std::memcpy(worker.workspace.shared() + copy.target,
              reinterpret_cast<const std::byte*>(copy.source), copy.bytes);
  MBarrier* b = worker.mbarriers.find(copy.mbarrier);
  if (b == nullptr) {
    worker.launch.reports.add("mbarrier", copy.site,
                              fmt::format("a bulk copy arrives, and its mbarrier at offset {} is "
                                          "no longer there",
                                          copy.mbarrier));
    return true;
  }
  if (worker.watch_shared) {
    const Time time = worker.workspace.clocks.act(b->agent, b->collecting);
    worker.workspace.shadow.arrive(copy.target, copy.bytes,
                                   Record(time, false, b->agent, copy.site.lane, copy.pc));
  }
  b->bytes -= copy.bytes;
  b->complete_if_possible();
  return true;
}

Effect bulk_effect(Opcode opcode) {
  switch (opcode) {
    case Opcode::bulk_load:
      return load;
    case Opcode::bulk_store:
      return store;
    case Opcode::bulk_commit:
      return commit;
    case Opcode::bulk_wait:
      return wait;
    case Opcode::fence_proxy_async:
      return fence_proxy;
    default:
      return nullptr;
  }
}

}  // namespace tegula::sim
