// The simulator as a device: its options, counters, reports and prints.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tegula/device.h"

#pragma GCC visibility push(default)
namespace tegula {

struct SimOptions {
  /// Bounds, alignment, races, reads of shared memory and workspaces that were never written,
  /// missing waits, divergent barriers and shuffles.
  bool checks = true;
  /// The order of blocks, warps and landing copies. The same seed gives the same run if blocks do
  /// not depend on each other, or `threads` is 1. 0: ascending order.
  std::uint64_t seed = 0;
  /// Whether a launch that ends with a report throws Error{device_fault}; false: reports are only
  /// kept.
  bool throw_on_report = true;
  /// Whether a launch that ends writes what its kernel printed to standard output, as a GPU's
  /// driver does; prints() has it in any case.
  bool show_prints = true;
  /// Warp instructions that a block may run before it is stopped with a report; 0: no limit.
  std::uint64_t step_limit = 0;
  /// Warp instructions that a block may run while nothing in the launch changes memory, before it
  /// is stopped with a report; 0: no limit. Loops that return to the same state are found sooner.
  std::uint64_t idle_limit = std::uint64_t{1} << 32;
  /// Host threads that blocks run on; 0: one for each core if the grid has at least 8 blocks.
  std::uint32_t threads = 0;
};

/// What the kernels launched so far did, summed over launches.
struct SimCounters {
  struct Argument {
    std::uint64_t load_bytes = 0;  ///< requested by the kernel's instructions, active lanes
    std::uint64_t store_bytes = 0;
  };
  std::map<std::string, Argument, std::less<>> arguments;
  std::uint64_t global_sectors = 0;    ///< 32-byte sectors touched, per warp request
  std::uint64_t min_sectors = 0;       ///< the fewest that could serve those requests
  std::uint64_t global_bytes = 0;      ///< requested
  std::uint64_t global_bytes_128 = 0;  ///< of it, by accesses of 16 bytes or more a lane
  std::uint64_t shared_wavefronts = 0;
  std::uint64_t min_shared_wavefronts = 0;
  std::uint64_t cluster_bytes = 0;  ///< read as shared memory of the cluster's blocks
  std::uint64_t mma_ops = 0;
  std::uint64_t barriers = 0;  ///< block-wide barriers passed, per block
  std::uint64_t blocks = 0;
  /// Warp instructions by class: "integer", "float", "conversion", "move", "memory", "shuffle",
  /// "barrier", "control", "other".
  std::map<std::string, std::uint64_t, std::less<>> instructions;
  std::uint64_t lane_instructions = 0;  ///< active lanes summed over instructions

  double vector128_fraction() const {
    return global_bytes == 0
               ? 1.0
               : static_cast<double>(global_bytes_128) / static_cast<double>(global_bytes);
  }
};

/// What SimOptions::checks turns on.
inline constexpr std::array<std::string_view, 9> sim_checks = {
    "bounds", "alignment", "race",    "uninitialised", "wait",
    "proxy",  "barrier",   "shuffle", "mbarrier"};

/// A fault that a check found in a running kernel.
struct SimReport {
  /// One of sim_checks; with checks off, too: "mbarrier", "deadlock", "assert", "trap", "limit".
  std::string check;
  std::string kernel;
  SourceLocation location;  ///< the kernel author's line; file empty if unknown
  std::array<std::uint32_t, 3> block = {0, 0, 0};
  std::uint32_t warp = 0;
  std::uint32_t lane = 0;
  std::string message;   ///< the whole report on one line, including all of the above
  SourceLocation other;  ///< of a race: the line of the earlier access
};

/// What one lane of a kernel printed.
struct SimPrint {
  SourceLocation location;
  std::array<std::uint32_t, 3> block = {0, 0, 0};
  std::uint32_t warp = 0;
  std::uint32_t lane = 0;
  std::string text;
};

class SimDevice : public Device {
 public:
  virtual SimOptions& options() = 0;
  virtual const SimCounters& counters() const = 0;
  virtual const std::vector<SimReport>& reports() const = 0;
  /// What kernels printed, in order of blocks; at most 65,536 lines are kept.
  virtual const std::vector<SimPrint>& prints() const = 0;
  /// Forgets counters, reports and prints.
  virtual void reset_statistics() = 0;
};

/// A simulator of one architecture ("sm_80", "sm_90a", ...). Throws Error{invalid_argument} for an
/// unknown one.
std::shared_ptr<SimDevice> make_sim_device(std::string_view arch, const SimOptions& options = {});

}  // namespace tegula
#pragma GCC visibility pop
