// A warp's requests to memory: addresses gathered, checked, counted. What happens to the bytes is
// up to the instructions.
#pragma once

#include <bit>
#include <cstring>
#include <string>
#include <string_view>

#include "runtime/sim/state/launch_state.h"
#include "runtime/sim/values/lanes.h"

namespace tegula::sim {

/// A warp in the middle of an instruction.
struct WarpAccess {
  Worker& worker;
  std::byte* frame;
  std::uint32_t active;
  std::uint32_t pc;
  FaultSite site;  ///< of this warp and instruction; without the lane

  Launch& launch() const { return worker.launch; }
  bool checks() const { return worker.launch.options.checks; }
  /// Adds a report. `other`: the instruction of another access that took part.
  Outcome fault(std::string_view check, std::uint32_t lane, const std::string& what,
                std::uint32_t other_pc = no_slot);
  /// The active lanes whose predicate, if there is one, is true.
  std::uint32_t lanes_where(std::uint32_t predicate) const {
    return predicate == no_slot ? active : active & lane_mask(frame + predicate);
  }
  template <class T>
  T value(std::uint32_t slot, std::uint32_t lane) const {
    return get<T>(frame + slot, lane);
  }
  Accessor accessor(bool atomic = false) const {
    return {site.warp, pc, atomic, &worker.workspace.clocks.of(site.warp),
            worker.cluster_waits(site.warp)};
  }
};

template <class F>
bool all_lanes_of(std::uint32_t lanes, F&& good) {
  for (; lanes != 0; lanes &= lanes - 1)
    if (!good(static_cast<std::uint32_t>(std::countr_zero(lanes)))) return false;
  return true;
}

/// A request together with what is known about it.
struct Gathered {
  enum class Verb : std::uint8_t { load, store, atomic, copy_from, copy_to };

  Request request;
  bool contiguous = false;
  Verb verb = Verb::load;
  bool is_atomic = false;
  bool is_wide = false;  ///< an atomic of gpu scope or wider
  format::Space space = format::Space::global;
  std::uint32_t alignment = 1;        ///< that the code relies on, at most the access's size
  const std::byte* values = nullptr;  ///< to be stored, by lane; null if not known

  bool is_store() const { return verb != Verb::load && verb != Verb::copy_from; }
};

/// `address`: the operand's index; the size is the register's.
Gathered gather(const WarpAccess& access, const Instruction& i, Gathered::Verb verb,
                std::uint32_t address, std::uint32_t lanes, format::Space space);

/// "load of 4 bytes", "block (0, 1, 0)"
std::string what_of(const Gathered& g);
std::string block_name(const std::array<std::uint32_t, 3>& block);
/// "block (0, 1, 0), warp 2, lane 3": whose remote read the conflict is with.
std::string remote_reader(const Worker& worker, const Conflict& conflict);

/// All checks and counters of a request that has active lanes. False: a report has been added.
bool admit(WarpAccess& access, const Gathered& g);
// The parts of it, for copies: bounds (with the argument's bytes counted), alignment, races.
bool check_bounds(WarpAccess& access, const Gathered& g);
bool check_alignment(WarpAccess& access, const Gathered& g);
bool check_races(WarpAccess& access, const Gathered& g);
void count(WarpAccess& access, const Gathered& g);

/// Reports a conflict that the shadow of shared memory has found; `what`: "load of 4 bytes".
Outcome report_conflict(WarpAccess& access, const std::string& what, const Conflict& conflict);

inline std::byte* location(const WarpAccess& access, const Gathered& g, std::uint32_t lane) {
  const std::uint64_t address = g.request.address[lane];
  return g.space == format::Space::global ? reinterpret_cast<std::byte*>(address)
                                          : access.worker.workspace.shared() + address;
}

}  // namespace tegula::sim
