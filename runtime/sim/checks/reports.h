// The faults that one launch's checks found, and what it printed.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "tegula/simulator.h"

namespace tegula::sim {

inline constexpr std::uint32_t no_origin = 0xffffffff;

/// Where in a launch something happened: instruction, block, warp, lane.
struct FaultSite {
  std::uint32_t origin = 0;  ///< the Program's instruction number
  std::array<std::uint32_t, 3> block = {0, 0, 0};
  std::uint32_t warp = 0;
  std::uint32_t lane = 0;
  std::uint64_t launch_index = 0;  ///< of the block, in the order in which the launch runs them
};

/// Blocks on several host threads may report at the same time; the reports kept are those that a
/// single thread would have found first.
class Reports {
 public:
  static constexpr std::size_t limit = 16;
  static constexpr std::size_t print_limit = 65536;

  Reports(std::string_view kernel, std::span<const SourceLocation> locations)
      : kernel_(kernel), locations_(locations) {}

  /// Keeps the fault unless the same check has reported one at the same line of the Program in an
  /// earlier block. `other`: the origin of another access that took part.
  void add(std::string_view check, const FaultSite& site, const std::string& what,
           std::uint32_t other = no_origin);
  void print(const FaultSite& site, std::string text);
  bool empty() const { return count_.load(std::memory_order_relaxed) == 0; }
  /// Whether no further block can add a report.
  bool full() const { return count_.load(std::memory_order_relaxed) >= limit; }
  /// "kernels/scale.cpp:42:7", or "operation 5" where the line is not known.
  std::string source_line(std::uint32_t origin) const;

  /// In order of blocks. Call it when all blocks have ended.
  std::vector<SimReport> take_reports();
  std::vector<SimPrint> take_prints();
  /// Throws Error{device_fault} with the first of the reports taken, if there is one.
  void throw_first() const;

 private:
  struct Kept {
    std::uint64_t launch_index = 0;
    std::uint64_t number = 0;  ///< in order of arrival
    SimReport report;
    ErrorDetails details;
  };
  SourceLocation location(std::uint32_t origin) const;

  std::string_view kernel_;
  std::span<const SourceLocation> locations_;
  std::mutex mutex_;
  std::atomic<std::size_t> count_ = 0;
  std::map<std::pair<std::string, std::uint32_t>, Kept> kept_;
  std::uint64_t arrivals_ = 0;
  std::vector<std::pair<std::uint64_t, SimPrint>> prints_;  ///< with launch indices
  std::vector<ErrorDetails> taken_;
};

}  // namespace tegula::sim
