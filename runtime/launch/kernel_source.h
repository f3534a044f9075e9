// Where a kernel comes from when this process has none ready: the cache on disk, else the compiler.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "runtime/cache/disk_cache.h"
#include "runtime/cache/key.h"
#include "runtime/launch/ready_kernel.h"

namespace tegula::runtime {

/// A kernel as it was just traced.
struct TracedKernel {
  cache::Key key;
  std::vector<std::byte> program;  ///< serialised
  std::vector<SourceLocation> locations;
  double trace_ms = 0;
};

/// What TEGULA_JIT says of compiling at run time: auto (the default), warn (do it and say so),
/// forbid (a kernel that is not there is an error). Throws Error{invalid_argument} for another
/// value.
enum class JitMode : std::uint8_t { automatic, warn, forbid };
JitMode jit_mode();

/// Finds or compiles, and loads. An entry from disk that the device refuses is set aside, and the
/// kernel compiled once more. Of several processes that want one kernel, about one compiles it.
/// Throws what compiling and loading throw, and Error{environment} where compiling is forbidden,
/// with the manifest line that would have built the kernel ahead. What the environment says of
/// compiling is checked also where nothing is to be compiled: throws Error{invalid_argument}.
std::shared_ptr<const ReadyKernel> make_ready(
    Device& device, const TracedKernel& traced,
    cache::DiskCache& disk = cache::DiskCache::instance());

}  // namespace tegula::runtime
