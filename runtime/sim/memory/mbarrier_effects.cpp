// Instructions on mbarriers. Mistakes are reported with checks off, too: an mbarrier has no state
// in shared memory that such an instruction could work on instead.
#include <fmt/format.h>

#include "runtime/sim/code/effects.h"
#include "runtime/sim/memory/access.h"

namespace tegula::sim {
namespace {

using format::Opcode;

constexpr std::uint32_t most = (1u << 20) - 1;  ///< arrivals and bytes of a phase

std::uint32_t address_of(const WarpAccess& access, const Instruction& i, std::uint32_t lane) {
  return access.value<std::uint32_t>(i.operands[0], lane);
}

/// Reports if the warp does not know that the mbarrier has been made.
bool knows(WarpAccess& access, const MBarrier& b, std::uint32_t lane) {
  if (!access.worker.watch_shared) return true;
  if (b.made.known_to(*access.accessor().clock) ||
      b.made.same_lane(Record(0, false, access.site.warp, lane, 0)))
    return true;
  access.fault(
      "race", lane,
      fmt::format(
          "the mbarrier at offset {} is used, and its initialisation by warp {} at "
          "{} is not ordered before that",
          b.address, b.made.agent(),
          access.launch().reports.source_line(access.launch().program.code[b.made.pc()].origin)),
      b.made.pc());
  return false;
}

/// The mbarrier, or null with a report.
MBarrier* find(WarpAccess& access, std::uint32_t address, std::uint32_t lane) {
  MBarrier* b = access.worker.mbarriers.find(address);
  if (b == nullptr)
    access.fault("mbarrier", lane,
                 fmt::format("there is no mbarrier at offset {} of shared memory: it has not been "
                             "initialised",
                             address));
  else if (!knows(access, *b, lane))
    b = nullptr;
  return b;
}

template <class F>
Outcome for_lanes(std::uint32_t lanes, F&& f) {
  return all_lanes_of(lanes, f) ? Outcome::done : Outcome::faulted;
}

Outcome init(WarpAccess& access, const Instruction& i) {
  Worker& worker = access.worker;
  return for_lanes(access.lanes_where(i.operands[2]), [&](std::uint32_t lane) {
    const std::uint32_t address = address_of(access, i, lane);
    const auto count = access.value<std::uint32_t>(i.operands[1], lane);
    if (address % 8 != 0 || std::uint64_t{address} + 8 > access.launch().shared_bytes) {
      access.fault(
          address % 8 != 0 ? "alignment" : "bounds", lane,
          fmt::format("an mbarrier at offset {} of shared memory ({} bytes, multiples of 8)",
                      address, access.launch().shared_bytes));
      return false;
    }
    if (count < 1 || count > most) {
      access.fault("mbarrier", lane, fmt::format("an mbarrier for {} arrivals", count));
      return false;
    }
    if (worker.mbarriers.find(address) != nullptr) {
      access.fault("mbarrier", lane,
                   fmt::format("the mbarrier at offset {} is initialised twice", address));
      return false;
    }
    const Accessor who = access.accessor();
    const Record by(worker.workspace.clocks.now(), false, who.warp, lane, who.pc);
    worker.mbarriers.make(address, count, by);
    if (!worker.watch_shared) return true;
    const auto found = worker.workspace.shadow.claim(who, lane, address);
    if (found) report_conflict(access, "initialisation of an mbarrier", *found);
    return !found;
  });
}

Outcome invalidate(WarpAccess& access, const Instruction& i) {
  Worker& worker = access.worker;
  return for_lanes(access.lanes_where(i.operands[1]), [&](std::uint32_t lane) {
    MBarrier* b = find(access, address_of(access, i, lane), lane);
    if (b == nullptr) return false;
    if (worker.watch_shared)
      worker.workspace.shadow.unclaim(b->address, Record(worker.workspace.clocks.now(), false,
                                                         access.site.warp, lane, access.pc));
    worker.mbarriers.remove(*b);
    return true;
  });
}

bool arrive_at(WarpAccess& access, MBarrier& b, std::uint32_t arrivals, std::uint32_t lane) {
  if (arrivals > b.pending) {
    access.fault(
        "mbarrier", lane,
        fmt::format("{} arrivals at the mbarrier at offset {}, whose phase has {} of {} to "
                    "come",
                    arrivals, b.address, b.pending, b.count));
    return false;
  }
  b.pending -= arrivals;
  if (Clocks* clocks = access.worker.clocks()) clocks->release(access.site.warp, b.collecting);
  b.complete_if_possible();
  return true;
}

Outcome arrive(WarpAccess& access, const Instruction& i) {
  return for_lanes(access.lanes_where(i.operands[2]), [&](std::uint32_t lane) {
    MBarrier* b = find(access, address_of(access, i, lane), lane);
    if (b == nullptr) return false;
    const std::uint32_t arrivals =
        i.operands[1] == no_slot ? 1 : access.value<std::uint32_t>(i.operands[1], lane);
    return arrive_at(access, *b, arrivals, lane);
  });
}

Outcome expect(WarpAccess& access, const Instruction& i) {
  return for_lanes(access.lanes_where(i.operands[2]), [&](std::uint32_t lane) {
    MBarrier* b = find(access, address_of(access, i, lane), lane);
    if (b == nullptr) return false;
    const auto bytes = access.value<std::uint32_t>(i.operands[1], lane);
    if (bytes > most || b->bytes + bytes > most) {
      access.fault("mbarrier", lane,
                   fmt::format("{} bytes expected at the mbarrier at offset {}: at most {} a phase",
                               b->bytes + bytes, b->address, most));
      return false;
    }
    b->bytes += bytes;
    return i.modifier == 0 || arrive_at(access, *b, 1, lane);
  });
}

/// Sets in `passed` the lanes whose phase is complete, and lets them acquire what was released
/// there. False if there is a report.
bool poll(WarpAccess& access, const Instruction& i, std::uint32_t& passed) {
  passed = 0;
  return all_lanes_of(access.active, [&](std::uint32_t lane) {
    MBarrier* b = find(access, address_of(access, i, lane), lane);
    if (b == nullptr) return false;
    if (b->passed(access.value<std::uint32_t>(i.operands[1], lane))) passed |= 1u << lane;
    return true;
  });
}

void take_up(WarpAccess& access, const Instruction& i, std::uint32_t passed) {
  std::uint32_t last = no_slot;
  all_lanes_of(access.active, [&](std::uint32_t lane) {
    const bool has_passed = (passed >> lane & 1) != 0;
    put(access.frame + i.result, lane, static_cast<std::uint8_t>(has_passed));
    const std::uint32_t address = address_of(access, i, lane);
    Clocks* clocks = access.worker.clocks();
    if (has_passed && address != last && clocks != nullptr)
      clocks->acquire(access.site.warp, access.worker.mbarriers.find(address)->done);
    last = address;
    return true;
  });
}

Outcome try_wait(WarpAccess& access, const Instruction& i) {
  std::uint32_t passed = 0;
  if (!poll(access, i, passed)) return Outcome::faulted;
  if (passed != access.active) return Outcome::waits;
  take_up(access, i, passed);
  return Outcome::done;
}

Outcome test_wait(WarpAccess& access, const Instruction& i) {
  std::uint32_t passed = 0;
  if (!poll(access, i, passed)) return Outcome::faulted;
  take_up(access, i, passed);
  return Outcome::done;
}

}  // namespace

Effect mbarrier_effect(Opcode opcode) {
  switch (opcode) {
    case Opcode::mbarrier_init:
      return init;
    case Opcode::mbarrier_inval:
      return invalidate;
    case Opcode::mbarrier_arrive:
      return arrive;
    case Opcode::mbarrier_expect_tx:
      return expect;
    case Opcode::mbarrier_try_wait:
      return try_wait;
    case Opcode::mbarrier_test_wait:
      return test_wait;
    default:
      return nullptr;
  }
}

}  // namespace tegula::sim
