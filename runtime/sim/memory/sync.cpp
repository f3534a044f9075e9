// Synchronisation that does not wait: of a warp's lanes, and arrival at a barrier.
#include "runtime/sim/code/effects.h"
#include "runtime/sim/memory/access.h"

namespace tegula::sim {
namespace {

using format::Opcode;

/// A warp's lanes run together, so its memory is in order already.
Outcome warp_sync(WarpAccess& access, const Instruction&) {
  if (Clocks* clocks = access.worker.clocks()) clocks->sync_warp(access.site.warp);
  return Outcome::done;
}

Outcome barrier_arrive(WarpAccess& access, const Instruction& i) {
  const std::string wrong = access.worker.barriers.arrive(
      {static_cast<std::uint32_t>(i.immediate % 16), static_cast<std::uint32_t>(i.immediate / 16),
       access.site.warp, false},
      access.worker.clocks());
  return wrong.empty() ? Outcome::done : access.fault("barrier", 0, wrong);
}

}  // namespace

Effect barrier_effect(Opcode opcode) {
  if (opcode == Opcode::warp_sync) return warp_sync;
  if (opcode == Opcode::barrier_arrive) return barrier_arrive;
  return nullptr;
}

}  // namespace tegula::sim
