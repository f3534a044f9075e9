// One launch: what all its blocks share.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "runtime/sim/argument_ranges.h"
#include "runtime/sim/counters.h"
#include "runtime/sim/decode.h"
#include "runtime/sim/reports.h"
#include "tegula/simulator.h"

namespace tegula::sim {

/// Memory that blocks run in, kept from launch to launch.
class Workspace {
 public:
  /// Makes room; what was there before is lost.
  void reserve(const Program& program, std::uint32_t shared_bytes);
  std::byte* frame(std::size_t warp) { return memory_ + warp * frame_bytes_; }
  std::byte* scratch() { return memory_ + scratch_at_; }
  std::byte* shared() { return memory_ + shared_at_; }
  ~Workspace();
  Workspace() = default;
  Workspace(const Workspace&) = delete;
  Workspace& operator=(const Workspace&) = delete;

 private:
  std::byte* memory_ = nullptr;
  std::size_t capacity_ = 0;
  std::size_t frame_bytes_ = 0, scratch_at_ = 0, shared_at_ = 0;
};

struct Launch {
  const Program& program;
  const LaunchCall& call;
  const SimOptions& options;
  std::uint32_t shared_bytes;  ///< static and dynamic
  Workspace& workspace;
  ArgumentRanges ranges;
  LaunchCounters counters;
  Reports reports;
  std::vector<std::size_t> range_hints;  ///< by instruction: the argument it touched last
};

/// A permutation of [0, count) that is computed, not stored; the identity for seed 0.
class SeededOrder {
 public:
  SeededOrder(std::uint64_t count, std::uint64_t seed);
  std::uint64_t operator[](std::uint64_t k) const {
    return static_cast<std::uint64_t>((static_cast<unsigned __int128>(k) * factor_ + offset_) %
                                      count_);
  }

 private:
  std::uint64_t count_, factor_ = 1, offset_ = 0;
};

/// Runs all blocks, in seeded order. Faults are in `launch.reports` afterwards.
void run(Launch& launch);

}  // namespace tegula::sim
