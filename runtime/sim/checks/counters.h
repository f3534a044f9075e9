// What a launch did, counted cheaply while it runs and summed up when it ends.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "runtime/sim/checks/coalescing.h"
#include "tegula/simulator.h"

namespace tegula::sim {

class LaunchCounters {
 public:
  LaunchCounters(std::size_t instructions, std::size_t arguments)
      : warp_steps_(instructions + 1, 0), lane_steps_(instructions + 1, 0), arguments_(arguments) {}

  /// A warp ran the instructions [begin, end) with `lanes` active lanes. Kept as differences, so
  /// that a stretch of code costs the same however long it is.
  void ran(std::uint32_t begin, std::uint32_t end, std::uint32_t lanes) {
    ++warp_steps_[begin];
    --warp_steps_[end];
    lane_steps_[begin] += lanes;
    lane_steps_[end] -= lanes;
  }

  /// A warp's request to global memory. `relied_alignment` is the alignment that the code relies
  /// on: hardware accesses are no wider than that.
  void global_request(const Request& request, bool contiguous, std::uint32_t relied_alignment);
  void shared_request(const Request& request, bool contiguous);
  void argument_bytes(std::size_t argument, bool is_store, std::uint64_t bytes) {
    (is_store ? arguments_[argument].store_bytes : arguments_[argument].load_bytes) += bytes;
  }
  void cluster_bytes(std::uint64_t bytes) { cluster_bytes_ += bytes; }
  void barriers_passed(std::uint64_t count) { barriers_ += count; }
  void block_started() { ++blocks_; }

  void add_to(SimCounters& total, const Program& program,
              std::span<const ArgumentRange> arguments) const;

 private:
  std::vector<std::int64_t> warp_steps_, lane_steps_;
  std::vector<SimCounters::Argument> arguments_;
  std::uint64_t global_sectors_ = 0, min_sectors_ = 0;
  std::uint64_t global_bytes_ = 0, global_bytes_128_ = 0;
  std::uint64_t shared_wavefronts_ = 0, min_shared_wavefronts_ = 0;
  std::uint64_t cluster_bytes_ = 0;
  std::uint64_t barriers_ = 0, blocks_ = 0;
};

}  // namespace tegula::sim
