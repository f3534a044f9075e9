// Instructions among the lanes of a warp: shuffles and votes. They move values and order no memory.
#include <fmt/format.h>

#include "runtime/sim/code/effects.h"
#include "runtime/sim/memory/access.h"

namespace tegula::sim {
namespace {

using format::Opcode;
using format::ShuffleMode;
using format::VoteMode;

bool all_there(WarpAccess& access, const char* what) {
  if (access.active == all_lanes || !access.checks()) return true;
  access.fault("shuffle", access.active == 0 ? 0 : std::countr_zero(access.active),
               fmt::format("a warp {} needs all 32 lanes, and {} of them are not there", what,
                           32 - std::popcount(access.active)));
  return false;
}

std::uint32_t source_lane(ShuffleMode mode, std::uint32_t lane, std::uint32_t b) {
  switch (mode) {
    case ShuffleMode::up:
      return lane >= b ? lane - b : lane;
    case ShuffleMode::down:
      return lane + b < warp_lanes ? lane + b : lane;
    case ShuffleMode::butterfly:
      return lane ^ b;
    case ShuffleMode::index:
      return b;
  }
  return lane;
}

Outcome shuffle(WarpAccess& access, const Instruction& i) {
  if (!all_there(access, "shuffle")) return Outcome::faulted;
  std::byte* scratch = access.worker.workspace.scratch();
  for (std::uint32_t lane = 0; lane < warp_lanes; ++lane) {
    const std::uint32_t b =
        access.value<std::uint32_t>(i.operands[1], lane) % warp_lanes;  // five bits count
    const std::uint32_t from = source_lane(static_cast<ShuffleMode>(i.modifier), lane, b);
    put(scratch, lane, access.value<std::uint32_t>(i.operands[0], from));
  }
  blend(access.frame + i.result, scratch, access.active, i.lane_bytes);
  return Outcome::done;
}

Outcome ballot(WarpAccess& access, const Instruction& i) {
  if (!all_there(access, "vote")) return Outcome::faulted;
  const std::uint32_t votes = access.lanes_where(i.operands[0]);
  all_lanes_of(access.active, [&](std::uint32_t lane) {
    put(access.frame + i.result, lane, votes);
    return true;
  });
  return Outcome::done;
}

Outcome vote(WarpAccess& access, const Instruction& i) {
  if (!all_there(access, "vote")) return Outcome::faulted;
  const std::uint32_t votes = access.lanes_where(i.operands[0]);
  const bool any = votes != 0, all = votes == access.active;
  bool result = any;
  if (static_cast<VoteMode>(i.modifier) == VoteMode::all) result = all;
  if (static_cast<VoteMode>(i.modifier) == VoteMode::uniform) result = all || !any;
  all_lanes_of(access.active, [&](std::uint32_t lane) {
    put(access.frame + i.result, lane, static_cast<std::uint8_t>(result));
    return true;
  });
  return Outcome::done;
}

}  // namespace

Effect collective_effect(Opcode opcode) {
  switch (opcode) {
    case Opcode::warp_shuffle:
      return shuffle;
    case Opcode::ballot:
      return ballot;
    case Opcode::vote:
      return vote;
    default:
      return nullptr;
  }
}

}  // namespace tegula::sim
