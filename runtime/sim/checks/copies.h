// Asynchronous copies that have been issued and are pending. Each is done at the last legal moment,
// so that a kernel that does not wait for it sees what was there before.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "runtime/sim/checks/clocks.h"
#include "runtime/sim/checks/reports.h"
#include "runtime/sim/code/decode.h"

namespace tegula::sim {

/// A copy of those that lanes collect in groups, and wait for by the number of pending groups
/// (cp.async, bulk stores).
struct GroupedCopy {
  std::uint64_t target = 0, source = 0;  ///< global: an address; shared: an offset
  std::uint32_t bytes = 0;               ///< of the target
  std::uint32_t source_bytes = 0;        ///< the rest is zero
  std::uint32_t lane = 0;
  std::uint32_t group = 0;  ///< of that lane
  std::uint32_t pc = 0;
};

/// One warp's.
class GroupedCopies {
 public:
  void start_block() {
    copies_.clear();
    groups_ = {};
  }
  void issue(GroupedCopy copy) {
    copy.group = groups_[copy.lane];
    copies_.push_back(copy);
  }
  void commit(std::uint32_t lanes) {
    for (std::uint32_t lane = 0; lane < warp_lanes; ++lane) groups_[lane] += lanes >> lane & 1;
  }
  /// Calls `land` for the lanes' copies except those of the last `pending` groups; -1: for all,
  /// whether in a group or not.
  template <class F>
  void wait(std::uint32_t lanes, std::int64_t pending, F&& land) {
    std::size_t kept = 0;
    for (const GroupedCopy& c : copies_) {
      const bool due =
          pending < 0 || std::int64_t{c.group} + pending < std::int64_t{groups_[c.lane]};
      if ((lanes >> c.lane & 1) != 0 && due)
        land(c);
      else
        copies_[kept++] = c;
    }
    copies_.resize(kept);
  }
  bool empty() const { return copies_.empty(); }
  const GroupedCopy& first() const { return copies_.front(); }

 private:
  std::vector<GroupedCopy> copies_;
  std::array<std::uint32_t, warp_lanes> groups_ = {};
};

/// A bulk load: it completes at an mbarrier.
struct BulkLoad {
  std::uint32_t target = 0;
  std::uint64_t source = 0;
  std::uint32_t bytes = 0;
  std::uint32_t mbarrier = 0;
  std::uint32_t pc = 0;
  FaultSite site;
};

}  // namespace tegula::sim
