// Atomics, lane after lane, and fences. Those on global memory are the host's own atomics, since
// blocks may run on several host threads.
//
// Order: a releasing atomic leaves what its warp knows at its location, and an acquiring one takes
// over what is there. Relaxed atomics do the same together with fences: they leave what the warp
// knew at its last fence, and what they see is taken over at the warp's next fence. (By whole
// warps, where PTX orders threads: a race of other lanes of a releasing warp is not found.)
#include <fmt/format.h>

#include <atomic>
#include <type_traits>

#include "runtime/sim/code/effects.h"
#include "runtime/sim/memory/access.h"

namespace tegula::sim {
namespace {

using format::AtomicModifier;
using format::Opcode;
using format::Scalar;
using format::Scope;

/// One lane's access: `old` gets the value before.
struct AtomicCell {
  std::byte* at;
  const std::byte* value;
  const std::byte* expected;
  std::byte* old;
};

template <class T>
T* object(std::byte* at) {
  return reinterpret_cast<T*>(at);
}

// All of the following say whether they changed the memory.

/// The value becomes change(value), indivisibly. Bits, so that a NaN compares equal to itself.
template <class T, class Change>
bool exchange_by(const AtomicCell& c, std::size_t element, Change&& change) {
  std::atomic_ref<T> cell(object<T>(c.at)[element]);
  T before = cell.load(std::memory_order_relaxed), after = 0;
  do {
    after = change(before, get<T>(c.value, element));
  } while (!cell.compare_exchange_weak(before, after, std::memory_order_acq_rel));
  put(c.old, element, before);
  return after != before;
}

template <class Bits, class Float>
Bits add_floats(Bits a, Bits b) {
  if constexpr (sizeof(Float) == 2)
    return narrow<Float>(widen(Float{a}) + widen(Float{b})).bits;
  else
    return std::bit_cast<Bits>(std::bit_cast<Float>(a) + std::bit_cast<Float>(b));
}

template <class T>
bool integer_atomic(const AtomicCell& c, Opcode opcode) {
  using S = std::make_signed_t<T>;
  return exchange_by<T>(c, 0, [opcode](T a, T b) -> T {
    const S sa = static_cast<S>(a), sb = static_cast<S>(b);
    switch (opcode) {
      case Opcode::atomic_load:
        return a;
      case Opcode::atomic_add:
        return static_cast<T>(a + b);
      case Opcode::atomic_smin:
        return sa < sb ? a : b;
      case Opcode::atomic_smax:
        return sa > sb ? a : b;
      case Opcode::atomic_umin:
        return a < b ? a : b;
      case Opcode::atomic_umax:
        return a > b ? a : b;
      case Opcode::atomic_and:
        return a & b;
      case Opcode::atomic_or:
        return a | b;
      case Opcode::atomic_xor:
        return a ^ b;
      default:  // a store or an atomic exchange
        return b;
    }
  });
}

template <class T>
bool load_atomic(const AtomicCell& c) {
  put(c.old, 0, std::atomic_ref<T>(*object<T>(c.at)).load(std::memory_order_acquire));
  return false;
}

template <class T>
bool compare_and_swap(const AtomicCell& c) {
  T expected = get<T>(c.expected, 0);
  const T value = get<T>(c.value, 0);
  const bool swapped = std::atomic_ref<T>(*object<T>(c.at))
                           .compare_exchange_strong(expected, value, std::memory_order_acq_rel);
  put(c.old, 0, expected);
  return swapped && value != expected;
}

template <class T>
bool by_width(const AtomicCell& c, Opcode opcode) {
  if (opcode == Opcode::atomic_cas) return compare_and_swap<T>(c);
  if (opcode == Opcode::atomic_load) return load_atomic<T>(c);
  return integer_atomic<T>(c, opcode);
}

bool float_add(const AtomicCell& c, Scalar scalar, std::size_t element) {
  switch (scalar) {
    case Scalar::f16:
      return exchange_by<std::uint16_t>(c, element, add_floats<std::uint16_t, F16>);
    case Scalar::bf16:
      return exchange_by<std::uint16_t>(c, element, add_floats<std::uint16_t, BF16>);
    case Scalar::f32:
      return exchange_by<std::uint32_t>(c, element, add_floats<std::uint32_t, float>);
    default:
      return exchange_by<std::uint64_t>(c, element, add_floats<std::uint64_t, double>);
  }
}

bool run_lane(const AtomicCell& c, const Instruction& i) {
  if (i.opcode == Opcode::atomic_fadd) {
    bool changed = false;
    for (std::size_t e = 0; e < i.elements; ++e) changed |= float_add(c, i.scalar, e);
    return changed;
  }
  switch (format::scalar_bytes(i.scalar)) {
    case 2:
      return by_width<std::uint16_t>(c, i.opcode);
    case 4:
      return by_width<std::uint32_t>(c, i.opcode);
    default:
      return by_width<std::uint64_t>(c, i.opcode);
  }
}

bool reads(Opcode opcode) { return opcode != Opcode::atomic_store; }
bool writes(Opcode opcode) { return opcode != Opcode::atomic_load; }
bool has_bit(MemoryOrder order, MemoryOrder bit) {
  return (static_cast<int>(order) & static_cast<int>(bit)) != 0;
}

/// Calls f(lane, key) for the locations of a request, once for consecutive lanes that share one.
/// The two address spaces have different keys.
template <class F>
void for_each_location(const Gathered& g, F&& f) {
  std::uint64_t last = ~std::uint64_t{0};
  all_lanes_of(g.request.active, [&](std::uint32_t lane) {
    const std::uint64_t key =
        g.request.address[lane] << 1 | (g.space == format::Space::shared ? 1 : 0);
    if (key != last) f(g.request.address[lane], key);
    last = key;
    return true;
  });
}

/// Call this before the access, so that no other block sees the access first.
void publish(WarpAccess& access, const Gathered& g, AtomicModifier m) {
  Worker& worker = access.worker;
  Clocks& clocks = worker.workspace.clocks;
  const std::uint32_t warp = access.site.warp;
  const FenceState& fences = worker.fences[warp];
  const bool now = has_bit(m.order, MemoryOrder::release);
  if (!now && !fences.fenced) return;
  // Other blocks see what any warp of this one did before its fence: a barrier usually lies between
  // that fence and the atomic.
  const Time time = now ? clocks.now() : worker.known.fenced_at;
  for_each_location(g, [&](std::uint64_t address, std::uint64_t key) {
    Knowledge& there = worker.locations[key];
    if (now)
      clocks.release(warp, there);
    else
      clocks.merge(there, fences.at_fence);
    if (g.is_wide) access.launch().block_clocks.release(worker.tag, time, address, worker.known);
  });
}

void take_up(WarpAccess& access, const Gathered& g, AtomicModifier m) {
  Worker& worker = access.worker;
  Clocks& clocks = worker.workspace.clocks;
  const std::uint32_t warp = access.site.warp;
  FenceState& fences = worker.fences[warp];
  const bool now = has_bit(m.order, MemoryOrder::acquire);
  for_each_location(g, [&](std::uint64_t address, std::uint64_t key) {
    const auto there = worker.locations.find(key);
    if (there != worker.locations.end()) {
      if (!now && !fences.seen) clocks.clear(fences.seen_relaxed);
      fences.seen |= !now;
      if (now)
        clocks.acquire(warp, there->second);
      else
        clocks.merge(fences.seen_relaxed, there->second);
    }
    if (!g.is_wide) return;
    if (now)
      access.launch().block_clocks.acquire(clocks.now(), address, worker.known);
    else if (fences.seen_locations.empty() || fences.seen_locations.back() != address)
      fences.seen_locations.push_back(address);
  });
}

Outcome atomic(WarpAccess& access, const Instruction& i) {
  const AtomicModifier m = AtomicModifier::unpack(i.modifier);
  const bool has_value = i.opcode != Opcode::atomic_load;
  const bool has_expected = i.opcode == Opcode::atomic_cas;
  const std::uint32_t predicate = i.operands[has_expected ? 3 : has_value ? 2 : 1];
  Gathered g = gather(access, i, writes(i.opcode) ? Gathered::Verb::atomic : Gathered::Verb::load,
                      i.operands[0], access.lanes_where(predicate), m.space);
  g.is_atomic = true;
  g.is_wide = m.space == format::Space::global && m.scope >= Scope::gpu;
  const bool watched =
      m.space == format::Space::global ? access.worker.watch_global : access.worker.watch_shared;
  if (g.request.active != 0) {
    if (!admit(access, g)) return Outcome::faulted;
    if (watched && writes(i.opcode)) publish(access, g, m);
  }
  std::byte* result = i.result == no_slot ? nullptr : access.frame + i.result;
  bool changed = false;
  all_lanes_of(access.active, [&](std::uint32_t lane) {
    alignas(8) std::byte old[8] = {};
    const std::size_t at = std::size_t{lane} * i.lane_bytes;
    if ((g.request.active >> lane & 1) != 0)
      changed |= run_lane(
          {location(access, g, lane), has_value ? access.frame + i.operands[1] + at : nullptr,
           has_expected ? access.frame + i.operands[2] + at : nullptr, old},
          i);
    if (result != nullptr) std::memcpy(result + at, old, i.lane_bytes);
    return true;
  });
  if (changed && access.worker.counts_changes) access.worker.team->changed();
  if (watched && reads(i.opcode) && g.request.active != 0) take_up(access, g, m);
  return Outcome::done;
}

Outcome fence(WarpAccess& access, const Instruction& i) {
  Worker& worker = access.worker;
  if (!worker.watches()) return Outcome::done;
  Clocks& clocks = worker.workspace.clocks;
  const std::uint32_t warp = access.site.warp;
  FenceState& state = worker.fences[warp];
  if (state.seen) clocks.acquire(warp, state.seen_relaxed);
  state.seen = false;
  if (static_cast<Scope>(i.modifier) >= Scope::gpu) {
    for (const std::uint64_t location : state.seen_locations)
      access.launch().block_clocks.acquire(clocks.now(), location, worker.known);
    state.seen_locations.clear();
  }
  state.fenced = true;
  worker.known.fence(clocks.now());
  clocks.clear(state.at_fence);
  clocks.release(warp, state.at_fence);
  return Outcome::done;
}

}  // namespace

Effect atomic_effect(Opcode opcode) {
  if (opcode == Opcode::fence) return fence;
  return opcode_row(opcode).modifiers == format::atomic_modifier_count ? atomic : nullptr;
}

}  // namespace tegula::sim
