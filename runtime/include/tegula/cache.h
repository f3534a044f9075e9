// What the kernel cache on disk did, for the program that uses it.
#pragma once

#include <cstdint>

#pragma GCC visibility push(default)
namespace tegula {

/// What the cache on disk did for this process.
struct CacheCounters {
  std::uint64_t hits = 0;           ///< kernels read from disk
  std::uint64_t misses = 0;         ///< kernels looked for and not found
  std::uint64_t stores = 0;         ///< kernels written
  std::uint64_t failed_stores = 0;  ///< kernels that could not be written
  std::uint64_t quarantined = 0;    ///< files set aside, as damaged or refused by the device
  std::uint64_t evicted = 0;        ///< files removed to keep within the size
  std::uint64_t lock_timeouts =
      0;  ///< times that waiting for another process's compile was given up
};
CacheCounters cache_counters();

}  // namespace tegula
#pragma GCC visibility pop
