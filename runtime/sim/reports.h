// The faults that one launch's checks found.
#pragma once

#include <array>
#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "tegula/simulator.h"

namespace tegula::sim {

/// Where in a launch a fault happened.
struct FaultSite {
  std::uint32_t origin = 0;  ///< the Program's instruction number
  std::array<std::uint32_t, 3> block = {0, 0, 0};
  std::uint32_t warp = 0;
  std::uint32_t lane = 0;
};

class Reports {
 public:
  static constexpr std::size_t limit = 16;

  Reports(std::string_view kernel, std::span<const SourceLocation> locations)
      : kernel_(kernel), locations_(locations) {}

  /// Keeps the fault unless the same check has spoken up at the same line of the Program before.
  void add(std::string_view check, const FaultSite& site, const std::string& what);
  bool full() const { return reports_.size() >= limit; }
  const std::vector<SimReport>& all() const { return reports_; }
  /// Throws Error{device_fault} with the first report, if there is one.
  void throw_first() const;

 private:
  std::string_view kernel_;
  std::span<const SourceLocation> locations_;
  std::set<std::pair<std::string, std::uint32_t>, std::less<>> seen_;
  std::vector<SimReport> reports_;
  std::vector<ErrorDetails> details_;
};

}  // namespace tegula::sim
