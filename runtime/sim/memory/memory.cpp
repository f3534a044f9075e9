#include "runtime/sim/memory/memory.h"

#include <algorithm>
#include <cstring>
#include <type_traits>

#include "runtime/sim/checks/racy_bytes.h"

namespace tegula::sim {
namespace {

using format::Space;

Gathered gather_plain(const WarpAccess& access, const Instruction& i, Gathered::Verb verb,
                      std::uint32_t predicate) {
  Gathered g = gather(access, i, verb, i.operands[0], access.lanes_where(predicate),
                      static_cast<Space>(i.modifier));
  g.alignment = static_cast<std::uint32_t>(std::min<std::int64_t>(i.immediate, g.request.size));
  return g;
}

/// Calls `copy` with a size that is a compile-time constant in all cases that occur.
template <class Copy>
void with_constant_size(std::uint32_t size, Copy&& copy) {
  switch (size) {
    case 1:
      return copy(std::integral_constant<std::size_t, 1>());
    case 2:
      return copy(std::integral_constant<std::size_t, 2>());
    case 4:
      return copy(std::integral_constant<std::size_t, 4>());
    case 8:
      return copy(std::integral_constant<std::size_t, 8>());
    case 16:
      return copy(std::integral_constant<std::size_t, 16>());
    default:
      return copy(std::integral_constant<std::size_t, 32>());
  }
}
void load_access(std::byte* target, const std::byte* source, std::uint32_t size) {
  with_constant_size(size, [&](auto bytes) { std::memcpy(target, source, bytes); });
}
void store_access(std::byte* target, const std::byte* source, std::uint32_t size) {
  with_constant_size(size, [&](auto bytes) { store_racy(target, source, bytes); });
}

/// Memory may hold any byte where an i1 is read; a register holds 0 or 1.
void normalise_truths(std::byte* truths, const Instruction& i, std::uint32_t lanes) {
  for (std::size_t lane = 0; lane < warp_lanes; ++lane)
    if ((lanes >> lane & 1) != 0)
      for (std::size_t e = 0; e < i.elements; ++e) truths[lane * i.elements + e] &= std::byte{1};
}

/// A store that counts as a change of memory only if it changes bytes.
bool store_counting(WarpAccess& access, const Gathered& g) {
  bool changes = false;
  all_lanes_of(g.request.active, [&](std::uint32_t lane) {
    std::byte* there = location(access, g, lane);
    const std::byte* value = g.values + std::size_t{lane} * g.request.size;
    changes |= !equal_racy(value, there, g.request.size);
    store_access(there, value, g.request.size);
    return true;
  });
  if (changes) access.worker.team->changed();
  return true;
}

}  // namespace

bool run_load(WarpAccess& access, const Instruction& i) {
  const Gathered g = gather_plain(access, i, Gathered::Verb::load, i.operands[1]);
  const Request& r = g.request;
  std::byte* result = access.frame + i.result;
  if (r.active != 0) {
    if (!admit(access, g)) return false;
    if (g.contiguous) {
      const std::uint32_t first = r.first_lane();
      std::memcpy(result + std::size_t{first} * r.size, location(access, g, first),
                  static_cast<std::size_t>(std::popcount(r.active)) * r.size);
    } else {
      all_lanes_of(r.active, [&](std::uint32_t lane) {
        load_access(result + std::size_t{lane} * r.size, location(access, g, lane), r.size);
        return true;
      });
    }
    if (i.scalar == format::Scalar::i1) normalise_truths(result, i, r.active);
  }
  const std::uint32_t padded = access.active & ~r.active;
  if (padded == 0) return true;
  if (i.operands[2] != no_slot)
    blend(result, access.frame + i.operands[2], padded, r.size);
  else
    for (std::size_t lane = 0; lane < warp_lanes; ++lane)
      if ((padded >> lane & 1) != 0) std::memset(result + lane * r.size, 0, r.size);
  return true;
}

bool run_store(WarpAccess& access, const Instruction& i) {
  Gathered g = gather_plain(access, i, Gathered::Verb::store, i.operands[2]);
  const Request& r = g.request;
  if (r.active == 0) return true;
  const std::byte* value = g.values = access.frame + i.operands[1];
  if (!admit(access, g)) return false;
  if (access.worker.counts_changes) [[unlikely]]
    return store_counting(access, g);
  if (g.contiguous) {
    const std::uint32_t first = r.first_lane();
    store_racy(location(access, g, first), value + std::size_t{first} * r.size,
               static_cast<std::size_t>(std::popcount(r.active)) * r.size);
    return true;
  }
  all_lanes_of(r.active, [&](std::uint32_t lane) {
    store_access(location(access, g, lane), value + std::size_t{lane} * r.size, r.size);
    return true;
  });
  return true;
}

}  // namespace tegula::sim
