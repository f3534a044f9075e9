#include "runtime/sim/memory/access.h"

#include <fmt/format.h>

#include <algorithm>

#include "runtime/sim/checks/racy_bytes.h"
#include "runtime/sim/state/cluster_state.h"

namespace tegula::sim {
namespace {

using format::Space;
using Verb = Gathered::Verb;

/// Checks that every lane's access lies in an argument, and counts its bytes there.
bool attribute(WarpAccess& access, const Gathered& g) {
  Worker& worker = access.worker;
  const ArgumentRanges& ranges = access.launch().ranges;
  const Request& r = g.request;
  std::size_t& hint = worker.range_hints[access.pc];
  const auto hull = [&]() -> GlobalAccess {
    const auto lanes = static_cast<std::uint64_t>(std::popcount(r.active));
    if (g.contiguous) return {r.address[r.first_lane()], lanes * r.size, g.is_store()};
    std::uint64_t low = ~std::uint64_t{0}, high = 0;
    all_lanes_of(r.active, [&](std::uint32_t lane) {
      low = std::min(low, r.address[lane]);
      high = std::max(high, r.address[lane]);
      return true;
    });
    // A hull that wraps around is in no argument; the lanes are then checked one by one.
    return {low, high - low + r.size, g.is_store()};
  };
  if (const auto whole = ranges.find(hull(), hint)) {
    hint = *whole;
    worker.counters.argument_bytes(hint, g.is_store(),
                                   static_cast<std::uint64_t>(std::popcount(r.active)) * r.size);
    return true;
  }
  return all_lanes_of(r.active, [&](std::uint32_t lane) {
    const GlobalAccess one{r.address[lane], r.size, g.is_store()};
    if (const auto argument = ranges.find(one, hint)) {
      hint = *argument;
      worker.counters.argument_bytes(hint, g.is_store(), r.size);
      return true;
    }
    if (!access.checks()) return true;
    access.fault("bounds", lane, ranges.describe_miss(one));
    return false;
  });
}

bool check_shared_bounds(WarpAccess& access, const Gathered& g) {
  const Request& r = g.request;
  const std::uint64_t limit = access.launch().shared_bytes;
  if (g.contiguous &&
      r.address[r.first_lane()] + static_cast<std::uint64_t>(std::popcount(r.active)) * r.size <=
          limit)
    return true;
  return all_lanes_of(r.active, [&](std::uint32_t lane) {
    const std::uint64_t end = r.address[lane] + r.size;  // 32-bit offsets: no overflow
    if (end <= limit) return true;
    access.fault("bounds", lane,
                 fmt::format("{} at offset {} of shared memory, reaching {} bytes past its end "
                             "({} bytes)",
                             what_of(g), r.address[lane], end - limit, limit));
    return false;
  });
}

/// Whether the lane stores into the bytes of a cell what is there already, or what an earlier lane
/// of the same instruction stores: the order then makes no difference.
bool stores_the_same(const WarpAccess& access, const Gathered& g, std::uint32_t lane,
                     std::uint64_t cell, std::uint32_t cell_bytes, bool same_instruction,
                     std::uint32_t other_lane) {
  if (g.values == nullptr) return false;
  const Request& r = g.request;
  const std::byte* mine = g.values + std::size_t{lane} * r.size + (cell - r.address[lane]);
  const bool other_has_it = same_instruction && other_lane < lane &&
                            (r.active >> other_lane & 1) != 0 && cell >= r.address[other_lane] &&
                            cell + cell_bytes <= r.address[other_lane] + r.size;
  const std::byte* theirs =
      other_has_it ? g.values + std::size_t{other_lane} * r.size + (cell - r.address[other_lane])
                   : location(access, g, lane) + (cell - r.address[lane]);
  return equal_racy(mine, theirs, cell_bytes);
}

bool check_shared_races(WarpAccess& access, const Gathered& g) {
  Worker& worker = access.worker;
  const Accessor who = access.accessor(g.is_atomic);
  const std::uint32_t cell_bytes = access.launch().program.features.shared_cell;
  const Time now = worker.workspace.clocks.now();
  const auto found =
      g.is_store()
          ? worker.workspace.shadow.write(
                who, g.request,
                [&](std::uint32_t lane, std::uint32_t cell, Record other) {
                  const bool same =
                      other.agent() == who.warp && other.pc() == who.pc && other.time() == now;
                  return stores_the_same(access, g, lane, cell, cell_bytes, same, other.lane());
                })
          : worker.workspace.shadow.read(who, g.request);
  if (!found) return true;
  report_conflict(access, what_of(g), *found);
  return false;
}

std::string block_text(const WarpAccess& access, BlockTag tag) {
  const auto& grid = access.launch().call.grid;
  const std::uint64_t number = tag - access.launch().global_shadow.first_tag();
  return block_name({static_cast<std::uint32_t>(number % grid[0]),
                     static_cast<std::uint32_t>(number / grid[0] % grid[1]),
                     static_cast<std::uint32_t>(number / grid[0] / grid[1])});
}

bool check_global_races(WarpAccess& access, const Gathered& g) {
  Worker& worker = access.worker;
  Launch& launch = access.launch();
  const Clocks& clocks = worker.workspace.clocks;
  const GlobalAccessor who{worker.tag,
                           access.site.warp,
                           access.pc,
                           g.is_atomic,
                           g.is_wide,
                           clocks.now(),
                           &clocks.of(access.site.warp),
                           launch.program.features.orders_blocks ? &worker.known : nullptr};
  const std::uint32_t cell_bytes = launch.program.features.global_cell;
  const auto found = g.is_store()
                         ? launch.global_shadow.write(
                               who, g.request,
                               [&](const GlobalConflict& other) {
                                 const bool same = other.block == worker.tag &&
                                                   other.other.agent() == who.warp &&
                                                   other.other.pc() == who.pc;
                                 return stores_the_same(access, g, other.lane, other.address,
                                                        cell_bytes, same, other.other.lane());
                               })
                         : launch.global_shadow.read(who, g.request);
  if (!found) return true;
  const std::string start = fmt::format("{} at {}", what_of(g),
                                        launch.ranges.name_address(g.request.address[found->lane]));
  if (found->kind == GlobalConflict::Kind::unwritten) {
    access.fault("uninitialised", found->lane,
                 start + ", which the launch has not written and nothing before it");
    return false;
  }
  const std::uint32_t origin = launch.program.code[found->other.pc()].origin;
  const char* verb = found->kind == GlobalConflict::Kind::after_write ? "write" : "read";
  const std::string who_else =
      found->block == worker.tag ? std::string("the same block") : block_text(access, found->block);
  access.fault("race", found->lane,
               fmt::format("{} is not ordered after the {} by {}, warp {}, lane {} at {}{}", start,
                           verb, who_else, found->other.agent(), found->other.lane(),
                           launch.reports.source_line(origin),
                           launch.ranges.describe_overlap(found->address)),
               found->other.pc());
  return false;
}

}  // namespace

std::string what_of(const Gathered& g) {
  const char* const verbs[] = {"load", "store", "atomic access", "copy from", "copy to"};
  return fmt::format("{} of {} {}", verbs[static_cast<std::size_t>(g.verb)], g.request.size,
                     g.request.size == 1 ? "byte" : "bytes");
}

std::string block_name(const std::array<std::uint32_t, 3>& block) {
  return fmt::format("block ({}, {}, {})", block[0], block[1], block[2]);
}

std::string remote_reader(const Worker& worker, const Conflict& conflict) {
  return fmt::format("{}, warp {}, lane {}",
                     block_name(worker.cluster->members[conflict.rank].block),
                     conflict.other.agent(), conflict.other.lane());
}

Outcome WarpAccess::fault(std::string_view check, std::uint32_t lane, const std::string& what,
                          std::uint32_t other_pc) {
  site.lane = lane;
  const std::uint32_t other =
      other_pc == no_slot ? no_origin : launch().program.code[other_pc].origin;
  launch().reports.add(check, site, what, other);
  return Outcome::faulted;
}

Outcome report_conflict(WarpAccess& access, const std::string& what, const Conflict& c) {
  using Kind = Conflict::Kind;
  const std::string start = fmt::format("{} at offset {} of shared memory", what, c.position);
  if (c.kind == Kind::unwritten)
    return access.fault("uninitialised", c.lane, start + ", which nobody has written");
  const Reports& reports = access.launch().reports;
  const std::string there = reports.source_line(access.launch().program.code[c.other.pc()].origin);
  const std::uint32_t agent = c.other.agent();
  const std::string lane = c.other.lane() == Record::several_lanes
                               ? std::string("several lanes")
                               : fmt::format("lane {}", c.other.lane());
  const std::string who = fmt::format("warp {}, {}", agent, lane);
  switch (c.kind) {
    case Kind::arriving:
      return access.fault("wait", c.lane,
                          fmt::format("{}, where the copy issued at {} has still to arrive: it has "
                                      "not been waited for",
                                      start, there),
                          c.other.pc());
    case Kind::being_read:
      return access.fault("wait", c.lane,
                          fmt::format("{}, which the bulk store issued at {} has still to read: it "
                                      "has not been waited for",
                                      start, there),
                          c.other.pc());
    case Kind::holds_barrier:
      return access.fault("mbarrier", c.lane,
                          fmt::format("{}, where an mbarrier lives since {}", start, there),
                          c.other.pc());
    case Kind::unfenced:
      return access.fault("proxy", c.lane,
                          fmt::format("{} sees not surely what {} wrote at {}: no proxy fence lies "
                                      "between",
                                      start, who, there),
                          c.other.pc());
    case Kind::after_remote:
      return access.fault("race", c.lane,
                          fmt::format("{} is not ordered after the read by {} at {}", start,
                                      remote_reader(access.worker, c), there),
                          c.other.pc());
    default:
      break;
  }
  if (agent >= first_copy_agent)
    return access.fault("wait", c.lane,
                        fmt::format("{}, where the copy issued at {} has arrived, but the warp has "
                                    "not waited at its mbarrier",
                                    start, there),
                        c.other.pc());
  return access.fault("race", c.lane,
                      fmt::format("{} is not ordered after the {} by {} at {}", start,
                                  c.kind == Kind::after_write ? "write" : "read", who, there),
                      c.other.pc());
}

Gathered gather(const WarpAccess& access, const Instruction& i, Verb verb, std::uint32_t address,
                std::uint32_t lanes, Space space) {
  Gathered g;
  Request& r = g.request;
  g.space = space;
  g.verb = verb;
  const std::byte* addresses = access.frame + address;
  if (g.space == Space::global)
    std::memcpy(r.address.data(), addresses, sizeof r.address);
  else
    for (std::size_t lane = 0; lane < warp_lanes; ++lane)
      r.address[lane] = get<std::uint32_t>(addresses, lane);
  r.active = lanes;
  r.size = i.lane_bytes;
  g.contiguous = r.active != 0 && r.contiguous();
  g.alignment = r.size;
  return g;
}

bool check_alignment(WarpAccess& access, const Gathered& g) {
  if (g.alignment <= 1) return true;
  const Request& r = g.request;
  const auto aligned = [&](std::uint64_t address) { return (address & (g.alignment - 1)) == 0; };
  // Contiguous accesses are whole multiples of the alignment apart.
  if (g.contiguous && aligned(r.address[r.first_lane()])) return true;
  return all_lanes_of(r.active, [&](std::uint32_t lane) {
    const std::uint64_t address = r.address[lane];
    if (aligned(address)) return true;
    const std::string where = g.space == Space::global
                                  ? access.launch().ranges.name_address(address)
                                  : fmt::format("offset {} of shared memory", address);
    access.fault(
        "alignment", lane,
        fmt::format("{} at {} is not aligned to {} bytes", what_of(g), where, g.alignment));
    return false;
  });
}

bool check_bounds(WarpAccess& access, const Gathered& g) {
  if (g.space == Space::global) return attribute(access, g);
  return !access.checks() || check_shared_bounds(access, g);
}

bool check_races(WarpAccess& access, const Gathered& g) {
  if (g.space == Space::global) return !access.worker.watch_global || check_global_races(access, g);
  return !access.worker.watch_shared || check_shared_races(access, g);
}

void count(WarpAccess& access, const Gathered& g) {
  if (g.space == Space::global)
    access.worker.counters.global_request(g.request, g.contiguous, g.alignment);
  else
    access.worker.counters.shared_request(g.request, g.contiguous);
}

bool admit(WarpAccess& access, const Gathered& g) {
  if (!check_bounds(access, g)) return false;
  // The host could not do an atomic on a misaligned address either.
  if ((access.checks() || g.is_atomic) && !check_alignment(access, g)) return false;
  if (access.checks() && !check_races(access, g)) return false;
  count(access, g);
  return true;
}

}  // namespace tegula::sim
