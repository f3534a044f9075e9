#include "runtime/sim/memory.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "runtime/sim/lanes.h"

namespace tegula::sim {
namespace {

using format::Space;

/// A request together with what is known about it.
struct Gathered {
  Request request;
  bool contiguous = false;
  bool is_store = false;
  Space space = Space::global;
  std::uint32_t alignment = 1;  ///< that the code relies on, at most the access's size
};

Gathered gather(const WarpAccess& access, const Instruction& i, std::uint32_t predicate) {
  Gathered g;
  Request& r = g.request;
  g.space = static_cast<Space>(i.modifier);
  g.is_store = i.step == Step::store;
  const std::byte* addresses = access.frame + i.operands[0];
  if (g.space == Space::global)
    std::memcpy(r.address.data(), addresses, sizeof r.address);
  else
    for (std::size_t lane = 0; lane < warp_lanes; ++lane)
      r.address[lane] = get<std::uint32_t>(addresses, lane);
  r.active = access.active;
  if (predicate != no_place) r.active &= lane_mask(access.frame + predicate);
  r.size = i.lane_bytes;
  g.contiguous = r.active != 0 && r.contiguous();
  g.alignment = static_cast<std::uint32_t>(std::min<std::int64_t>(i.immediate, r.size));
  return g;
}

template <class F>
bool all_active(const Request& r, F&& good) {
  for (std::uint32_t lanes = r.active; lanes != 0; lanes &= lanes - 1)
    if (!good(static_cast<std::uint32_t>(std::countr_zero(lanes)))) return false;
  return true;
}

bool fault(WarpAccess& access, std::string_view check, std::uint32_t lane,
           const std::string& what) {
  access.site.lane = lane;
  access.launch.reports.add(check, access.site, what);
  return false;
}

bool check_alignment(WarpAccess& access, const Gathered& g) {
  if (g.alignment <= 1) return true;
  const Request& r = g.request;
  const auto aligned = [&](std::uint64_t address) { return (address & (g.alignment - 1)) == 0; };
  // Contiguous accesses are whole multiples of the alignment apart.
  if (g.contiguous && aligned(r.address[r.first_lane()])) return true;
  return all_active(r, [&](std::uint32_t lane) {
    const std::uint64_t address = r.address[lane];
    if (aligned(address)) return true;
    const std::string place = g.space == Space::global
                                  ? access.launch.ranges.place(address)
                                  : fmt::format("offset {} of shared memory", address);
    return fault(access, "alignment", lane,
                 fmt::format("{} of {} bytes at {} is not aligned to {} bytes",
                             g.is_store ? "store" : "load", r.size, place, g.alignment));
  });
}

/// Checks that every lane's access lies in an argument, and counts its bytes there.
bool attribute(WarpAccess& access, const Gathered& g) {
  Launch& launch = access.launch;
  const Request& r = g.request;
  std::size_t& hint = launch.range_hints[access.pc];
  const auto hull = [&]() -> GlobalAccess {
    const auto lanes = static_cast<std::uint64_t>(std::popcount(r.active));
    if (g.contiguous) return {r.address[r.first_lane()], lanes * r.size, g.is_store};
    std::uint64_t low = ~std::uint64_t{0}, high = 0;
    all_active(r, [&](std::uint32_t lane) {
      low = std::min(low, r.address[lane]);
      high = std::max(high, r.address[lane]);
      return true;
    });
    // A hull that wraps around is in no argument; the lanes are then looked at one by one.
    return {low, high - low + r.size, g.is_store};
  };
  if (const auto whole = launch.ranges.find(hull(), hint)) {
    hint = *whole;
    launch.counters.argument_bytes(hint, g.is_store,
                                   static_cast<std::uint64_t>(std::popcount(r.active)) * r.size);
    return true;
  }
  return all_active(r, [&](std::uint32_t lane) {
    const GlobalAccess one{r.address[lane], r.size, g.is_store};
    if (const auto argument = launch.ranges.find(one, hint)) {
      hint = *argument;
      launch.counters.argument_bytes(hint, g.is_store, r.size);
      return true;
    }
    return !launch.options.checks ||
           fault(access, "bounds", lane, launch.ranges.describe_miss(one));
  });
}

bool check_shared_bounds(WarpAccess& access, const Gathered& g) {
  const Request& r = g.request;
  const std::uint64_t limit = access.launch.shared_bytes;
  if (g.contiguous &&
      r.address[r.first_lane()] + static_cast<std::uint64_t>(std::popcount(r.active)) * r.size <=
          limit)
    return true;
  return all_active(r, [&](std::uint32_t lane) {
    const std::uint64_t end = r.address[lane] + r.size;  // 32-bit offsets: no overflow
    if (end <= limit) return true;
    return fault(
        access, "bounds", lane,
        fmt::format("{} of {} bytes at offset {} of shared memory, reaching {} bytes past "
                    "its end ({} bytes)",
                    g.is_store ? "store" : "load", r.size, r.address[lane], end - limit, limit));
  });
}

/// All checks and counters of a request that has active lanes.
bool admit(WarpAccess& access, const Gathered& g) {
  Launch& launch = access.launch;
  const bool checks = launch.options.checks;
  if (checks && g.space == Space::shared && !check_shared_bounds(access, g)) return false;
  if (g.space == Space::global && !attribute(access, g)) return false;
  if (checks && !check_alignment(access, g)) return false;
  if (g.space == Space::global)
    launch.counters.global_request(g.request, g.contiguous, g.alignment);
  else
    launch.counters.shared_request(g.request, g.contiguous);
  return true;
}

std::byte* location(const WarpAccess& access, const Gathered& g, std::uint32_t lane) {
  const std::uint64_t address = g.request.address[lane];
  return g.space == Space::global ? reinterpret_cast<std::byte*>(address)
                                  : access.launch.workspace.shared() + address;
}

/// memcpy of a size that is known at compile time in all cases that occur.
void copy_access(std::byte* target, const std::byte* source, std::uint32_t size) {
  switch (size) {
    case 1:
      std::memcpy(target, source, 1);
      break;
    case 2:
      std::memcpy(target, source, 2);
      break;
    case 4:
      std::memcpy(target, source, 4);
      break;
    case 8:
      std::memcpy(target, source, 8);
      break;
    case 16:
      std::memcpy(target, source, 16);
      break;
    default:
      std::memcpy(target, source, 32);
      break;
  }
}

/// Memory may hold any byte where an i1 is read; a register holds 0 or 1.
void normalise_truths(std::byte* truths, const Instruction& i, std::uint32_t lanes) {
  for (std::size_t lane = 0; lane < warp_lanes; ++lane)
    if ((lanes >> lane & 1) != 0)
      for (std::size_t e = 0; e < i.elements; ++e) truths[lane * i.elements + e] &= std::byte{1};
}

}  // namespace

bool run_load(WarpAccess& access, const Instruction& i) {
  const Gathered g = gather(access, i, i.operands[1]);
  const Request& r = g.request;
  std::byte* result = access.frame + i.result;
  if (r.active != 0) {
    if (!admit(access, g)) return false;
    if (g.contiguous) {
      const std::uint32_t first = r.first_lane();
      std::memcpy(result + std::size_t{first} * r.size, location(access, g, first),
                  static_cast<std::size_t>(std::popcount(r.active)) * r.size);
    } else {
      all_active(r, [&](std::uint32_t lane) {
        copy_access(result + std::size_t{lane} * r.size, location(access, g, lane), r.size);
        return true;
      });
    }
    if (i.scalar == format::Scalar::i1) normalise_truths(result, i, r.active);
  }
  const std::uint32_t padded = access.active & ~r.active;
  if (padded == 0) return true;
  if (i.operands[2] != no_place)
    blend(result, access.frame + i.operands[2], padded, r.size);
  else
    for (std::size_t lane = 0; lane < warp_lanes; ++lane)
      if ((padded >> lane & 1) != 0) std::memset(result + lane * r.size, 0, r.size);
  return true;
}

bool run_store(WarpAccess& access, const Instruction& i) {
  const Gathered g = gather(access, i, i.operands[2]);
  const Request& r = g.request;
  if (r.active == 0) return true;
  if (!admit(access, g)) return false;
  const std::byte* value = access.frame + i.operands[1];
  if (g.contiguous) {
    const std::uint32_t first = r.first_lane();
    std::memcpy(location(access, g, first), value + std::size_t{first} * r.size,
                static_cast<std::size_t>(std::popcount(r.active)) * r.size);
    return true;
  }
  all_active(r, [&](std::uint32_t lane) {
    copy_access(location(access, g, lane), value + std::size_t{lane} * r.size, r.size);
    return true;
  });
  return true;
}

}  // namespace tegula::sim
