#include "runtime/sim/checks/barriers.h"

#include <fmt/format.h>

#include <bit>

#include "runtime/sim/code/decode.h"

namespace tegula::sim {

std::string Barriers::arrive(const Arrival& arrival, Clocks* clocks) {
  Barrier& b = barriers_[arrival.number];
  if (b.arrived > 0 && b.threads != arrival.threads) {
    const auto text = [](std::uint32_t threads) {
      return threads == 0 ? std::string("all") : fmt::format("{}", threads);
    };
    return fmt::format("barrier {} is for {} threads here, and for {} where others arrived",
                       arrival.number, text(arrival.threads), text(b.threads));
  }
  b.threads = arrival.threads;
  ++b.arrived;
  if (arrival.waits) b.waiting |= std::uint64_t{1} << arrival.warp;
  if (clocks != nullptr) clocks->release(arrival.warp, b.knowledge);
  return "";
}

std::uint64_t Barriers::release(std::uint64_t live, Clocks* clocks, std::uint64_t& passed) {
  std::uint64_t released = 0;
  for (Barrier& b : barriers_) {
    if (b.arrived == 0) continue;
    const auto warps = static_cast<std::uint32_t>(std::popcount(live));
    if (b.arrived < (b.threads == 0 ? warps : b.threads / warp_lanes)) continue;
    released |= b.waiting;
    if (b.threads == 0 || b.threads / warp_lanes == warps) ++passed;
    if (clocks != nullptr)
      for (std::uint64_t left = b.waiting; left != 0; left &= left - 1)
        clocks->acquire(static_cast<std::uint32_t>(std::countr_zero(left)), b.knowledge);
    b.arrived = 0;
    b.waiting = 0;
    if (clocks != nullptr) clocks->clear(b.knowledge);
  }
  return released;
}

std::string Barriers::describe(std::uint32_t number) const {
  const Barrier& b = barriers_[number];
  if (b.threads == 0) return fmt::format("at barrier {}", number);
  return fmt::format("at barrier {}, where {} of {} threads have arrived", number,
                     b.arrived * warp_lanes, b.threads);
}

}  // namespace tegula::sim
